"""What goes into the chord network and comes out of it, the same where it learns and where it plays.

Everything is told relative to the key's tonic. A step of this network is a half bar.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.chords import COUNT, NO_CHORD
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, OFF

Floats = NDArray[np.float32]

PLACES = 16
"""Half bars of eight bars."""
FAR = 8
"""Half bars to the last chord from which on the end is far, or not known."""
CLASSES = 12
BEFORE = COUNT + 1
GIVEN = BEFORE + CLASSES + PLACES + 1 + FAR + 1
"""What is given of a half bar before its first note: the chord before it, the melody of the half bar before, its
place, the mode, how far the end is."""
MODE = BEFORE + CLASSES + PLACES
"""Where the mode stands in it."""
NOW = CLASSES + 1
"""What is given of its first note: its pitch class, or that there is none."""


class Sizes(NamedTuple):
    """hidden: units of the recurrent layer."""

    hidden: int = 96


class HalfBar(NamedTuple):
    """What a half bar's chord follows, relative to the tonic.

    chord: the number before, NO_CHORD at the begin; melody: (12,) sixteenths that each pitch class sounded in the
    half bar before; place: 0..15; minor: the mode; left: half bars to the last chord, FAR and above where it is far
    or not known; first: the pitch class that sounds as it begins, None in a rest.
    """

    chord: int
    melody: Floats
    place: int
    minor: bool
    left: int
    first: int | None

    def given(self) -> Floats:
        """(GIVEN,)."""
        given = np.zeros(GIVEN, np.float32)
        given[self.chord] = 1.0
        given[BEFORE : BEFORE + CLASSES] = self.melody / 8
        given[BEFORE + CLASSES + self.place % PLACES] = 1.0
        given[MODE] = float(self.minor)
        given[BEFORE + CLASSES + PLACES + 1 + min(self.left, FAR)] = 1.0
        return given

    def now(self) -> Floats:
        """(NOW,)."""
        now = np.zeros(NOW, np.float32)
        now[CLASSES if self.first is None else self.first] = 1.0
        return now


def moved(number: int, semitones: int) -> int:
    """Return the number of a chord that is so many semitones higher; of none, none."""
    return number if number == NO_CHORD else (number + semitones % 12 * (COUNT // 12)) % COUNT


def sounding_classes(tokens: NDArray[np.uint8], before: int | None = None) -> list[int | None]:
    """Return the pitch class 0..11 that sounds at each step, None in rests; before: that of the step before."""
    found: list[int | None] = []
    now = before
    for token in tokens.tolist():
        if token >= FIRST_ON:
            now = (token - FIRST_ON + LOWEST_PITCH) % 12
        elif token == OFF:
            now = None
        else:
            assert token == HOLD
        found.append(now)
    return found
