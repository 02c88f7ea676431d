"""A frame VAE's file without its network: card and weights as arrays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from score_bridge.models.weight_files import Arrays, Format, network_weights, read_card, read_weights, shipped_weights

FORMAT = Format("score-bridge-frames", 1, "a frame model")
LAYOUT_SIDE = 64
"""Pixels a side of the pictures it looks at."""


@dataclass(frozen=True)
class FrameFile:
    """What a file of weights holds: its card, its sha256, and the network's weights by name, float32."""

    path: Path
    card: dict[str, Any]
    sha256: str
    weights: Arrays = field(repr=False)

    @property
    def name(self) -> str:
        """A short name for people and messages."""
        return f"{self.card.get('name', 'frames')} {self.sha256[:8]}"

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": str(self.card.get("name", "frames")), "sha256": self.sha256}


def shipped_frames() -> Path:
    """Return where the weights that come with the package lie."""
    return shipped_weights() / "frames.safetensors"


def read_frames(path: Path) -> FrameFile:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = read_card(path, FORMAT)
    arrays, sha256 = read_weights(path, card)
    return FrameFile(path, card, sha256, network_weights(arrays))
