"""Whether the named directions steer what they name, and nothing else."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.evaluation.melody.probe import Subject, likeliest, likeliest_told, normal
from score_bridge.evaluation.melody.told import exactly
from score_bridge.evaluation.statistics import spearman
from score_bridge.models.melody.condition import tell_character
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.music.attributes import ATTRIBUTES, attributes, gaussian_rank, quantile_table
from score_bridge.music.character import keys_by_sound
from score_bridge.training.melody.metrics import along

Floats = NDArray[np.float64]

SWEEP = torch.linspace(-3, 3, 13)
_BASES = 48
_FITTED = 2000


def sweep_directions(subject: Subject, seed: int) -> dict[str, object]:
    """Sweep each named direction over -3..3 from held-out phrases and play at temperature 0.

    directions: mean Spearman correlation of an attribute with its own direction; leakage: of a direction with the
    other attributes; leakage_max: the largest of those; directions_random: a random direction of the same length.
    Of a model that is told a character the phrases' own is told, and one descriptor of it is set.
    """
    rho = np.stack([_sweep(subject, places) for places in _named_places(subject, seed)])
    leakage = {
        name: {other: float(rho[i, j]) for j, other in enumerate(ATTRIBUTES) if j != i}
        for i, name in enumerate(ATTRIBUTES)
    }
    random = _sweep(subject, _random_places(subject, seed))
    return {
        "directions": {name: float(rho[i, i]) for i, name in enumerate(ATTRIBUTES)},
        "leakage": leakage,
        "leakage_max": max(abs(v) for row in leakage.values() for v in row.values()),
        "directions_random": dict(zip(ATTRIBUTES, map(float, random), strict=True)),
    }


def _named_places(subject: Subject, seed: int) -> list[Tensor]:
    """Conditions (B, S, C) an attribute: from B bases, S steps along its direction."""
    network, latents = subject.network, subject.latents[:_BASES]
    if isinstance(network, MelodyVAE) and subject.character is not None:
        return [_characters(network, subject, i) for i in range(len(ATTRIBUTES))]
    if isinstance(network, MelodyVAE):  # the model's own coordinates, set and not added to
        axes = torch.eye(network.latent_size)[: len(ATTRIBUTES)]
        return [_along_axis(latents - (latents @ axis)[:, None] * axis, axis) for axis in axes]
    return [_along_axis(latents, axis) for axis in _found_axes(network, seed)]


def _characters(network: MelodyVAE, subject: Subject, at: int | None, seed: int = 0) -> Tensor:
    """The characters of held-out phrases with descriptor `at` set to each step of the sweep."""
    space = subject.character
    assert space is not None
    phrases = subject.wanted[:_BASES].numpy().astype(np.uint8)
    own = keys_by_sound(phrases)
    keys, scores = torch.from_numpy(own), torch.from_numpy(space.scale.scores(phrases, own))
    swept = scores[:, None].repeat(1, len(SWEEP), 1)
    if at is None:
        swept = swept + SWEEP[:, None] * unit(swept.shape[-1], seed)
    else:
        swept[..., at] = SWEEP
    flat = swept.flatten(0, 1)
    told = tell_character(network.config.latent, flat, flat.shape[1], keys.repeat_interleave(len(SWEEP)))
    return told.pack().view(len(phrases), len(SWEEP), -1)


def _along_axis(bases: Tensor, axis: Tensor) -> Tensor:
    return bases[:, None] + SWEEP[:, None] * axis


def _random_places(subject: Subject, seed: int) -> Tensor:
    network = subject.network
    if isinstance(network, MelodyVAE) and subject.character is not None:
        return _characters(network, subject, None, seed)
    return _along_axis(subject.latents[:_BASES], unit(network.latent_size, seed))


def unit(size: int, seed: int) -> Tensor:
    """A random direction (Z,) of length 1."""
    axis = normal(1, size, seed)[0]
    direction: Tensor = axis / axis.norm()
    return direction


def _found_axes(network: MelodyNetwork, seed: int) -> list[Tensor]:
    """Directions found afterwards: least squares of the attributes' ranks on places of N(0, I)."""
    z = normal(_FITTED, network.latent_size, seed)
    values = attributes(likeliest(network, along(z)).numpy().astype(np.uint8))
    ranks = gaussian_rank(values, quantile_table(values))
    found = np.linalg.lstsq(z.double().numpy(), ranks, rcond=None)[0].T
    return [torch.from_numpy(axis / np.linalg.norm(axis)).float() for axis in found]


def _sweep(subject: Subject, places: Tensor) -> Floats:
    """Mean Spearman correlation of every attribute with how far along a direction it is, (A,); places (B, S, C)."""
    conditions = along(places.flatten(0, 1))
    told = conditions if subject.character is not None else exactly(subject.network, conditions)
    played = likeliest_told(subject.network, told).numpy().astype(np.uint8)
    values = attributes(played).reshape(len(places), len(SWEEP), -1)
    return np.array([np.mean([spearman(v[:, a], SWEEP.numpy()) for v in values]) for a in range(values.shape[2])])
