"""Chords as values: a root and a quality, and the numbers that the chord model knows them by."""

from collections.abc import Sequence
from typing import NamedTuple

QUALITIES = (
    "major", "minor", "seventh", "minor seventh", "major seventh", "sixth", "diminished", "augmented",
)  # fmt: skip
SEMITONES = (
    (0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 4, 7, 9), (0, 3, 6, 9), (0, 4, 8),
)  # fmt: skip
"""The tones of each quality above the root."""
HALF_BAR = 8
"""Steps that a chord lasts at least."""
COUNT = 12 * len(QUALITIES)
NO_CHORD = COUNT
_SIGNS = ("", "m", "7", "m7", "maj7", "6", "dim7", "aug")
_ROOTS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Chord(NamedTuple):
    """A root, a pitch class 0..11, and a quality, an index into QUALITIES."""

    root: int
    quality: int

    @property
    def number(self) -> int:
        """0..95."""
        return self.root * len(QUALITIES) + self.quality

    @property
    def tones(self) -> tuple[int, ...]:
        """Its pitch classes, the root first."""
        return tuple((self.root + tone) % 12 for tone in SEMITONES[self.quality])

    @property
    def name(self) -> str:
        """As musicians write it, such as D#m7."""
        return _ROOTS[self.root] + _SIGNS[self.quality]

    def moved(self, semitones: int) -> "Chord":
        """The chord that is so many semitones higher."""
        return Chord((self.root + semitones) % 12, self.quality)


def chord_of(number: int) -> Chord:
    """Return the chord with this number, 0..95."""
    return Chord(*divmod(number, len(QUALITIES)))


def quality_of(semitones: Sequence[int]) -> int:
    """Return the quality that pitch classes above a root (0..11) are most like: that with fewest tones amiss."""
    there = set(semitones) | {0}
    amiss = [(len(set(tones) - there) * 2 + len(there - set(tones)), i) for i, tones in enumerate(SEMITONES)]
    return min(amiss)[1]
