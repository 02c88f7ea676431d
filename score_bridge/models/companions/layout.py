"""What the companion network is given of a step, the same where it learns and where it plays.

A quartet has four parts: the lead and three companions, which decide one after the other in each step, the lowest
first. All pitches are relative to the key, moved by -6..5 semitones so that its tonic is C. What is given is a set of
rows of one table, whose sum enters the network.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.chords import COUNT
from score_bridge.music.tokens import FIRST_ON, HIGHEST_PITCH, HOLD, LOWEST_PITCH, OFF, STEPS_PER_BAR

Whole = NDArray[np.int64]

PARTS = 4
LEAD, SECOND, VIOLA, CELLO = range(PARTS)
ORDER = (CELLO, VIOLA, SECOND)
"""The companions as they decide in a step."""
PITCHES = HIGHEST_PITCH - LOWEST_PITCH + 1
SILENT, UNKNOWN = PITCHES, PITCHES + 1
"""Where a pitch would stand: that none sounds, that it is not to be known."""
HELD, ENDED, BEGUN, UNDECIDED = range(4)
"""What a part does in a step."""
OLDEST = 33
"""Steps after which a note, or a rest, grows no older."""
ACTIVITY = (0, 1, 2, 3, 4, 5, 6, 8, 10, 13)
"""The least note-ons in a bar of each kind of activity."""
ANY_ACTIVITY = len(ACTIVITY)
_CLASSES = 14
_COLUMNS = (
    PARTS, STEPS_PER_BAR, COUNT + 1, OLDEST, len(ACTIVITY) + 1,
    *[PITCHES + 2] * PARTS, *[4] * PARTS, *[PITCHES + 2] * PARTS, *[_CLASSES] * PARTS,
)  # fmt: skip
"""How many kinds each of the things has that are given."""
_STARTS = np.cumsum([0, *_COLUMNS[:-1]])
ROWS = sum(_COLUMNS)
COLUMNS = len(_COLUMNS)
_OF_PARTS = COLUMNS - 4 * PARTS
BEFORE, MOVES, NOW, CLASSES = (slice(_OF_PARTS + i * PARTS, _OF_PARTS + (i + 1) * PARTS) for i in range(4))
"""The columns of parts: what sounded before the step, what they do in it, what sounds in it, as a pitch class too."""


class Sizes(NamedTuple):
    """given: numbers that the table's rows hold; hidden: units of the recurrent layer."""

    given: int = 128
    hidden: int = 192


class Given(NamedTuple):
    """What is given of one step of a part, or of as many (...) as the arrays have.

    part: whose step it is; place: in the bar; chord: its number relative to the tonic, COUNT where none is told; age:
    steps since the part's last change; activity: an index into ACTIVITY, or ANY_ACTIVITY; parts: (..., 3, 4) for each
    part what sounded before the step (0..87, SILENT or UNKNOWN), what it does, and what sounds in it.
    """

    part: Whole | int
    place: Whole | int
    chord: Whole | int
    age: Whole | int
    activity: Whole | int
    parts: Whole

    def rows(self) -> Whole:
        """The rows (..., COLUMNS) of the table."""
        before, moves, now = (self.parts[..., i, :] for i in range(3))
        classes = np.where(now < PITCHES, (now + LOWEST_PITCH) % 12, now - PITCHES + 12)
        age = np.minimum(self.age, OLDEST - 1)
        single = np.stack([np.asarray(x) for x in (self.part, self.place, self.chord, age, self.activity)], -1)
        rows: Whole = np.concatenate([single, before, moves, now, classes], -1) + _STARTS
        return rows


def unknown_rows(part: int) -> Whole:
    """Return what stands in the columns BEFORE, MOVES, NOW and CLASSES of a part that is not to be known, (4,)."""
    starts = _STARTS[_OF_PARTS:].reshape(4, PARTS)[:, part]
    rows: Whole = np.array([UNKNOWN, UNDECIDED, UNKNOWN, _CLASSES - 1]) + starts
    return rows


def activity_of(onsets: float) -> int:
    """Return the kind of activity of a bar with so many note-ons."""
    return int(np.searchsorted(ACTIVITY, onsets, side="right") - 1)


def pitch_index(pitch: int | None) -> int:
    """Return where a sounding MIDI pitch stands, or that none does."""
    return SILENT if pitch is None else pitch - LOWEST_PITCH


def move_of(token: int) -> int:
    """Return what a part does that plays a token."""
    return {HOLD: HELD, OFF: ENDED}.get(token, BEGUN)


def into_key(tonic: int) -> int:
    """Return by how many semitones, -6..5, music with that tonic is moved to be in C."""
    return -((tonic + 6) % 12 - 6)


def moved_tokens(tokens: NDArray[np.uint8], semitones: int) -> NDArray[np.uint8]:
    """Return tokens so many semitones higher; what would be out of range goes by octaves."""
    pitches = tokens.astype(np.int64) + semitones
    pitches[pitches < FIRST_ON] += 12
    pitches[pitches > FIRST_ON + PITCHES - 1] -= 12
    return np.where(tokens >= FIRST_ON, pitches, tokens).astype(np.uint8)
