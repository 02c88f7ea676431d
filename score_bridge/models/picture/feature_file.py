"""The shipped weights of the picture encoder, EfficientNet-Lite0 with batch norms folded in: two files and cards.

The network of the features is kept in single precision (in half, features differ by up to .03 where their mean is
.09); the classifier, which only names what is seen, in half.
"""

from dataclasses import dataclass, field
from pathlib import Path

from score_bridge.errors import ModelError
from score_bridge.models.weight_files import Arrays, Format, network_weights, read_card, read_weights, shipped_weights

FORMAT = Format("score-bridge-features", 1, "a picture encoder")
NAME = "efficientnet-lite0"
FEATURES_FILE, LABELS_FILE = "features.safetensors", "labels.safetensors"


@dataclass(frozen=True)
class FeatureFile:
    """Weights by name, and which published ones they are.

    sha256: of the published file, which shows name as what they were made with.
    """

    sha256: str
    weights: Arrays = field(repr=False)

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": NAME, "sha256": self.sha256}


def read_features(folder: Path | None = None) -> FeatureFile:
    """Read both files, the shipped ones by default. ModelError with one line that names the file and the fault."""
    where = folder or shipped_weights()
    weights: Arrays = {}
    for name in (FEATURES_FILE, LABELS_FILE):
        card = read_card(where / name, FORMAT)
        arrays, _ = read_weights(where / name, card)
        weights |= network_weights(arrays)
    try:
        return FeatureFile(card["source"]["sha256"], weights)
    except (KeyError, TypeError):
        raise ModelError(f"the card of {where / LABELS_FILE} does not say what it was made from") from None
