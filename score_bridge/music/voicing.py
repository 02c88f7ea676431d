"""Chords laid out on a keyboard, each as near to the one before as it can be."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

LOWEST, HIGHEST = 48, 72
"""Where the tones of a chord lie: between the bass and most melodies."""
CENTRE = 60
WIDEST = 16
"""Semitones from the lowest to the highest tone."""


@lru_cache(maxsize=1024)
def voice_chord(classes: tuple[int, ...], before: tuple[int, ...]) -> tuple[int, ...]:
    """Return MIDI pitches, rising, one of each pitch class 0..11, that move least from those before.

    Without any before, those nearest to the middle of the range.
    """
    choices = [[pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 == one] for one in classes]
    layouts = [tuple(sorted(layout)) for layout in product(*choices)]
    fitting = [layout for layout in layouts if layout[-1] - layout[0] <= WIDEST]
    return min(fitting, key=lambda layout: (_effort(layout, before), layout))


def _effort(layout: Sequence[int], before: Sequence[int]) -> float:
    """Semitones from each tone to the nearest one before, and back, and a little for being wide or far off."""
    alone = 0.2 * abs(sum(layout) / len(layout) - CENTRE) + 0.1 * (layout[-1] - layout[0])
    if not before:
        return alone
    there = sum(min(abs(pitch - other) for other in before) for pitch in layout)
    back = sum(min(abs(pitch - other) for pitch in layout) for other in before)
    return there + back + alone
