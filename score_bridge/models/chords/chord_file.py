"""The chord network's file."""

from pathlib import Path

from score_bridge.models.chords.layout import Sizes
from score_bridge.models.network_file import NetworkFile, read_network_file
from score_bridge.models.weight_files import Format, shipped_weights

FORMAT = Format("score-bridge-chords", 1, "a chord model")
ChordFile = NetworkFile[Sizes]


def shipped_chords() -> Path:
    """Return where the weights that come with the package lie."""
    return shipped_weights() / "chords.safetensors"


def read_chord_file(path: Path) -> ChordFile:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    return read_network_file(path, FORMAT, Sizes)
