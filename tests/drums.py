"""A drum model small enough to make in a test, and performances to learn from: real code, random weights."""

from pathlib import Path

import mido
import numpy as np
import torch

from score_bridge.models.drums.drum_file import FORMAT, DrumFile, read_drum_file
from score_bridge.models.drums.layout import Sizes
from score_bridge.models.drums.network import DrumNetwork
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights

SMALL = Sizes(hidden=16, layers=2, place=8)
HEAD = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split"


def small_drums(folder: Path, seed: int = 0) -> tuple[DrumNetwork, DrumFile]:
    """A network with random weights, and its file."""
    torch.manual_seed(seed)
    network = DrumNetwork(SMALL).eval().requires_grad_(False)
    network.chain.copy_(torch.randn(9, 9))
    path = folder / "drums.safetensors"
    mean = np.array([1.8, 2.1, 2.2, 0.8, 0.2, 1.0, 0.57, 0.35, 0.1, 0.04, 116], np.float32)
    std = np.array([0.6, 0.8, 0.9, 0.9, 0.5, 1.2, 0.13, 0.19, 0.19, 0.2, 30], np.float32)
    arrays = {**network_arrays(network, torch.float32), "mean": mean, "std": std}
    write_weights(path, arrays, FORMAT, {"config": SMALL._asdict()})
    return network, read_drum_file(path)


def write_performances(folder: Path, bars: int = 6) -> Path:
    """A folder like the Groove MIDI Dataset: rock beats, a fill, and a waltz."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [HEAD]
    plan = (("a", "beat", "4-4", "train"), ("b", "fill", "4-4", "train"), ("c", "beat", "4-4", "validation"))
    for name, kind, metre, split in (*plan, ("d", "beat", "3-4", "train"), ("e", "beat", "4-4", "test")):
        file = mido.MidiFile(ticks_per_beat=480)
        track = mido.MidiTrack()
        file.tracks.append(track)
        clock = 0
        for step in range(16 * bars):
            pitches = [42] if step % 2 == 0 else []
            pitches += [36] if step % 8 == 0 else [40] if step % 8 == 4 else []
            for pitch in pitches:
                at = 120 * step + (12 if pitch == 40 else 0)  # the snare drags by a tenth of a sixteenth
                track.append(mido.Message("note_on", note=pitch, velocity=100, channel=9, time=at - clock))
                clock = at
        file.save(folder / f"{name}.mid")
        rows.append(f"drummer1,s,{name},rock,120,{kind},{metre},{name}.mid,,1.0,{split}")
    rows.append("drummer1,s,gone,rock,120,beat,4-4,gone.mid,,1.0,train")
    (folder / "info.csv").write_text("\n".join(rows) + "\n")
    return folder
