"""A melody model small enough to make in a test: real code, random weights."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import EngineModels
from score_bridge.models.melody.checkpoint import MelodyModel, Posterior, load_melody, save_melody
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.models.picture.feature_encoder import Look

TINY = MelodyConfig(latent=8, width=32, heads=2, encoder_layers=1, decoder_layers=2, encoder_channels=4, history=64)


def tiny_network(seed: int = 0, config: MelodyConfig = TINY) -> MelodyVAE:
    """A network with random weights, louder than at the start of training, so that tokens differ."""
    torch.manual_seed(seed)
    network = MelodyVAE(config)
    with torch.no_grad():
        network.condition.mul_(3)
        network.to_logits.weight.mul_(4)
    return network.eval().requires_grad_(False)


def tiny_posterior(latent: int = TINY.latent) -> Posterior:
    return Posterior(
        mean=np.full(latent, 0.1, np.float32),
        axes=np.eye(latent, dtype=np.float32),
        std=np.linspace(1.0, 0.5, latent).astype(np.float32),
        rms=float(np.sqrt((np.linspace(1.0, 0.5, latent) ** 2).sum() + latent * 0.01)),
        quantiles=np.tile(np.linspace(0, 20, 129)[:, None], (1, 5)),
    )


def save_tiny(path: Path, seed: int = 0) -> Path:
    save_melody(path, tiny_network(seed), tiny_posterior(), {"name": "tiny"})
    return path


def tiny_model(folder: Path, seed: int = 0) -> MelodyModel:
    return load_melody(save_tiny(folder / "tiny.safetensors", seed), torch.device("cpu"))


def tiny_look(rgb: NDArray[np.uint8]) -> Look:
    """Stand in for the picture encoder: the colours of an 8×8 thumbnail, at the length that real features have."""
    return Look((rgb[8::16, 8::16].ravel() / 16).astype(np.float32), (("scene", 0.5), ("picture", 0.25)))


def tiny_layout(thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Stand in for the frame VAE: light and dark of a 4×4 thumbnail."""
    layout: NDArray[np.float32] = (thumbnail[8::16, 8::16].mean(2).ravel() / 64).astype(np.float32)
    return layout


def tiny_models(folder: Path) -> EngineModels:
    melody = tiny_model(folder)
    return EngineModels(tiny_look, tiny_layout, melody, Decoder(melody, torch.device("cpu")), torch.device("cpu"))
