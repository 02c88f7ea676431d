"""The chord network's file without PyTorch: card and weights as arrays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from score_bridge.models.chords.layout import Sizes
from score_bridge.models.weight_files import (
    Arrays,
    Format,
    network_weights,
    read_card,
    read_weights,
    shipped_weights,
    unfit,
)

FORMAT = Format("score-bridge-chords", 1, "a chord model")


@dataclass(frozen=True)
class ChordFile:
    """Its card, its sha256, the network's sizes and weights by name."""

    path: Path
    card: dict[str, Any]
    sha256: str
    sizes: Sizes
    weights: Arrays = field(repr=False)

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": str(self.card.get("name", "chords")), "sha256": self.sha256}


def shipped_chords() -> Path:
    """Return where the weights that come with the package lie."""
    return shipped_weights() / "chords.safetensors"


def read_chord_file(path: Path) -> ChordFile:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = read_card(path, FORMAT)
    arrays, sha256 = read_weights(path, card)
    try:
        sizes = Sizes(**card["config"])
    except (LookupError, TypeError) as error:
        raise unfit(path, error) from None
    return ChordFile(path, card, sha256, sizes, network_weights(arrays))
