"""The frame VAE on disk: safetensors in half precision beside a JSON card that says what they are."""

from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from score_bridge.models.picture.frame_vae import FrameConfig, FrameVAE
from score_bridge.models.weight_files import (
    Format,
    fill_network,
    network_tensors,
    read_card,
    read_weights,
    unfit,
    write_weights,
)

FORMAT = Format("score-bridge-frames", 1, "a frame model")


@dataclass(frozen=True)
class FrameModel:
    """A frame VAE ready to look at pictures: network, card, and the sha256 of its weights."""

    network: FrameVAE
    card: dict[str, Any]
    sha256: str

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
    return Path(str(files("score_bridge") / "weights" / "frames.safetensors"))


def save_frames(path: Path, network: FrameVAE, card: dict[str, Any]) -> None:
    """Write `path` and its card. ModelError when they cannot be written."""
    write_weights(path, network_tensors(network, torch.float16), FORMAT, {"config": asdict(network.config), **card})


def load_frames(path: Path, device: torch.device) -> FrameModel:
    """Read weights and card. Raises ModelError with one line that names the file and the fault."""
    card = read_card(path, FORMAT)
    tensors, sha256 = read_weights(path, card, device)
    network = _network(path, card).to(device)
    fill_network(path, network, tensors)
    return FrameModel(network.eval().requires_grad_(False), card, sha256)


def _network(path: Path, card: dict[str, Any]) -> FrameVAE:
    try:
        latent, channels = int(card["config"]["latent"]), [int(n) for n in card["config"]["channels"]]
        a, b, c, d = channels
        if min(latent, *channels) < 1:
            raise ValueError("its card has sizes below 1")
        return FrameVAE(FrameConfig(latent, (a, b, c, d)))
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise unfit(path, error) from None
