"""What phrases are like on the whole, in numbers that can be held against melodies people wrote."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON

Phrases = NDArray[np.uint8]
Statistics = dict[str, float]

LEAP = 7
_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


def note_statistics(phrases: Phrases) -> Statistics:
    """Phrases (N, 32) to their means.

    notes: a phrase; pitch_class_entropy: bits, within a phrase; off_beat: share of onsets off the eighths;
    repeated, steps, leaps: shares of the intervals that are 0, 1-2, and more than a fifth; range: semitones;
    variety: mean share of tokens that differ between two phrases.
    """
    onset = phrases >= FIRST_ON
    pitches = [p[p >= FIRST_ON].astype(int) for p in phrases]
    intervals = np.abs(np.concatenate([np.diff(p) for p in pitches] or [np.zeros(0, int)]))
    return {
        "notes": float(onset.sum(1).mean()),
        "pitch_class_entropy": _mean([_entropy(p % 12) for p in pitches if len(p)]),
        "off_beat": float(onset[:, 1::2].sum() / max(onset.sum(), 1)),
        "repeated": _mean(intervals == 0),
        "steps": _mean((intervals > 0) & (intervals <= 2)),
        "leaps": _mean(intervals > LEAP),
        "range": _mean([int(np.ptp(p)) for p in pitches if len(p)]),
        "variety": variety(phrases),
    }


def variety(phrases: Phrases) -> float:
    """Mean share of tokens that differ between two of the phrases (N, T)."""
    count = len(phrases)
    if count < 2:
        return 0.0
    differing = sum(float((phrases != other).mean(1).sum()) for other in phrases)
    return differing / (count * (count - 1))


def in_key(lines: Phrases) -> float:
    """Mean share of a line's notes that lie in the best of the twelve diatonic scales; lines (N, T)."""
    shares = []
    for line in lines:
        classes = line[line >= FIRST_ON].astype(int) % 12
        if len(classes):
            shares.append(max(float(np.isin((classes - root) % 12, _MAJOR).mean()) for root in range(12)))
    return _mean(shares)


def _entropy(classes: NDArray[np.int64]) -> float:
    shares = np.bincount(classes, minlength=12) / len(classes)
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum())


def _mean(values: NDArray[np.bool_] | list[float] | list[int]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def spearman(x: NDArray[np.float64], y: NDArray[np.float32]) -> float:
    """Rank correlation, ties at their mean rank; 0 where one of the two does not move at all."""
    a, b = _ranks(x), _ranks(y)
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return means
