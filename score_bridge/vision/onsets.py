"""Onsets of motion: something moves that did not, as when a dancer jumps or a light swings in. Pure.

Motion is measured against what it has lately been, so that a busy scene has no onsets and a still one is easily
stirred.
"""

import math
from dataclasses import dataclass, replace

ABOVE_LEVEL, TIMES_LEVEL = 0.15, 1.5
"""An onset is motion beyond TIMES_LEVEL times its level and ABOVE_LEVEL more (both of 0..1)."""
LEVEL_S = 0.5
"""Seconds in which the level follows motion by two thirds."""
REST_S = 0.25
"""Seconds after a cut or an onset, and from the first picture on, in which there is no other."""


@dataclass(frozen=True, slots=True)
class OnsetMemory:
    """The usual motion of late, 0..1, as of `time` (seconds); last: when there was a cut or an onset."""

    level: float
    time: float
    last: float = -math.inf


def detect_onset(motion: float, memory: OnsetMemory | None, time: float, cut: bool) -> tuple[bool, OnsetMemory]:
    """Return whether something begins to move at `time`, and what to remember."""
    if memory is None:
        return False, OnsetMemory(motion, time, last=time)  # nothing is known yet of what usually moves
    rested = abs(time - memory.last) >= REST_S
    onset = not cut and rested and motion > ABOVE_LEVEL + TIMES_LEVEL * memory.level
    share = 1.0 - math.exp(-max(time - memory.time, 0.0) / LEVEL_S)
    level = memory.level + share * (motion - memory.level)
    if onset or not rested:  # what moves in a new shot is what usually moves in it
        level = max(level, motion)
    return onset, replace(memory, level=level, time=time, last=time if cut or onset else memory.last)
