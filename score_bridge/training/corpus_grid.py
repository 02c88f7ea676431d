"""From notes and bars to lines: bars that make sense, the highest voice, the sixteenth grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from score_bridge.music.tokens import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    OFF,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    note_on,
)
from score_bridge.training.corpus_types import TIME_TOLERANCE, Bar, Line, Note, Piece, Tokens, Voice

_METRES = {(4, 4): 44, (2, 2): 22, (2, 4): 24}
_LEGATO = 0.125  # an overlap of at most half a step is legato, not polyphony
_QUARTERS = STEPS_PER_BAR / STEPS_PER_BEAT


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


def grid_piece(name: str, title: str, voices: Sequence[Voice]) -> Piece:
    """Put the voices of a piece on the grid."""
    lines = tuple(
        Line(tokens(voice.notes, stretch), stretch.metre) for voice in voices for stretch in stretches(voice.bars)
    )
    other = sum(bar.metre not in _METRES for voice in voices for bar in voice.bars)
    return Piece(name, title, lines, other)


def stretches(bars: Sequence[Bar]) -> list[Stretch]:
    """Group bars into stretches of 4/4, 2/2, or 2/4 in pairs; pick-ups stand at the end of their bar.

    A short bar ends a stretch unless the next one completes it; a bar that is too long belongs to none.
    """
    found: list[Stretch] = []
    run: list[Bar] = []
    for bar in _joined(bars):
        fits = bar.metre in _METRES and bar.length <= bar.full + TIME_TOLERANCE
        short = bar.length < bar.full - TIME_TOLERANCE
        if run and not (fits and bar.metre == run[-1].metre and not bar.pickup):
            found.append(_stretch(run))
            run = []
        if fits:
            run.append(bar)
        if len(run) > 1 and short:
            found.append(_stretch(run))
            run = []
    return [*found, _stretch(run)] if run else found


def _joined(bars: Sequence[Bar]) -> list[Bar]:
    """Join a short bar to a short one that completes it, as at a repeat sign in mid-bar."""
    joined: list[Bar] = []
    for bar in bars:
        last = joined[-1] if joined else None
        completes = (
            last is not None
            and last.metre == bar.metre
            and max(last.length, bar.length) < bar.full - TIME_TOLERANCE
            and abs(last.length + bar.length - bar.full) < TIME_TOLERANCE
        )
        if last is not None and completes:
            joined[-1] = Bar(last.start, bar.full, bar.metre)
        else:
            joined.append(bar)
    return joined


def _stretch(run: Sequence[Bar]) -> Stretch:
    """Lay out bars of one metre; a short first bar ends where a full one would, and pairs of 2/4 start after it."""
    first, last = run[0], run[-1]
    missing = max(first.full - first.length, 0.0)
    paired = _METRES[first.metre] == 24 and missing > TIME_TOLERANCE
    origin = first.start - missing - (first.full if paired else 0.0)
    return Stretch(origin, first.start, last.end, _METRES[first.metre])


def skyline(notes: Sequence[Note]) -> list[Note]:
    """The highest voice: a higher onset cuts what sounds, a lower one under a sounding higher note is ignored."""
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.onset, -note.pitch)):
        last = line[-1] if line else None
        if last is not None and note.onset < last.end - _LEGATO:
            if note.pitch <= last.pitch:
                continue
            line[-1] = Note(last.onset, note.onset, last.pitch)
        line.append(note)
    return line


def tokens(notes: Sequence[Note], stretch: Stretch) -> Tokens:
    """The tokens of a stretch. Of two notes that round to one step, the one nearer to it stays."""
    line = np.zeros(stretch.steps, dtype=np.uint8)
    inside = [note for note in notes if stretch.start - TIME_TOLERANCE <= note.onset < stretch.end - TIME_TOLERANCE]
    taken: dict[int, tuple[float, Note]] = {}
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
