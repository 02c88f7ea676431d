"""How a melody and its chords go together, counted: the same of lead sheets and of what is played."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from score_bridge.music.chords import HALF_BAR, NO_CHORD, chord_of
from score_bridge.music.tokens import FIRST_ON, LOWEST_PITCH, STEPS_PER_BAR, STEPS_PER_BEAT

STRONG, WEAK, OFF_BEAT = "beats 1, 3", "beats 2, 4", "off-beat"
Line = tuple[Sequence[int], Sequence[int]]
"""Tokens (T,), and the number of the chord of each step (T,), NO_CHORD where there is none."""


def chord_measures(lines: Sequence[Line]) -> dict[str, float]:
    """Return the shares of note-ons that are tones of their chord, by their place in the bar; chord changes a bar;
    tones a chord.
    """
    hits: dict[str, list[bool]] = {STRONG: [], WEAK: [], OFF_BEAT: []}
    changes, half_bars, sizes = 0, 0, list[int]()
    for tokens, chords in lines:
        for n, (token, number) in enumerate(zip(tokens, chords, strict=True)):
            if token >= FIRST_ON and number != NO_CHORD:
                hits[_place(n)].append((token - FIRST_ON + LOWEST_PITCH) % 12 in chord_of(number).tones)
        known = [number for number in chords[::HALF_BAR] if number != NO_CHORD]
        sizes += [len(chord_of(number).tones) for number in known]
        changes += sum(a != b for a, b in pairwise(known)) + bool(known)
        half_bars += len(known)
    shares = {f"chord tones on {name}": float(np.mean(found)) if found else 0.0 for name, found in hits.items()}
    return {
        **shares,
        "chord changes a bar": 2 * changes / max(half_bars, 1),
        "tones a chord": float(np.mean(sizes)) if sizes else 0.0,
    }


def _place(n: int) -> str:
    if n % STEPS_PER_BEAT:
        return OFF_BEAT
    return STRONG if n % (STEPS_PER_BAR // 2) == 0 else WEAK
