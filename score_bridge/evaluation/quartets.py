"""The companion model against quartets that it has not learned from: it is led by their first violins.

Every figure stands beside the quartets' own and those of rivals: the same lines out of time, and under the lead of
another quartet. Outer intervals are compared as distributions, by overlapped area (Yang & Lerch 2020).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.corpus.quartets import Quartet
from score_bridge.engine.band import NO_BAND, Lead, Players, play_band
from score_bridge.engine.companions import VOICES
from score_bridge.engine.drumming import Beat
from score_bridge.evaluation.music.histograms import overlap
from score_bridge.music.keys import KEY_NAMES, key_of
from score_bridge.music.part_measures import Parts, outer_intervals, part_measures
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, OFF, STEPS_PER_BAR, pitch_of
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Note, NoteOff

STEP_S = 0.125
MOTION = 0.5
"""As much as asks for five note-ons a bar: quartets have 4.0 to 4.9."""
KNOWN_STEPS = 128
LATE_BARS = (3, 5)
"""Bars by which companions are moved against the lead."""
QUARTET = Controls(ensemble="quartet")


def evaluate_quartets(
    players: Players, quartets: Sequence[Quartet], bars: int, progress: Callable[[float], None]
) -> Mapping[str, Any]:
    """Play under the first violins of at most `bars` bars, spread over all quartets; return figures by who plays."""
    chosen = _stretches(quartets, bars)
    made = []
    for i, lines in enumerate(chosen):
        made.append(play_under(lines[0], players, seed=i))
        progress((i + 1) / len(chosen))
    real, ours = [Parts.of(lines) for lines in chosen], [Parts.of(lines) for lines in made]
    late = [Parts.of(_moved(lines, by)) for lines in made for by in LATE_BARS]
    others = [*made[1:], *made[:1]]
    foreign = [Parts.of(_beside(lines, other)) for lines, other in zip(made, others, strict=True)]
    pieces = {"quartets": real, "model": ours, "out of time": late, "another quartet's lead": foreign}
    theirs = outer_intervals(real)
    found: dict[str, Any] = {
        name: {**part_measures(parts), "outer intervals": overlap(outer_intervals(parts), theirs)}
        for name, parts in pieces.items()
    }
    found["quartets"]["outer intervals"] = overlap(outer_intervals(real[::2]), outer_intervals(real[1::2]))
    return found


def play_under(lead: NDArray[np.uint8], players: Players, seed: int) -> NDArray[np.uint8]:
    """Return the tokens (4, T) of a lead (T,) and of those whom it leads."""
    tokens = np.zeros((len(VOICES), len(lead)), np.uint8)
    tokens[0] = lead
    band, pitch = NO_BAND, None
    for n, token in enumerate(lead.tolist()):
        pitch = pitch if token == HOLD else pitch_of(token)
        known = lead[max(0, n + 1 - KNOWN_STEPS) : n + 1].tolist()
        beat = Beat("quartet", seed, n, n * STEP_S, STEP_S, None, MOTION, 0, begins=False)
        played, band = play_band(band, beat, Lead(known, pitch, _key(known)), QUARTET, players)
        for voice, events in played:
            tokens[VOICES.index(voice), n] = _token(events)
    return tokens


def _key(known: Sequence[int]) -> int:
    found = key_of(known)
    return 0 if found is None else KEY_NAMES.index(found.name)


def _token(events: Sequence[Note | NoteOff]) -> int:
    begun = [event for event in events if isinstance(event, Note)]
    return begun[0].pitch - LOWEST_PITCH + FIRST_ON if begun else OFF if events else HOLD


def _stretches(quartets: Sequence[Quartet], bars: int) -> list[NDArray[np.uint8]]:
    """Cut at most so many bars out of quartets, 16 at a time, spread over all."""
    length = 16 * STEPS_PER_BAR
    cut = [
        one.lines[:, at : at + length] for one in quartets for at in range(0, one.lines.shape[1] - length + 1, length)
    ]
    return [cut[i] for i in np.unique(np.linspace(0, len(cut) - 1, max(2, bars // 16)).astype(int))]


def _moved(lines: NDArray[np.uint8], bars: int) -> NDArray[np.uint8]:
    return np.concatenate([lines[:1], np.roll(lines[1:], bars * STEPS_PER_BAR, 1)])


def _beside(lines: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([other[:1], lines[1:]])
