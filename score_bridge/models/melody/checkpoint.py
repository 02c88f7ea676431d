"""Melody models with their PyTorch network: to train, to measure, and to play where there is no graph of them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from score_bridge.errors import ModelError
from score_bridge.models.melody.character_space import CharacterSpace
from score_bridge.models.melody.melody_file import (
    FORMAT,
    IMPORTED,
    TRAINED,
    MelodyFile,
    MelodyInfo,
    Posterior,
    read_melody,
)
from score_bridge.models.melody.musicvae import MusicVAEConfig, MusicVAEDecoder
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.models.torch_weights import fill_network, network_arrays
from score_bridge.models.weight_files import unfit, write_weights

Network = MelodyVAE | MusicVAEDecoder


class Kind(NamedTuple):
    """A kind of network: how its card's sizes make one, and in which precision it is kept."""

    build: Callable[[dict[str, Any]], Network]
    dtype: torch.dtype


NETWORKS = {
    TRAINED: Kind(lambda sizes: MelodyVAE(MelodyConfig(**sizes)), torch.float16),
    # In half precision some tokens differ from those that the published weights play.
    IMPORTED: Kind(lambda sizes: MusicVAEDecoder(MusicVAEConfig(**sizes)), torch.float32),
}


@dataclass(frozen=True)
class MelodyModel:
    """A melody model and its network."""

    network: MelodyNetwork
    info: MelodyInfo


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
    arrays = network_arrays(network, NETWORKS[kind].dtype)
    for key in ("mean", "axes", "std", "quantiles"):
        arrays[f"posterior.{key}"] = np.ascontiguousarray(getattr(posterior, key))
    arrays["posterior.rms"] = np.array(posterior.rms, np.float32)
    if character is not None:
        arrays |= character.arrays()
    write_weights(path, arrays, FORMAT, {"kind": kind, "config": asdict(network.config), **card})


def load_melody(path: Path, device: torch.device) -> MelodyModel:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    return build_melody(read_melody(path), device)


def build_melody(file: MelodyFile, device: torch.device) -> MelodyModel:
    """Build the network of a file that was read. ModelError where its weights and its sizes make none."""
    card = file.info.card
    try:
        network = NETWORKS[card["kind"]].build(card["config"])
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise unfit(file.path, error) from None
    fill_network(file.path, network, file.weights)
    return MelodyModel(network.to(device).eval().requires_grad_(False), file.info)


def trainable(model: MelodyModel) -> MelodyVAE:
    """Return the model's network if it has the encoder that training and reconstruction need; ModelError else."""
    if not isinstance(model.network, MelodyVAE):
        raise ModelError(f"{model.info.name}: an imported MusicVAE has no encoder to train from")
    return model.network
