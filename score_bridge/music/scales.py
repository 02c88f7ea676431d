"""Which tokens a scale and a range allow."""

from functools import lru_cache
from typing import Final, get_args

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


def mode_of(scale: Scale) -> int:
    """0 where a scale is nearer to major, 1 where it is nearer to minor: by its third; free counts as major."""
    return int(3 in SCALES[scale] and 4 not in SCALES[scale])


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
