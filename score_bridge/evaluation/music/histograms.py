"""What notes are made of, counted: where they begin, how long they last, how they move, which tones of the key.

Two histograms are compared by overlapped area and by Kullback-Leibler divergence, as Yang & Lerch do with features of
music ("On the evaluation of generative models in music", Neural Computing and Applications 32, 2020).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.character import class_durations, keys_of
from score_bridge.music.tokens import FIRST_ON, HOLD, PHRASE_STEPS, STEPS_PER_BAR

Phrases = NDArray[np.uint8]
Histogram = NDArray[np.float64]

WIDEST = 24
"""Semitones: wider intervals count as this wide."""
NAMES = ("onset_places", "lengths", "intervals", "pitch_classes")


def histograms(lines: Sequence[Phrases]) -> dict[str, Histogram]:
    """Counts over lines of tokens (T,): onsets by place in the bar (16,), lengths in steps up to 32 (32,), semitones
    from note to note (49,), sounding time by pitch class from the tonic of the key of every eight bars (12,).
    """
    onsets = [np.flatnonzero(line >= FIRST_ON) for line in lines]
    places = np.concatenate([at % STEPS_PER_BAR for at in onsets])
    lengths = np.concatenate([_lengths(line, at) for line, at in zip(lines, onsets, strict=True)])
    pitches = [line[at].astype(np.int64) for line, at in zip(lines, onsets, strict=True)]
    moves = np.concatenate([row[1:] - row[:-1] for row in pitches])
    intervals: NDArray[np.int64] = np.clip(moves, -WIDEST, WIDEST) + WIDEST
    classes = np.zeros(12)
    for line in lines:
        for begin in range(0, len(line), 8 * STEPS_PER_BAR):
            spent = class_durations(line[None, begin : begin + 8 * STEPS_PER_BAR])
            classes += np.roll(spent[0], -int(keys_of(spent)[0]) % 12)
    return {
        "onset_places": _counted(places, STEPS_PER_BAR),
        "lengths": _counted(np.minimum(lengths, PHRASE_STEPS) - 1, PHRASE_STEPS),
        "intervals": _counted(intervals, 2 * WIDEST + 1),
        "pitch_classes": classes,
    }


def overlap(one: Histogram, other: Histogram) -> float:
    """The area (0..1) that two histograms share when each has area 1; 0 where one is empty."""
    if not one.sum() or not other.sum():
        return 0.0
    return float(np.minimum(one / one.sum(), other / other.sum()).sum())


def divergence(one: Histogram, other: Histogram) -> float:
    """Kullback-Leibler divergence of `one` from `other`, nats; every bin counts half an event more than it has."""
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (one, other))
    return float((p * np.log(p / q)).sum())


def _lengths(line: Phrases, onsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Steps that each note lasts, to the next token that is no hold or to the line's end."""
    ends = np.append(np.flatnonzero(line != HOLD), len(line))
    return ends[np.searchsorted(ends, onsets, side="right")] - onsets


def _counted(values: NDArray[np.int64], size: int) -> Histogram:
    return np.bincount(values, minlength=size).astype(np.float64)
