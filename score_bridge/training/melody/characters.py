"""Where the melodies of a corpus lie among characters, and which of their phrases a scene may begin from."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.corpus.types import Tokens
from score_bridge.models.melody.character_space import CharacterSpace
from score_bridge.music.character import Scale, keys_by_sound
from score_bridge.music.heard import heard_distances
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS

MOTIFS = 1024
MEASURED = 20_000
FEWEST_NOTES = 4
COMPARED, SWEEPS = 400, 3000


def measure_character(lines: list[Tokens], scale: Scale, seed: int) -> CharacterSpace:
    """Measure on up to 20,000 phrases of these lines, each in its line's key; 1,024 of them are kept as motifs."""
    phrases, keys = _phrases(lines)
    chosen = np.random.default_rng(seed).permutation(len(phrases))[:MEASURED]
    phrases, keys = phrases[chosen], keys[chosen]
    scores = scale.scores(phrases, keys)
    sounding = np.flatnonzero((phrases >= FIRST_ON).sum(1) >= FEWEST_NOTES)
    motifs, compared = sounding[:MOTIFS], sounding[-COMPARED:]
    return CharacterSpace(
        scale=scale,
        mean=scores.mean(0),
        covariance=np.cov(scores, rowvar=False).astype(np.float32),
        heard=fit_heard(scores[compared], heard_distances(phrases[compared], keys[compared], scale)),
        motifs=phrases[motifs],
        keys=keys[motifs],
    )


def fit_heard(scores: NDArray[np.float32], distances: NDArray[np.float64]) -> NDArray[np.float32]:
    """How much a difference in each of the scores (N, K) counts for heard distances (N, N): weights (K,), 1 at most.

    Least squares without negative weights, of squared differences against distances, by coordinate descent.
    """
    pairs = np.triu_indices(len(scores), 1)
    differences = (scores[pairs[0]] - scores[pairs[1]]).astype(np.float64) ** 2
    design = np.concatenate([differences, np.ones((len(differences), 1))], axis=1)
    gram, aims = design.T @ design, design.T @ distances[pairs]
    weights = np.zeros(len(gram))
    for _ in range(SWEEPS):
        for k in range(len(gram)):
            weights[k] = max(0.0, weights[k] + (aims[k] - gram[k] @ weights) / max(gram[k, k], 1e-12))
    squares = weights[:-1]
    heard: NDArray[np.float32] = np.sqrt(squares / max(squares.max(), 1e-12)).astype(np.float32)
    return heard


def _phrases(lines: list[Tokens]) -> tuple[Tokens, NDArray[np.int64]]:
    """Every second bar's phrase of every line (N, 32), and the key of its line (N,)."""
    phrases, keys = [], []
    for line in lines:
        whole = line[: len(line) // PHRASE_STEPS * PHRASE_STEPS].reshape(-1, PHRASE_STEPS)
        phrases.append(whole)
        keys.append(np.repeat(keys_by_sound(line[None]), len(whole)))
    return np.concatenate(phrases), np.concatenate(keys)
