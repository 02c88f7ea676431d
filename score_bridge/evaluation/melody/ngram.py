"""An n-gram model of melodies: the fewer nats a phrase costs, the more usual it is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, VOCABULARY
from score_bridge.training.melody.phrase_library import TRANSPOSE

Symbols = NDArray[np.int64]

LEAST_CHANCE = 1e-7
_INTERVALS = 13
_LENGTHS = np.array([1, 2, 3, 4, 6, 8, 12, 16])
EVENTS = (2 * _INTERVALS + 1) * len(_LENGTHS)


class NGram:
    """Counts of `order` symbols in a row, smoothed by the shorter ones (Witten & Bell 1991); the start is one."""

    def __init__(self, sequences: Sequence[Symbols], size: int, order: int) -> None:
        self.size, self.order = size, order
        padded = np.concatenate([self._padded(sequence) for sequence in sequences])
        windows = np.lib.stride_tricks.sliding_window_view(padded, order)
        known = windows[windows[:, -1] != size]
        counts = np.bincount(self._places(known), minlength=(size + 1) ** order).astype(np.float64)
        self.chances = _smoothed(counts.reshape((size + 1,) * order))

    def cost(self, sequence: Symbols) -> NDArray[np.float64]:
        """Nats of every symbol of a sequence (T,), given those before."""
        if len(sequence) == 0:
            return np.zeros(0)
        windows = np.lib.stride_tricks.sliding_window_view(self._padded(sequence), self.order)
        nats: NDArray[np.float64] = -np.log(np.maximum(self.chances.ravel()[self._places(windows)], LEAST_CHANCE))
        return nats

    def _padded(self, sequence: Symbols) -> Symbols:
        return np.concatenate([np.full(self.order - 1, self.size, np.int64), sequence.astype(np.int64)])

    def _places(self, windows: Symbols) -> Symbols:
        """Index in the table of every symbol with its context, (T, order)."""
        places: Symbols = np.ravel_multi_index(tuple(windows.T), (self.size + 1,) * self.order).astype(np.int64)
        return places


def _smoothed(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances of the last symbol given the ones before, each context trusted by its kinds of followers."""
    if counts.ndim == 1:
        unigram: NDArray[np.float64] = (counts + 0.5) / (counts + 0.5).sum()
        return unigram
    shorter = _smoothed(counts.sum(0))
    total = counts.sum(-1, keepdims=True)
    kinds = np.maximum((counts > 0).sum(-1, keepdims=True), 1)
    chances: NDArray[np.float64] = (counts + kinds * shorter) / (total + kinds)
    return chances


def token_trigram(lines: Sequence[NDArray[np.uint8]]) -> NGram:
    """Trigram of tokens, learned in every key within half an octave."""
    return NGram([moved for line in lines for moved in _keys(line)], VOCABULARY, 3)


def event_bigram(lines: Sequence[NDArray[np.uint8]]) -> NGram:
    """Bigram of notes as intervals with lengths, which penalizes a wrong leap where a token trigram sees a hold."""
    return NGram([events(line) for line in lines], EVENTS, 2)


def events(tokens: NDArray[np.uint8]) -> Symbols:
    """Tokens (T,) to one symbol a note but the first: interval from the note before, and steps since it began."""
    at = np.flatnonzero(tokens >= FIRST_ON)
    leaps = np.clip(np.diff(tokens[at].astype(np.int64)), -_INTERVALS, _INTERVALS) + _INTERVALS
    lengths = np.searchsorted(_LENGTHS, np.diff(at), side="right") - 1
    symbols: Symbols = (leaps * len(_LENGTHS) + lengths).astype(np.int64)
    return symbols


def mean_cost(model: NGram, phrases: NDArray[np.uint8], *, of_events: bool = False) -> float:
    """Nats a symbol over phrases (N, T); nan where there is no symbol at all."""
    costs = [model.cost(events(p) if of_events else p.astype(np.int64)) for p in phrases]
    joined = np.concatenate(costs)
    return float(joined.mean()) if len(joined) else float("nan")


def _keys(line: NDArray[np.uint8]) -> list[Symbols]:
    on = line >= FIRST_ON
    shifts = range(-TRANSPOSE, TRANSPOSE + 1)
    moved = [np.where(on, line.astype(np.int64) + shift, line) for shift in shifts]
    return [m for m in moved if not on.any() or FIRST_ON <= m[on].min() <= m[on].max() < VOCABULARY]
