"""The frame VAE with its PyTorch network: kept as safetensors in half precision beside a JSON card."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from score_bridge.models.picture.frame_file import FORMAT, FrameFile, read_frames
from score_bridge.models.picture.frame_vae import FrameConfig, FrameVAE
from score_bridge.models.torch_weights import fill_network, network_arrays
from score_bridge.models.weight_files import unfit, write_weights


@dataclass(frozen=True)
class FrameModel:
    """A frame VAE ready to look at pictures, and the file it was read from."""

    network: FrameVAE
    file: FrameFile


def save_frames(path: Path, network: FrameVAE, card: dict[str, Any]) -> None:
    """Write `path` and its card. ModelError when they cannot be written."""
    write_weights(path, network_arrays(network, torch.float16), FORMAT, {"config": asdict(network.config), **card})


def load_frames(path: Path, device: torch.device) -> FrameModel:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    return build_frames(read_frames(path), device)


def build_frames(file: FrameFile, device: torch.device) -> FrameModel:
    """Build the network of a file that was read. ModelError where its weights and its sizes make none."""
    network = _network(file.path, file.card).to(device)
    fill_network(file.path, network, file.weights)
    return FrameModel(network.eval().requires_grad_(False), file)


def _network(path: Path, card: dict[str, Any]) -> FrameVAE:
    try:
        latent, channels = int(card["config"]["latent"]), [int(n) for n in card["config"]["channels"]]
        a, b, c, d = channels
        if min(latent, *channels) < 1:
            raise ValueError("its card has sizes below 1")
        return FrameVAE(FrameConfig(latent, (a, b, c, d)))
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise unfit(path, error) from None
