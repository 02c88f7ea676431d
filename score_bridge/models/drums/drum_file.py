"""The drum network's file without PyTorch: card and weights as arrays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.drums.layout import TOLD, Sizes
from score_bridge.models.weight_files import (
    Arrays,
    Format,
    network_weights,
    read_card,
    read_weights,
    shipped_weights,
    unfit,
)

FORMAT = Format("score-bridge-drums", 1, "a drum model")
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class DrumFile:
    """Its card, its sha256, the network's sizes and weights by name.

    mean, std: (11,), of the character of the drums that it learned from.
    """

    path: Path
    card: dict[str, Any]
    sha256: str
    sizes: Sizes
    mean: Floats = field(repr=False)
    std: Floats = field(repr=False)
    weights: Arrays = field(repr=False)

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": str(self.card.get("name", "drums")), "sha256": self.sha256}


def shipped_drums() -> Path:
    """Return where the weights that come with the package lie."""
    return shipped_weights() / "drums.safetensors"


def read_drum_file(path: Path) -> DrumFile:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = read_card(path, FORMAT)
    arrays, sha256 = read_weights(path, card)
    try:
        sizes = Sizes(**card["config"])
        mean, std = (arrays[name].astype(np.float32) for name in ("mean", "std"))
        if mean.shape != (TOLD,) or std.shape != (TOLD,):
            raise ValueError(f"its character has {mean.shape} numbers, not {TOLD}")
    except (LookupError, TypeError, ValueError) as error:
        raise unfit(path, error) from None
    return DrumFile(path, card, sha256, sizes, mean, std, network_weights(arrays))
