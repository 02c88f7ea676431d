"""How much moves, whatever the picture rate: the change of luma in a 25th of a second, beyond camera noise."""

import math
from dataclasses import dataclass

import numpy as np

from score_bridge.vision.glance import Floats, Glance, same

INTERVAL_S = 0.03
STILL_S = 0.12
PERIOD_S = 0.04
LONGEST_S = 0.2
NOISE = 0.012
SOFTEST_CONTRAST = 0.08
FULL = 0.07
SMOOTH_S = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class MotionMemory:
    """anchor: the picture motion is measured against, seen at `time` (seconds); motion: the last reading, 0..1."""

    anchor: Glance
    time: float
    motion: float = 0.0


def follow(glance: Glance, memory: MotionMemory | None, time: float, cut: bool) -> MotionMemory:
    """Return the motion at `time`. A cut is not motion: the reading stays, the anchor moves.

    Pictures less than INTERVAL_S apart are measured together, so 240 a second read as 30 do; a picture sent twice is
    waited out for STILL_S before it counts as stillness.
    """
    if memory is None:
        return MotionMemory(glance, time)
    age = time - memory.time
    if cut or age < 0.0:
        return MotionMemory(glance, time, memory.motion)
    if age < INTERVAL_S or (age < STILL_S and same(glance, memory.anchor)):
        return memory
    fresh = 1.0 - math.exp(-_pace(memory.anchor.luma, glance.luma, age) / FULL)
    keep = math.exp(-age / SMOOTH_S)
    return MotionMemory(glance, time, fresh + keep * (memory.motion - fresh))


def _pace(before: Floats, after: Floats, seconds: float) -> float:
    """Change of luma in PERIOD_S beyond noise, against the picture's contrast; a change of exposure is taken out."""
    change = after - before
    beyond = np.maximum(np.abs(change - np.median(change)) - NOISE, 0.0)
    contrast = SOFTEST_CONTRAST + float(after.std())
    return float(beyond.mean()) / contrast * PERIOD_S / min(max(seconds, INTERVAL_S), LONGEST_S)
