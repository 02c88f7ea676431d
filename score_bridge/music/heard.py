"""How different two phrases sound: the mean, over what a listener hears of them, of how they rank among all pairs.

Parts are compared by rank and not by size, so that no part of a skewed distribution, such as the share of off-beats,
rules the whole.
"""

import numpy as np
from numpy.typing import NDArray

from score_bridge.geometry import distances
from score_bridge.music.character import KEYLESS, Scale, class_shares, contours, onset_counts

Reals = NDArray[np.float64]

SCORED = ("density", "register", "range", "off_beat")
PARTS = ("pitch classes", "onsets", "contour", *SCORED)


def heard_distances(
    phrases: NDArray[np.uint8], keys: NDArray[np.int64], scale: Scale, parts: tuple[str, ...] = PARTS
) -> Reals:
    """Distances (N, N), 0..1, between phrases (N, 32) that stand in these keys (N,), by the mean rank of `parts`."""
    scores = scale.keyless(phrases)
    vectors: dict[str, Reals] = {
        "pitch classes": class_shares(phrases, keys),
        "onsets": onset_counts(phrases),
        "contour": contours(phrases),
        **{name: scores[:, [KEYLESS.index(name)]].astype(np.float64) for name in SCORED},
    }
    ranked: Reals = np.mean([_ranked(distances(vectors[part]).round(9)) for part in parts], axis=0)
    return ranked


def _ranked(apart: Reals) -> Reals:
    """Each pair's rank among all pairs, 0..1; ties get their mean rank."""
    above = np.triu_indices(len(apart), 1)
    values = apart[above]
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place] / max(len(values), 1)
    ranked = np.zeros_like(apart)
    ranked[above] = ranks
    return ranked + ranked.T
