"""Gated recurrent units in numpy, as PyTorch has them (Cho et al. 2014, arXiv:1406.1078)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def gru_layer(weights: Mapping[str, Floats], layer: int, x: Floats, before: Floats) -> Floats:
    """Return the state (H,) after x (X,), of the layer of the module `units` whose state was `before` (H,)."""
    given = weights[f"units.weight_ih_l{layer}"] @ x + weights[f"units.bias_ih_l{layer}"]
    kept = weights[f"units.weight_hh_l{layer}"] @ before + weights[f"units.bias_hh_l{layer}"]
    (r, z, n), (hr, hz, hn) = np.split(given, 3), np.split(kept, 3)
    reset, keep = sigmoid(r + hr), sigmoid(z + hz)
    new = np.tanh(n + reset * hn)
    return np.asarray((1 - keep) * new + keep * before, np.float32)


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), np.float32)
