"""Hard cuts, as they happen: an unlike picture, measured against how much pictures have lately been changing.

- The change between two pictures is the geometric mean of two: light and dark lie elsewhere (which camera noise,
  exposure and flashes do not do), and colours shifted where they were (which needs more than a moving outline).
- A change counts against the recent level, so pans and busy scenes raise the bar.
- What may be a flash (it grew brighter, or only the colours jumped) is held in doubt for a tenth of a second: if the
  picture from before returns it was a flash, otherwise it is a cut. Every other cut is told at its first picture.
- A picture sent twice changes nothing.
"""

import math
from dataclasses import dataclass, replace

from score_bridge.vision.glance import Glance, layout_change, same, structure_change

LEAST = 0.40
ABOVE_LEVEL = 1.0
LEVEL_S = 0.4
REFRACTORY_S = 0.25
DOUBT_S = 0.1
BRIGHTER = 0.12
COLOURS_JUMPED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class CutMemory:
    """last: the last picture, seen at `time`; level: usual change of late, 0..1; cut_time: when the last cut was told.

    doubt: the picture before what may be a flash, which began at `doubt_time` (None when there is no doubt).
    """

    last: Glance
    time: float
    level: float = 0.0
    cut_time: float = -math.inf
    doubt: Glance | None = None
    doubt_time: float = 0.0


def watch(glance: Glance, memory: CutMemory | None, time: float) -> tuple[float, bool, CutMemory]:
    """Return the change since the last picture 0..1, whether it is a cut, and what to remember."""
    if memory is None:
        return 0.0, False, CutMemory(glance, time)
    if memory.doubt is not None:
        return _settle(memory, memory.doubt, glance, time)
    if same(glance, memory.last):
        return 0.0, False, memory
    structure, layout = structure_change(memory.last, glance), layout_change(memory.last, glance)
    change, since = math.sqrt(structure * layout), max(time - memory.time, 0.0)
    unlike, jumped = change > LEAST + ABOVE_LEVEL * memory.level, layout > COLOURS_JUMPED
    if not unlike and not jumped:
        level = memory.level + (1.0 - math.exp(-since / LEVEL_S)) * (change - memory.level)
        return change, False, replace(memory, last=glance, time=time, level=level)
    flashlike = not unlike or (since < DOUBT_S and _brighter(memory.last, glance))
    if flashlike:
        return change, False, replace(memory, last=glance, time=time, doubt=memory.last, doubt_time=time)
    return _told(change, memory, glance, time)


def _settle(memory: CutMemory, before: Glance, glance: Glance, time: float) -> tuple[float, bool, CutMemory]:
    """Decide, if it is time, whether what began at `doubt_time` was a flash over `before` or a cut away from it."""
    structure, layout = structure_change(before, glance), layout_change(before, glance)
    change = math.sqrt(structure * layout)
    if change < LEAST and layout < COLOURS_JUMPED:
        return change, False, replace(memory, last=glance, time=time, doubt=None)
    if 0.0 <= time - memory.doubt_time < DOUBT_S:
        return change, False, replace(memory, last=glance, time=time)
    return _told(max(change, layout), memory, glance, time)


def _told(change: float, memory: CutMemory, glance: Glance, time: float) -> tuple[float, bool, CutMemory]:
    """A cut, unless the last one was just now. Times may run backwards where a film starts again."""
    rested = abs(time - memory.cut_time) >= REFRACTORY_S
    cut_time = time if rested else memory.cut_time
    return change, rested, replace(memory, last=glance, time=time, doubt=None, cut_time=cut_time)


def _brighter(before: Glance, after: Glance) -> bool:
    return float(after.luma.mean() - before.luma.mean()) > BRIGHTER
