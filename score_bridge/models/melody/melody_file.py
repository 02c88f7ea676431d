"""A melody model's file without its network: card, where melodies lie, and the weights as arrays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.melody.character_space import CharacterSpace
from score_bridge.models.weight_files import Arrays, Format, network_weights, read_card, read_weights, shipped_weights
from score_bridge.music.attributes import ATTRIBUTES

FORMAT = Format("score-bridge-melody", 1, "a melody model")
TRAINED, IMPORTED = "transformer", "musicvae"
KINDS = (TRAINED, IMPORTED)


@dataclass(frozen=True)
class Posterior:
    """Where melodies lie in the latent space: their posterior means' mean (Z,), principal axes and spread.

    axes: (Z, Z), one axis a row, by falling variance; std: (Z,) along them; rms: root mean square norm of the means.
    quantiles: (129, 5) of the named attributes over the training phrases.
    """

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    std: NDArray[np.float32]
    rms: float
    quantiles: NDArray[np.float64]


@dataclass(frozen=True)
class MelodyInfo:
    """What is known of a melody model beside its network.

    character: where melodies lie among characters, in a model that is told one.
    """

    posterior: Posterior
    card: dict[str, Any]
    sha256: str
    character: CharacterSpace | None = None

    @property
    def trained(self) -> bool:
        """Whether it is a model of this project's own kind, which has an encoder and named directions."""
        return bool(self.card["kind"] == TRAINED)

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of what bindings move in it, the first coordinates of its places; none in an imported model."""
        return ATTRIBUTES if self.trained else ()

    @property
    def name(self) -> str:
        """A short name for people and messages."""
        return f"{self.card.get('name', 'melody')} {self.sha256[:8]}"

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": str(self.card.get("name", "melody")), "sha256": self.sha256}


@dataclass(frozen=True)
class MelodyFile:
    """What a file of weights holds: what is known of the model, and its network's weights by name, float32."""

    path: Path
    info: MelodyInfo
    weights: Arrays = field(repr=False)


def shipped_melody() -> Path:
    """Return where the weights that come with the package lie."""
    return shipped_weights() / "melody.safetensors"


def read_melody(path: Path) -> MelodyFile:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = _read_card(path)
    arrays, sha256 = read_weights(path, card)
    posterior, character = _places(path, arrays, told=_is_told(path, card))
    return MelodyFile(path, MelodyInfo(posterior, card, sha256, character), network_weights(arrays))


def _read_card(path: Path) -> dict[str, Any]:
    card = read_card(path, FORMAT)
    if card.setdefault("kind", TRAINED) not in KINDS:
        raise ModelError(f"{path} is of the unknown kind {card['kind']!r}, this program knows {', '.join(KINDS)}")
    return card


def _is_told(path: Path, card: dict[str, Any]) -> bool:
    """Whether the network is told a character. ModelError for a card without sizes."""
    if not isinstance(card.get("config"), dict):
        raise ModelError(f"{path} is incomplete or of other sizes: its card has no 'config'")
    return bool(card["config"].get("descriptors", 0))


def _places(path: Path, arrays: Arrays, *, told: bool) -> tuple[Posterior, CharacterSpace | None]:
    """Where melodies lie in the latent space and, for a model that is told one, among characters."""
    try:
        values = {k: arrays[f"posterior.{k}"] for k in ("mean", "axes", "std", "quantiles")}
        posterior = Posterior(**values, rms=float(arrays["posterior.rms"]))
        return posterior, CharacterSpace.of_arrays(arrays) if told else None
    except KeyError as error:
        raise ModelError(f"{path} is incomplete: {error} is missing") from None
