"""The companion network's file."""

from pathlib import Path

from score_bridge.models.companions.layout import Sizes
from score_bridge.models.network_file import NetworkFile, read_network_file
from score_bridge.models.weight_files import Format, shipped_weights

FORMAT = Format("score-bridge-companions", 1, "a companion model")
CompanionFile = NetworkFile[Sizes]


def shipped_companions() -> Path:
    """Return where the weights that come with the package lie."""
    return shipped_weights() / "companions.safetensors"


def read_companion_file(path: Path) -> CompanionFile:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    return read_network_file(path, FORMAT, Sizes)
