"""Whether one geometry is kept in another: distances among pictures against distances among places or phrases."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.picture.moments import NEIGHBOURS, Distances
from score_bridge.evaluation.statistics import spearman

Pairs = NDArray[np.bool_]

STILL = 1e-3


def moves(pictures: Distances, pairs: Pairs) -> bool:
    """Whether pictures differ at all, in feature units; nothing can be kept of a film that stands still."""
    return bool(pairs.any()) and float(pictures[pairs].max()) > STILL


def neighbours_kept(pictures: Distances, music: Distances, pairs: Pairs) -> tuple[float, float] | None:
    """kNN@5 and its chance: the share of a moment's five nearest by picture that are among its five nearest by music.

    Where distances tie for the fifth place, what is expected of breaking ties at random. Both are means over the
    moments; chance is 5 / candidates. None where any moment has no more than five others to choose from.
    """
    candidates = pairs.sum(1)
    if not len(candidates) or candidates.min() <= NEIGHBOURS:
        return None
    kept = [
        float(_among_nearest(pictures[i, row]) @ _among_nearest(music[i, row])) / NEIGHBOURS
        for i, row in enumerate(pairs)
    ]
    return float(np.mean(kept)), float(np.mean(NEIGHBOURS / candidates))


def rank_agreement(pictures: Distances, music: Distances, pairs: Pairs) -> float | None:
    """Spearman correlation of the pairs' distances, each pair once; None of fewer than three pairs."""
    once = np.triu(pairs)
    if once.sum() < 3:
        return None
    return spearman(pictures[once], music[once].astype(np.float32))


def retrieval_auc(pictures: Distances, music: Distances, pairs: Pairs) -> float | None:
    """AUC of finding a moment's picture from its music alone; 0.5 is chance, 1 is always.

    The picture is guessed to be like that of the moment whose music is nearest. The AUC is how often the true picture
    is nearer to the guess than another moment's is, ties counting half; neither the guess's own neighbourhood nor the
    true moment's is among the others, both being near for no merit of the music. None where there are no others.
    """
    shares = []
    for i, row in enumerate(pairs):
        nearest = np.flatnonzero(row & (music[i] == music[i, row].min(initial=np.inf)))
        each = [_nearer(pictures[guess], i, row & pairs[guess]) for guess in nearest]
        shares += [float(np.mean([e for e in each if e is not None]))] if any(e is not None for e in each) else []
    return float(np.mean(shares)) if shares else None


def _nearer(distances: NDArray[np.float64], true: int, others: Pairs) -> float | None:
    """Share of the others that are farther than the true one."""
    if not others.any():
        return None
    far, own = distances[others], distances[true]
    return float((far > own).mean() + 0.5 * (far == own).mean())


def _among_nearest(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of each to be among the five nearest, ties broken at random."""
    fifth = np.partition(distances, NEIGHBOURS - 1)[NEIGHBOURS - 1]
    surely, perhaps = distances < fifth, distances == fifth
    chance: NDArray[np.float64] = surely + perhaps * (NEIGHBOURS - surely.sum()) / perhaps.sum()
    return chance
