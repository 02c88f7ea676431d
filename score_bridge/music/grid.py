"""Notes in beats to tokens on the sixteenth grid: the highest voice, the nearest step."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    OFF,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    note_on,
)

Tokens = NDArray[np.uint8]
TIME_TOLERANCE = 1e-3
_LEGATO = 0.125  # an overlap of at most half a step is legato, not polyphony
_QUARTERS = STEPS_PER_BAR / STEPS_PER_BEAT


@dataclass(frozen=True)
class BeatNote:
    """A sounding note: onset and end in quarter lengths from the start of its part, MIDI pitch."""

    onset: float
    end: float
    pitch: int


@dataclass(frozen=True)
class Stretch:
    """Consecutive bars of one metre. `origin` is where step 0 lies; what sounds lies in start..end (quarters)."""

    origin: float
    start: float
    end: float
    metre: int

    @property
    def steps(self) -> int:
        """Its length in steps: whole bars of 16."""
        bars = (self.end - self.origin - TIME_TOLERANCE) / _QUARTERS
        return (floor(bars) + 1) * STEPS_PER_BAR


def skyline(notes: Sequence[BeatNote]) -> list[BeatNote]:
    """The highest voice: a higher onset cuts what sounds, a lower one under a sounding higher note is ignored."""
    line: list[BeatNote] = []
    for note in sorted(notes, key=lambda note: (note.onset, -note.pitch)):
        last = line[-1] if line else None
        if last is not None and note.onset < last.end - _LEGATO:
            if note.pitch <= last.pitch:
                continue
            line[-1] = BeatNote(last.onset, note.onset, last.pitch)
        line.append(note)
    return line


def tokens(notes: Sequence[BeatNote], stretch: Stretch) -> Tokens:
    """The tokens of a stretch. Of two notes that round to one step, the one nearer to it stays."""
    line = np.zeros(stretch.steps, dtype=np.uint8)
    inside = [note for note in notes if stretch.start - TIME_TOLERANCE <= note.onset < stretch.end - TIME_TOLERANCE]
    taken: dict[int, tuple[float, BeatNote]] = {}
    for note in skyline(inside):
        place = (note.onset - stretch.origin) * STEPS_PER_BEAT
        step = floor(place + 0.5 + TIME_TOLERANCE)
        error = abs(place - step)
        if step < len(line) and (step not in taken or error < taken[step][0] - TIME_TOLERANCE):
            taken[step] = (error, note)
    for step in sorted(taken):
        note = taken[step][1]
        end = floor((min(note.end, stretch.end) - stretch.origin) * STEPS_PER_BEAT + 0.5 + TIME_TOLERANCE)
        if max(end, step + 1) < len(line):
            line[max(end, step + 1)] = OFF
            line[step + 1 : max(end, step + 1)] = 0
        line[step] = note_on(_in_range(note.pitch))
    return line


def _in_range(pitch: int) -> int:
    """Move a pitch by octaves into 21..108."""
    while pitch < LOWEST_PITCH:
        pitch += 12
    while pitch > HIGHEST_PITCH:
        pitch -= 12
    return pitch
