"""How accompaniments move: the figures of chords and bass lines, open tables of what begins where in a bar.

A level says how busy one is: 0 is nearly still, 3 is busiest.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Strike(NamedTuple):
    """The chord begins at a step of the bar, for `steps`; tone: which of its tones alone, or None for all."""

    at: int
    steps: int
    tone: int | None = None


class BassNote(NamedTuple):
    """A note begins at a step of the bar, for `steps`, on a degree of the chord."""

    at: int
    steps: int
    degree: str = "root"


def _all(*places: tuple[int, int]) -> tuple[Strike, ...]:
    return tuple(Strike(at, steps) for at, steps in places)


def _one_by_one(every: int, order: tuple[int, ...]) -> tuple[Strike, ...]:
    return tuple(Strike(at, every, order[at // every % len(order)]) for at in range(0, 16, every))


CHORD_FIGURES: Mapping[str, tuple[tuple[tuple[Strike, ...], ...], ...]] = MappingProxyType(
    {
        "pulse": (
            (_all((0, 8), (8, 8)),),
            (_all((0, 4), (4, 4), (8, 4), (12, 4)), _all((4, 4), (12, 4))),
            (_all((2, 2), (6, 2), (10, 2), (14, 2)), _all((0, 3), (4, 3), (8, 3), (12, 3))),
            (_all(*((at, 2) for at in range(0, 16, 2))),),
        ),
        "arpeggio": (
            (_one_by_one(4, (0, 1, 2, 1)),),
            (_one_by_one(4, (0, 2, 1, 2)), _one_by_one(2, (0, 1, 2, 3, 2, 1, 2, 1))),
            (_one_by_one(2, (0, 2, 1, 2)), _one_by_one(2, (0, 1, 2, 3))),
            (_one_by_one(1, (0, 1, 2, 3, 2, 1)), _one_by_one(2, (0, 3, 1, 2))),
        ),
        "comping": (
            (_all((0, 6)), _all((0, 6), (8, 6))),
            (_all((0, 5), (6, 2)), _all((4, 2), (14, 2)), _all((0, 3), (10, 5))),
            (_all((0, 2), (3, 2), (10, 4)), _all((2, 2), (6, 3), (12, 2)), _all((0, 2), (6, 2), (10, 2))),
            (_all((0, 2), (3, 2), (6, 2), (10, 2), (13, 2)), _all((2, 1), (4, 2), (7, 2), (10, 2), (14, 1))),
        ),
    }
)
"""By figure and level, patterns of a bar. A pad has none: it begins with each chord and lasts as long."""

BASS_LINES: tuple[tuple[tuple[BassNote, ...], ...], ...] = (
    ((BassNote(0, 16),),),
    ((BassNote(0, 7), BassNote(8, 7, "fifth")), (BassNote(0, 6), BassNote(6, 2), BassNote(8, 7, "fifth"))),
    (
        (BassNote(0, 4), BassNote(4, 4, "third"), BassNote(8, 4, "fifth"), BassNote(12, 4, "top")),
        (BassNote(0, 3), BassNote(3, 3), BassNote(6, 2, "fifth"), BassNote(8, 5), BassNote(14, 2, "top")),
    ),
    (
        tuple(BassNote(at, 2, "octave" if at % 4 else "root") for at in range(0, 16, 2)),
        (
            BassNote(0, 2), BassNote(3, 2), BassNote(6, 2, "octave"), BassNote(8, 2), BassNote(10, 2, "fifth"),
            BassNote(12, 2, "octave"), BassNote(14, 2, "top"),
        ),
    ),
)  # fmt: skip
"""By level, patterns of a bar. Where a chord begins the bass is on its root, whatever the pattern has."""
