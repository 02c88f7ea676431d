"""Keys: which tokens a scale and a range allow, and which key a melody is in."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, OFF, VOCABULARY
from score_bridge.wire.controls import Root, Scale

ROOTS: Final[dict[str, int]] = {"free": 0} | {name: i for i, name in enumerate(get_args(Root)[1:])}
SCALES: Final[dict[str, tuple[int, ...]]] = {
    "free": tuple(range(12)),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
}

# Probe-tone ratings from Krumhansl & Kessler 1982 (Psychological Review 89, 334-368), used to find keys as in
# Krumhansl 1990, Cognitive Foundations of Musical Pitch, chapter 4 (the Krumhansl-Schmuckler algorithm).
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@lru_cache(maxsize=1024)
def allowed_tokens(root: Root, scale: Scale, lowest: int, highest: int, transpose: int) -> NDArray[np.bool_]:
    """Return which of the 90 tokens may be drawn: shape (90,), read-only. Hold and off always may.

    A note-on may if what sounds (its pitch + `transpose` semitones) lies within `lowest`..`highest` and in the scale
    on `root` ("free" counts as C). Where no pitch does, only hold and off remain: the stream rests.
    """
    sounding = np.arange(VOCABULARY) - FIRST_ON + LOWEST_PITCH + transpose
    in_scale = np.isin((sounding - ROOTS[root]) % 12, SCALES[scale])
    allowed = in_scale & (sounding >= lowest) & (sounding <= highest)
    allowed[[HOLD, OFF]] = True
    allowed.flags.writeable = False
    return allowed


def key_of(
    pitches: Sequence[int], durations: Sequence[float] | None = None
) -> tuple[int, Literal["major", "minor"], float]:
    """Return (root 0..11 from C, mode, strength) of the key that fits MIDI `pitches` best.

    `durations` weigh them (any unit, one a pitch; all alike by default). Strength is the correlation with that key's
    profile, 0..1; with no notes, or all twelve pitch classes alike, it is 0 and the key C major.
    """
    weights = np.bincount(np.asarray(pitches, dtype=np.int64) % 12, weights=durations, minlength=12).astype(float)
    if np.ptp(weights) < 1e-9 * max(float(weights.max()), 1.0):
        return 0, "major", 0.0
    turned = np.array([np.roll(profile, root) for profile in (_MAJOR, _MINOR) for root in range(12)])
    fits = np.corrcoef(weights, turned)[0, 1:]
    best = int(np.argmax(fits))
    return best % 12, "major" if best < 12 else "minor", float(fits[best])
