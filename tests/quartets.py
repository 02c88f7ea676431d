"""String quartets small enough to write in a test, and a companion model to play with: real code, random weights."""

from pathlib import Path

import music21
import torch

from score_bridge.models.companions.companion_file import FORMAT, CompanionFile, read_companion_file
from score_bridge.models.companions.layout import Sizes
from score_bridge.models.companions.network import CompanionNetwork
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights

SMALL = Sizes(given=16, hidden=24)
CHORDS = (("G5", "E5", "C4", "C3"), ("A5", "F5", "C4", "F3"), ("B5", "F5", "D4", "G3"), ("C6", "E5", "C4", "C3"))


def small_companions(folder: Path, seed: int = 0) -> tuple[CompanionNetwork, CompanionFile]:
    """A network with random weights, and its file."""
    torch.manual_seed(seed)
    network = CompanionNetwork(SMALL).eval().requires_grad_(False)
    path = folder / "companions.safetensors"
    write_weights(path, network_arrays(network, torch.float32), FORMAT, {"config": SMALL._asdict()})
    return network, read_companion_file(path)


def write_quartets(folder: Path, count: int = 40, bars: int = 16) -> Path:
    """Quartets in chords of a half bar, each in another key; one more is a trio, one is no score."""
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(count):
        _quartet(4, bars).transpose(at % 12 - 6).write("musicxml", folder / f"quartet {at}.musicxml")
    _quartet(3, bars).write("musicxml", folder / "trio.musicxml")
    (folder / "broken.musicxml").write_text("<score")
    return folder


def _quartet(voices: int, bars: int) -> music21.stream.Score:
    score = music21.stream.Score()
    for voice in range(voices):
        part = music21.stream.Part()
        part.append(music21.meter.TimeSignature("4/4"))
        for at in range(2 * bars):
            part.append(music21.note.Note(CHORDS[at % 4][voice], quarterLength=2.0))
        score.insert(0, part)
    return score
