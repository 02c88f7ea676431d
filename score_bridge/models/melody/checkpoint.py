"""Weights on disk: safetensors beside a JSON card that says what they are. Nothing is ever unpickled."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.melody.character_space import CharacterSpace
from score_bridge.models.melody.musicvae import MusicVAEConfig, MusicVAEDecoder
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.models.weight_files import (
    Format,
    fill_network,
    network_tensors,
    read_card,
    read_weights,
    unfit,
    write_weights,
)
from score_bridge.music.attributes import ATTRIBUTES

FORMAT = Format("score-bridge-melody", 1, "a melody model")

Network = MelodyVAE | MusicVAEDecoder


class Kind(NamedTuple):
    """A kind of network: how its card's sizes make one, and in which precision it is kept."""

    build: Callable[[dict[str, Any]], Network]
    dtype: torch.dtype


TRAINED, IMPORTED = "transformer", "musicvae"
KINDS = {
    TRAINED: Kind(lambda sizes: MelodyVAE(MelodyConfig(**sizes)), torch.float16),
    # In half precision some tokens differ from those that the published weights play.
    IMPORTED: Kind(lambda sizes: MusicVAEDecoder(MusicVAEConfig(**sizes)), torch.float32),
}


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
class MelodyModel:
    """A melody model ready to play: network, posterior, card, and the sha256 of its weights.

    character: where melodies lie among characters, in a model that is told one.
    """

    network: MelodyNetwork
    posterior: Posterior
    card: dict[str, Any]
    sha256: str
    character: CharacterSpace | None = None

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of what bindings move in it, the first coordinates of its places; none in an imported model."""
        return ATTRIBUTES if isinstance(self.network, MelodyVAE) else ()

    @property
    def name(self) -> str:
        """A short name for people and messages."""
        return f"{self.card.get('name', 'melody')} {self.sha256[:8]}"

    @property
    def identity(self) -> dict[str, str]:
        """Name and sha256, for what is made with it."""
        return {"name": str(self.card.get("name", "melody")), "sha256": self.sha256}


def shipped_melody() -> Path:
    """Return where the weights that come with the package lie."""
    return Path(str(files("score_bridge") / "weights" / "melody.safetensors"))


def save_melody(
    path: Path,
    network: Network,
    posterior: Posterior,
    card: dict[str, Any],
    character: CharacterSpace | None = None,
) -> None:
    """Write `path` and `path` with .json; the card is completed with format, kind, sizes and sha256.

    Raises ModelError when they cannot be written.
    """
    kind = TRAINED if isinstance(network, MelodyVAE) else IMPORTED
    tensors = network_tensors(network, KINDS[kind].dtype)
    for key in ("mean", "axes", "std", "quantiles"):
        tensors[f"posterior.{key}"] = torch.from_numpy(np.ascontiguousarray(getattr(posterior, key)))
    tensors["posterior.rms"] = torch.tensor(posterior.rms)
    if character is not None:
        tensors |= character.tensors()
    write_weights(path, tensors, FORMAT, {"kind": kind, "config": asdict(network.config), **card})


def load_melody(path: Path, device: torch.device) -> MelodyModel:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = _read_card(path)
    tensors, sha256 = read_weights(path, card, device)
    network = _network(path, card, tensors).to(device).eval().requires_grad_(False)
    posterior, character = _places(path, tensors, told=card["config"].get("descriptors", 0) > 0)
    return MelodyModel(network, posterior, card, sha256, character)


def trainable(model: MelodyModel) -> MelodyVAE:
    """Return the model's network if it has the encoder that training and reconstruction need; ModelError else."""
    if not isinstance(model.network, MelodyVAE):
        raise ModelError(f"{model.name}: an imported MusicVAE has no encoder to train from")
    return model.network


def _read_card(path: Path) -> dict[str, Any]:
    card = read_card(path, FORMAT)
    if card.setdefault("kind", TRAINED) not in tuple(KINDS):
        raise ModelError(f"{path} is of the unknown kind {card['kind']!r}, this program knows {', '.join(KINDS)}")
    return card


def _network(path: Path, card: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Network:
    try:
        network = KINDS[card["kind"]].build(card["config"])
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise unfit(path, error) from None
    fill_network(path, network, tensors)
    return network


def _places(path: Path, tensors: dict[str, torch.Tensor], *, told: bool) -> tuple[Posterior, CharacterSpace | None]:
    """Where melodies lie in the latent space and, for a model that is told one, among characters."""
    try:
        values = {k: tensors[f"posterior.{k}"].cpu().numpy() for k in ("mean", "axes", "std", "quantiles")}
        posterior = Posterior(**values, rms=float(tensors["posterior.rms"]))
        return posterior, CharacterSpace.of_tensors(tensors) if told else None
    except KeyError as error:
        raise ModelError(f"{path} is incomplete: {error} is missing") from None
