"""What a phrase is like, in numbers a musician would use: the named directions of the melody latent."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, LOWEST_PITCH

ATTRIBUTES = ("density", "register", "range", "syncopation", "step_size")
_QUANTILES = 129

# Lack of metrical weight of each sixteenth of a 4/4 bar (Longuet-Higgins & Lee 1984): 0 the bar, 4 a sixteenth.
METRICAL_LACK = np.array([0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4], dtype=np.float64)


def attributes(phrases: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Phrases (N, 32) of tokens to (N, 5) in the order of ATTRIBUTES.

    density: note-ons; register: mean MIDI pitch of the onsets; range: semitones from lowest to highest;
    syncopation: 0 where the onsets take the metrically strongest places that so many notes can take, 1 the weakest;
    step_size: mean |interval| in semitones. Phrases without notes get zeros, and register 60.
    """
    onset = phrases >= FIRST_ON
    pitch = phrases.astype(np.float64) - FIRST_ON + LOWEST_PITCH
    count = onset.sum(1)
    some = np.maximum(count, 1)
    register = np.where(count > 0, (pitch * onset).sum(1) / some, 60.0)
    high = np.where(onset, pitch, -np.inf).max(1, initial=-np.inf)
    low = np.where(onset, pitch, np.inf).min(1, initial=np.inf)
    spread = np.where(count > 0, high - low, 0.0)
    return np.stack([count, register, spread, _syncopation(onset), _step_sizes(phrases, onset, pitch)], axis=1)


def _syncopation(onset: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Between the least and the greatest lack of weight that as many onsets can have.

    The plain mean over the onsets would mostly measure how many notes there are (rank correlation .82 on the corpus,
    this one -.21).
    """
    lack = np.tile(METRICAL_LACK, onset.shape[1] // len(METRICAL_LACK))
    ordered = np.sort(lack)
    count = onset.sum(1)
    least = np.concatenate([[0], np.cumsum(ordered)])[count]
    greatest = np.concatenate([[0], np.cumsum(ordered[::-1])])[count]
    share: NDArray[np.float64] = ((onset * lack).sum(1) - least) / np.maximum(greatest - least, 1)
    return share


def _step_sizes(
    phrases: NDArray[np.uint8], onset: NDArray[np.bool_], pitch: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean absolute interval between successive onsets of each phrase."""
    places = np.where(onset, np.arange(phrases.shape[1]), -1)
    latest = np.maximum.accumulate(places, axis=1)
    before = np.concatenate([np.full((len(phrases), 1), -1), latest[:, :-1]], axis=1)
    follows = onset & (before >= 0)
    previous = np.take_along_axis(pitch, np.maximum(before, 0), axis=1)
    total = (np.abs(pitch - previous) * follows).sum(1)
    sizes: NDArray[np.float64] = total / np.maximum(follows.sum(1), 1)
    return sizes


def quantile_table(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, A) attribute values to their (129, A) quantiles, evenly spaced in probability."""
    table: NDArray[np.float64] = np.quantile(values, np.linspace(0, 1, _QUANTILES), axis=0)
    return table


def gaussian_rank(values: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, A) values to the standard normal score of their rank in `table`; ties get their middle rank."""
    grid = np.linspace(0, 1, len(table))
    ranks = np.empty_like(values)
    for a in range(values.shape[1]):
        column = table[:, a]
        left = np.interp(values[:, a], *_steps(column, grid, first=True))
        right = np.interp(values[:, a], *_steps(column, grid, first=False))
        ranks[:, a] = (left + right) / 2
    scores: NDArray[np.float64] = _INVERSE_NORMAL(np.clip(ranks, 0.004, 0.996))
    return scores


def _steps(
    column: NDArray[np.float64], grid: NDArray[np.float64], *, first: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distinct values of a quantile column with the first or last probability each is reached at."""
    if first:
        distinct, index = np.unique(column, return_index=True)
        return distinct, grid[index]
    distinct, index = np.unique(column[::-1], return_index=True)
    return distinct, grid[::-1][index]


_INVERSE_NORMAL = np.vectorize(NormalDist().inv_cdf, otypes=[np.float64])
