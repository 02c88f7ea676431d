"""How the voices of an ensemble go together, on films: chords under the lead, bass under chords, drums with motion.

Every harmonic figure stands beside its rivals: the same voices against each other out of time, and against those of
another film. What tells music from these is what the voices know of each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.statistics import spearman
from score_bridge.music.chord_measures import STRONG, chord_measures
from score_bridge.music.chords import HALF_BAR, NO_CHORD, chord_of
from score_bridge.music.tokens import STEPS_PER_BAR

Figures = dict[str, float]

SHIFTS = (3, 5, 7, 11)
"""Half bars by which chords are moved against lead and bass."""


@dataclass(frozen=True)
class Played:
    """What an ensemble played of a film, T steps.

    tokens: the lead's; chords: numbers, as the lead is written; bass: (onset, pitch) as the lead is written; hits:
    how many drum sounds began in each step; motion: of the picture, 0..1.
    """

    tokens: NDArray[np.uint8]
    chords: NDArray[np.int64]
    bass: tuple[tuple[int, int], ...]
    hits: NDArray[np.int64]
    motion: NDArray[np.float64]


def measure_ensemble(played: Sequence[Played], other: Sequence[Played]) -> Mapping[str, Figures]:
    """Return figures of what was played (the same film by several seeds), of it out of time, and with another film's
    chords and bass: {"film", "out of time", "another film": figures}.
    """
    late = [_moved(one, shift * HALF_BAR) for one in played for shift in SHIFTS]
    foreign = [_beside(one, another) for one in played for another in other]
    found = {"film": _figures(played), "out of time": _figures(late)}
    found["film"]["drums with motion (Spearman)"] = float(np.mean([_with_motion(one) for one in played]))
    return {**found, "another film": _figures(foreign)} if foreign else found


def _figures(lines: Sequence[Played]) -> Figures:
    measured = chord_measures([(one.tokens.tolist(), one.chords.tolist()) for one in lines])
    return {**measured, **_bass(lines)}


def _bass(lines: Sequence[Played]) -> Figures:
    """Shares of bass notes that are the root, or any tone, of their chord; of chords that begin with their root; mean
    semitones from note to note.
    """
    roots, tones, begun, moves = list[bool](), list[bool](), list[bool](), list[int]()
    for one in lines:
        begins = set(np.flatnonzero(np.diff(one.chords, prepend=NO_CHORD)).tolist())
        for at, pitch in one.bass:
            if one.chords[at] != NO_CHORD:
                chord = chord_of(int(one.chords[at]))
                roots.append(pitch % 12 == chord.root)
                tones.append(pitch % 12 in chord.tones)
                if at in begins:
                    begun.append(pitch % 12 == chord.root)
        moves += [abs(after - before) for (_, before), (_, after) in pairwise(one.bass)]
    named = {"bass on the root": roots, "bass on a chord tone": tones, "chords begun by their root": begun}
    shares = {name: float(np.mean(found)) if found else 0.0 for name, found in named.items()}
    return {**shares, "bass semitones a move": float(np.mean(moves)) if moves else 0.0}


def _with_motion(one: Played) -> float:
    """Rank correlation of hits and motion, both over bars."""
    bars = len(one.hits) // STEPS_PER_BAR * STEPS_PER_BAR
    hits, motion = (x[:bars].reshape(-1, STEPS_PER_BAR).mean(1) for x in (one.hits, one.motion))
    return spearman(hits, motion)


def _moved(one: Played, steps: int) -> Played:
    """The lead and the bass as they are, over chords that come so many steps later; what is left over comes first."""
    return replace(one, chords=np.roll(one.chords, steps))


def _beside(one: Played, other: Played) -> Played:
    """One film's lead and bass over the chords of another."""
    count = min(len(one.tokens), len(other.tokens))
    bass = tuple(note for note in one.bass if note[0] < count)
    return replace(one, tokens=one.tokens[:count], chords=other.chords[:count], bass=bass)


def margin(found: Mapping[str, Figures], rival: str) -> float:
    """By how much more of the lead's notes on beats 1 and 3 are chord tones than beside a rival."""
    name = f"chord tones on {STRONG}"
    return found["film"][name] - found[rival][name]
