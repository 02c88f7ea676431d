"""A melody model small enough to make in a test: real code, random weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import EngineModels
from score_bridge.models.melody.character_space import CharacterSpace
from score_bridge.models.melody.checkpoint import MelodyModel, load_melody, save_melody
from score_bridge.models.melody.melody_file import Posterior
from score_bridge.models.melody.torch_player import playable
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.models.picture.look import Look
from score_bridge.music.character import DESCRIPTORS, Scale, class_durations, keys_of
from score_bridge.music.tokens import note_on

TINY = MelodyConfig(latent=8, width=32, heads=2, encoder_layers=1, decoder_layers=2, encoder_channels=4, history=64)
"""A model of the first kind, which is told a latent alone."""
TOLD = replace(TINY, descriptors=len(DESCRIPTORS), character_width=16)
"""One that is told a character."""


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


def some_phrases(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Walks in C major, (N, 32), as different from each other as a test needs them."""
    rng = np.random.default_rng(seed)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19])
    phrases = np.zeros((count, 32), np.uint8)
    for phrase in phrases:
        places = np.sort(rng.permutation(32)[: rng.integers(4, 20)])
        walk = np.clip(np.cumsum(rng.integers(-2, 3, len(places))) + 5, 0, len(scale) - 1)
        phrase[places] = [note_on(60 + int(scale[w])) for w in walk]
    return phrases


def tiny_character() -> CharacterSpace:
    phrases = some_phrases(200)
    keys = keys_of(class_durations(phrases))
    scale = Scale.of(phrases, keys)
    scores = scale.scores(phrases, keys)
    return CharacterSpace(
        scale, scores.mean(0), np.cov(scores, rowvar=False).astype(np.float32), np.ones(len(DESCRIPTORS), np.float32),
        phrases, keys,
    )  # fmt: skip


def save_tiny(path: Path, seed: int = 0, config: MelodyConfig = TINY) -> Path:
    character = tiny_character() if config.descriptors else None
    save_melody(path, tiny_network(seed, config), tiny_posterior(), {"name": "tiny"}, character)
    return path


def tiny_model(folder: Path, seed: int = 0, config: MelodyConfig = TINY) -> MelodyModel:
    return load_melody(save_tiny(folder / "tiny.safetensors", seed, config), torch.device("cpu"))


def tiny_look(rgb: NDArray[np.uint8]) -> Look:
    """Stand in for the picture encoder: the colours of an 8×8 thumbnail, at the length that real features have."""
    return Look((rgb[8::16, 8::16].ravel() / 16).astype(np.float32), (("scene", 0.5), ("picture", 0.25)))


def tiny_layout(thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Stand in for the frame VAE: light and dark of a 4×4 thumbnail."""
    layout: NDArray[np.float32] = (thumbnail[8::16, 8::16].mean(2).ravel() / 64).astype(np.float32)
    return layout


def tiny_models(folder: Path, config: MelodyConfig = TINY) -> EngineModels:
    melody = tiny_model(folder, config=config)
    return EngineModels(tiny_look, tiny_layout, melody.info, Decoder(playable(melody)))
