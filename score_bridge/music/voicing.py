"""Chords laid out on a keyboard, each as near to the one before as it can be."""

from collections.abc import Sequence
from itertools import product

LOWEST, HIGHEST = 48, 72
"""Where the tones of a chord lie: between the bass and most melodies."""
CENTRE = 60
WIDEST = 16
"""Semitones from the lowest to the highest tone."""


def voice_chord(classes: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
    """Return MIDI pitches, rising, one of each pitch class 0..11, that move least from those before.

    Without any before, those nearest to the middle of the range.
    """
    choices = [[pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 == one] for one in classes]
    layouts = [tuple(sorted(layout)) for layout in product(*choices)]
    fitting = [layout for layout in layouts if layout[-1] - layout[0] <= WIDEST]
    return min(fitting, key=lambda layout: (_effort(layout, before), layout))


def _effort(layout: Sequence[int], before: Sequence[int]) -> float:
    """Semitones that all voices move, and a little for how far the chord is from the middle."""
    centre = 0.2 * abs(sum(layout) / len(layout) - CENTRE)
    if not before:
        return centre
    return sum(min(abs(pitch - other) for other in before) for pitch in layout) + centre
