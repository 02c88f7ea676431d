"""Whether the named directions steer what they name, and nothing else."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.evaluation.melody.probe import Subject, likeliest, normal
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.music.attributes import ATTRIBUTES, attributes, gaussian_rank, quantile_table
from score_bridge.training.melody.metrics import along

Floats = NDArray[np.float64]

SWEEP = torch.linspace(-3, 3, 13)
_BASES = 48
_FITTED = 2000


def sweep_directions(subject: Subject, seed: int) -> dict[str, object]:
    """Sweep each named axis over -3..3 from held-out places and play at temperature 0.

    directions: mean Spearman correlation of an attribute with its own axis; leakage: of an axis with the other
    attributes; leakage_max: the largest of those; directions_random: a random direction of the same length.
    """
    axes = _named_axes(subject, seed)
    rho = np.stack([_sweep(subject, axis, own) for axis, own in axes])
    random = _random_axis(subject, seed)
    leakage = {
        name: {other: float(rho[i, j]) for j, other in enumerate(ATTRIBUTES) if j != i}
        for i, name in enumerate(ATTRIBUTES)
    }
    return {
        "directions": {name: float(rho[i, i]) for i, name in enumerate(ATTRIBUTES)},
        "leakage": leakage,
        "leakage_max": max(abs(v) for row in leakage.values() for v in row.values()),
        "directions_random": dict(zip(ATTRIBUTES, map(float, _sweep(subject, random, own=False)), strict=True)),
    }


def _named_axes(subject: Subject, seed: int) -> list[tuple[Tensor, bool]]:
    """A unit vector an attribute, and whether it is a coordinate of the model's own, to be set and not added to."""
    size = subject.network.latent_size
    if isinstance(subject.network, MelodyVAE):
        return [(torch.eye(size)[i], True) for i in range(len(ATTRIBUTES))]
    return [(axis, False) for axis in _found_axes(subject.network, seed)]


def _found_axes(network: MelodyNetwork, seed: int) -> list[Tensor]:
    """Directions found afterwards: least squares of the attributes' ranks on places of N(0, I)."""
    z = normal(_FITTED, network.latent_size, seed)
    values = attributes(likeliest(network, along(z)).numpy().astype(np.uint8))
    ranks = gaussian_rank(values, quantile_table(values))
    found = np.linalg.lstsq(z.double().numpy(), ranks, rcond=None)[0].T
    return [torch.from_numpy(axis / np.linalg.norm(axis)).float() for axis in found]


def _random_axis(subject: Subject, seed: int) -> Tensor:
    axis = normal(1, subject.network.latent_size, seed)[0]
    unit: Tensor = axis / axis.norm()
    return unit


def _sweep(subject: Subject, axis: Tensor, own: bool) -> Floats:
    """Mean Spearman correlation of every attribute with the place along `axis`, (A,)."""
    bases = subject.latents[:_BASES]
    if own:
        bases = bases - (bases @ axis)[:, None] * axis
    places = (bases[:, None] + SWEEP[:, None] * axis).flatten(0, 1)
    played = likeliest(subject.network, along(places)).numpy().astype(np.uint8)
    values = attributes(played).reshape(len(bases), len(SWEEP), -1)
    return np.array([np.mean([spearman(v[:, a], SWEEP.numpy()) for v in values]) for a in range(values.shape[2])])


def spearman(x: NDArray[np.float64], y: NDArray[np.float32]) -> float:
    """Rank correlation, ties at their mean rank; 0 where one of the two does not move at all."""
    a, b = _ranks(x), _ranks(y)
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: NDArray[np.float64] | NDArray[np.float32]) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return means
