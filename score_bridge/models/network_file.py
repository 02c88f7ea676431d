"""A network's file without PyTorch: card, sizes and weights as arrays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from score_bridge.models.weight_files import Arrays, Format, network_weights, read_card, read_weights, unfit

S = TypeVar("S")


@dataclass(frozen=True)
class NetworkFile(Generic[S]):
    """Its card, its sha256, the network's sizes and weights by name."""

    path: Path
    card: dict[str, Any]
    sha256: str
    sizes: S
    weights: Arrays = field(repr=False)

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": str(self.card.get("name", self.path.stem)), "sha256": self.sha256}


def read_network_file(path: Path, form: Format, sizes: type[S]) -> NetworkFile[S]:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = read_card(path, form)
    arrays, sha256 = read_weights(path, card)
    try:
        read = sizes(**card["config"])
    except (LookupError, TypeError) as error:
        raise unfit(path, error) from None
    return NetworkFile(path, card, sha256, read, network_weights(arrays))
