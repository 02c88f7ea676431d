"""The map of the original SCORE! (github.com/pbloem/score, generate.py, 2018), to be held against ours.

Features of the whole film are whitened by PCA to as many axes as the latent has, averaged over every two bars and
divided by their variance (where a standard deviation was meant): one latent a phrase. Axes that the film lacks are
filled from one fixed noise vector. Each phrase is decoded on its own at temperature 0.5. Encoder and decoder are this
project's, so that the maps are what differs.
"""

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.picture.film_context import FilmContext
from score_bridge.music.tokens import PHRASE_STEPS

Floats = NDArray[np.float32]

TEMPERATURE = 0.5
_LEAST_SHARE = 1e-6
_LEAST = 1e-3


def original_latents(watched: FilmContext, size: int, seed: int) -> Floats:
    """One latent a phrase of the film, the last one perhaps broken off, (P, size)."""
    steps = watched.at_steps(whiten(watched.content, size))
    parts = [steps[at : at + PHRASE_STEPS].mean(0) for at in range(0, watched.steps, PHRASE_STEPS)]
    return latents_of(np.array(parts, np.float32).reshape(watched.phrases, steps.shape[1]), size, seed)


def latents_of(means: Floats, size: int, seed: int) -> Floats:
    """Whitened features' means over stretches of the film (P, K) to latents (P, size)."""
    scaled = means / (means.var() or 1.0) if means.size else means
    noise = np.random.default_rng(seed).standard_normal(size)
    rest = np.broadcast_to(noise[scaled.shape[1] :], (len(scaled), size - scaled.shape[1]))
    return np.concatenate([scaled, rest], axis=1).astype(np.float32)


def whiten(features: Floats, size: int) -> NDArray[np.float64]:
    """Features (F, D) to principal coordinates of unit variance, (F, K), K at most `size` and F - 1.

    Axes on which nothing varies, beyond what arithmetic leaves, are left out: there is nothing to divide by.
    """
    centred = features.astype(np.float64) - features.mean(0, dtype=np.float64)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    some = int((values > max(_LEAST_SHARE * values[0], _LEAST)).sum())
    kept = min(len(features) - 1, size, some)
    white: NDArray[np.float64] = left[:, :kept] * np.sqrt(max(len(features) - 1, 1))
    return white
