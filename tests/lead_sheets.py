"""Lead sheets small enough to write in a test, and a chord model to play with: real code, random weights."""

from pathlib import Path

import music21
import torch

from score_bridge.models.chords.chord_file import FORMAT, ChordFile, read_chord_file
from score_bridge.models.chords.layout import Sizes
from score_bridge.models.chords.network import ChordNetwork
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights

SMALL = Sizes(hidden=16)
TUNE = (("C4", "C"), ("E4", "C"), ("F4", "F"), ("G4", "G7"), ("A4", "Am7"), ("F4", "Dm"), ("D4", "G7"), ("C4", "C"))


def small_chords(folder: Path, seed: int = 0) -> tuple[ChordNetwork, ChordFile]:
    """A network with random weights, and its file."""
    torch.manual_seed(seed)
    network = ChordNetwork(SMALL).eval().requires_grad_(False)
    network.both.weight.normal_()
    path = folder / "chords.safetensors"
    write_weights(path, network_arrays(network, torch.float32), FORMAT, {"config": SMALL._asdict()})
    return network, read_chord_file(path)


def write_songs(folder: Path, count: int = 12) -> Path:
    """Songs of eight bars, each in another key, with a chord each half bar; one more is a waltz, one is no score."""
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(count):
        _song("4/4", 2.0).transpose(at % 12).write("musicxml", folder / f"song {at}.musicxml")
    _song("3/4", 1.5).write("musicxml", folder / "waltz.musicxml")
    (folder / "broken.musicxml").write_text("<score")
    return folder


def _song(metre: str, length: float) -> music21.stream.Part:
    part = music21.stream.Part()
    part.append(music21.meter.TimeSignature(metre))
    for at, (pitch, figure) in enumerate(TUNE * 2):
        symbol = music21.harmony.ChordSymbol(figure)
        symbol.writeAsChord = False
        part.insert(at * length, symbol)
        part.insert(at * length, music21.note.Note(pitch, quarterLength=length))
    return part
