"""How several lines go together, counted: the same of quartets and of what is played."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, STEPS_PER_BAR, STEPS_PER_BEAT

LEAP = 7
"""Semitones: a move by more is a leap."""
ROUGH = (1, 2, 6, 10, 11)
"""Interval classes that are dissonant: seconds, sevenths, the tritone."""
PERFECT = (0, 7)


@dataclass(frozen=True)
class Parts:
    """Lines that sound together, the highest first: tokens (V, T), and the MIDI pitches that sound, -1 for none."""

    tokens: NDArray[np.uint8]
    pitches: NDArray[np.int64]

    @classmethod
    def of(cls, tokens: NDArray[np.uint8]) -> "Parts":
        """Find what sounds at each step of tokens (V, T)."""
        changes = np.where(tokens == HOLD, 0, np.arange(tokens.shape[1]))
        last = np.take_along_axis(tokens, np.maximum.accumulate(changes, 1), 1).astype(np.int64)
        return cls(tokens, np.where(last >= FIRST_ON, last - FIRST_ON + LOWEST_PITCH, -1))

    @property
    def onsets(self) -> NDArray[np.bool_]:
        """Where notes begin, (V, T)."""
        found: NDArray[np.bool_] = np.greater_equal(self.tokens, FIRST_ON)
        return found


def part_measures(pieces: Sequence[Parts]) -> dict[str, float]:
    """Return, over all pieces: note-ons a bar of each lower part; the share of the lead's note-ons that each strikes
    with; leaps among a part's moves; steps in which a lower part is above a higher one; parallel fifths and octaves
    among the moves of two parts; rough intervals among those of two parts on beats.
    """
    found: dict[str, float] = {}
    for part in range(1, len(pieces[0].tokens)):
        found[f"onsets a bar, part {part + 1}"] = _share([one.onsets[part] for one in pieces]) * STEPS_PER_BAR
        found[f"with the lead, part {part + 1}"] = _share([one.onsets[part][one.onsets[0]] for one in pieces])
    found["leaps"] = _share([_leaps(one, part) for one in pieces for part in range(1, len(one.tokens))])
    found["crossings"] = _share([_crossings(one) for one in pieces])
    found["parallels"] = _share([parallel for one in pieces for parallel in _parallels(one)])
    found["rough intervals on beats"] = _share([_rough(one) for one in pieces])
    return found


def outer_intervals(pieces: Sequence[Parts]) -> NDArray[np.float64]:
    """Count the interval classes (12,) between the highest and the lowest part on beats."""
    counts = np.zeros(12)
    for one in pieces:
        high, low = one.pitches[0, ::STEPS_PER_BEAT], one.pitches[-1, ::STEPS_PER_BEAT]
        both = (high >= 0) & (low >= 0)
        counts += np.bincount((high - low)[both] % 12, minlength=12)
    return counts


def _leaps(one: Parts, part: int) -> NDArray[np.bool_]:
    leaps: NDArray[np.bool_] = np.greater(np.abs(np.diff(one.pitches[part][one.onsets[part]])), LEAP)
    return leaps


def _crossings(one: Parts) -> NDArray[np.bool_]:
    pairs = [(one.pitches[a], one.pitches[b]) for a, b in pairwise(range(len(one.pitches)))]
    return np.concatenate([(low > high)[(low >= 0) & (high >= 0)] for high, low in pairs])


def _parallels(one: Parts) -> list[NDArray[np.bool_]]:
    """For each two parts, of the steps in which both move to other pitches: whether a fifth or octave is kept."""
    found = []
    for high, low in combinations(one.pitches, 2):
        sounding = (high[1:] >= 0) & (high[:-1] >= 0) & (low[1:] >= 0) & (low[:-1] >= 0)
        both = sounding & (np.diff(high) != 0) & (np.diff(low) != 0)
        before, after = (high - low)[:-1][both] % 12, (high - low)[1:][both] % 12
        found.append((before == after) & np.isin(after, PERFECT))
    return found


def _rough(one: Parts) -> NDArray[np.bool_]:
    on_beats = one.pitches[:, ::STEPS_PER_BEAT]
    pairs = combinations(on_beats, 2)
    return np.concatenate([np.isin((high - low)[(high >= 0) & (low >= 0)] % 12, ROUGH) for high, low in pairs])


def _share(found: Sequence[NDArray[np.bool_]]) -> float:
    together = np.concatenate([*found, np.zeros(0, np.bool_)])
    return float(together.mean()) if len(together) else 0.0
