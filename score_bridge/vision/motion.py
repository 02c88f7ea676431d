"""How much moves, whatever the picture rate: the change of luma in a 25th of a second, beyond camera noise."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from score_bridge.vision.signature import Floats, FrameSignature, same

INTERVAL_S = 0.03
STILL_S = 0.12
PERIOD_S = 0.04
LONGEST_S = 0.2
NOISE = 0.012
SOFTEST_CONTRAST = 0.08
FULL = 0.07
SMOOTH_S = 0.06
FIELD = 4


@dataclass(frozen=True, slots=True, eq=False)
class MotionMemory:
    """anchor: the picture motion is measured against, seen at `time` (seconds); motion: the last reading, 0..1.

    field: (4, 4), the same reading for each part of the picture.
    """

    anchor: FrameSignature
    time: float
    motion: float = 0.0
    field: Floats = field(default_factory=lambda: np.zeros((FIELD, FIELD), np.float32))


def track_motion(glance: FrameSignature, memory: MotionMemory | None, time: float, cut: bool) -> MotionMemory:
    """Return the motion at `time`. A cut is not motion: the reading stays, the anchor moves.

    Pictures less than INTERVAL_S apart are measured together, so 240 a second read as 30 do; a picture sent twice is
    waited out for STILL_S before it counts as stillness.
    """
    if memory is None:
        return MotionMemory(glance, time)
    age = time - memory.time
    if cut or age < 0.0:
        return replace(memory, anchor=glance, time=time)
    if age < INTERVAL_S or (age < STILL_S and same(glance, memory.anchor)):
        return memory
    pace = _pace(memory.anchor.luma, glance.luma, age)
    fresh, parts = 1.0 - math.exp(-float(pace.mean()) / FULL), 1.0 - np.exp(-_by_parts(pace) / FULL)
    keep = math.exp(-age / SMOOTH_S)
    return MotionMemory(glance, time, fresh + keep * (memory.motion - fresh), parts + keep * (memory.field - parts))


def _pace(before: Floats, after: Floats, seconds: float) -> Floats:
    """Change of luma (H, W) in PERIOD_S beyond noise, against the picture's contrast; exposure is taken out."""
    change = after - before
    beyond = np.maximum(np.abs(change - np.median(change)) - NOISE, 0.0)
    contrast = SOFTEST_CONTRAST + float(after.std())
    pace: Floats = beyond / np.float32(contrast) * np.float32(PERIOD_S / min(max(seconds, INTERVAL_S), LONGEST_S))
    return pace


def _by_parts(pace: Floats) -> Floats:
    """Means of (16, 16) over FIELD x FIELD parts."""
    side = len(pace) // FIELD
    means: Floats = pace.reshape(FIELD, side, FIELD, side).mean((1, 3))
    return means
