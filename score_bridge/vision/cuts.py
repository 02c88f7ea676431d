"""Hard cuts, as they happen: an unlike picture, measured against how much pictures have lately been changing.

- The change between two pictures is the geometric mean of two: light and dark lie elsewhere (which camera noise,
  exposure and flashes do not do), and colours shifted where they were (which needs more than a moving outline).
- A change counts against the recent level, so pans and busy scenes raise the bar; so does time between pictures.
- What may be a flash (much the same picture or a flat one, brighter; or only the colours jumped) is held in doubt for
  a tenth of a second: if the picture from before returns it was a flash, otherwise it is a cut. Every other cut is
  told at its first picture.
- After a cut there is none for REFRACTORY_S; what goes on changing then (a whip pan) raises the level.
- A picture sent twice hardly changes the level. Times may run backwards, where a film starts again.
"""

import math
from dataclasses import dataclass, replace

from score_bridge.vision.signature import FrameSignature, layout_change, same, shift, structure_change

LEAST = 0.40
ABOVE_LEVEL = 1.0
ABOVE_PAUSE, LONGEST_PAUSE_S, USUAL_PAUSE_S = 0.55, 0.35, 0.05
LEVEL_S, STILL_S = 0.4, 1.6
REFRACTORY_S = 0.25
DOUBT_S = 0.1
BRIGHTER = 0.12
FLASH_STRUCTURE, SAME_STRUCTURE = 0.6, 0.3
FLATTISH = 0.06
COLOURS_JUMPED = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class CutMemory:
    """last: the last picture, seen at `time`; level: usual change of late, 0..1; cut_time: of the last reported cut.

    doubt: the picture before what may be a flash, which began at `doubt_time` (None when there is no doubt).
    """

    last: FrameSignature
    time: float
    level: float = 0.0
    cut_time: float = -math.inf
    doubt: FrameSignature | None = None
    doubt_time: float = 0.0


def detect_cut(glance: FrameSignature, memory: CutMemory | None, time: float) -> tuple[float, bool, CutMemory]:
    """Return the change since the last picture 0..1, whether it is a cut, and what to remember."""
    if memory is None:
        return 0.0, False, CutMemory(glance, time)
    if memory.doubt is not None:
        return _settle(memory, memory.doubt, glance, time)
    since = max(time - memory.time, 0.0)
    if same(glance, memory.last):
        return 0.0, False, replace(memory, time=time, level=memory.level * math.exp(-since / STILL_S))
    structure, layout = structure_change(memory.last, glance), layout_change(memory.last, glance)
    change = math.sqrt(structure * layout)
    pause = min(max(since - USUAL_PAUSE_S, 0.0), LONGEST_PAUSE_S)
    unlike = change > LEAST + ABOVE_LEVEL * memory.level + ABOVE_PAUSE * pause
    jumped = structure < SAME_STRUCTURE and shift(memory.last, glance) > COLOURS_JUMPED
    rested = abs(time - memory.cut_time) >= REFRACTORY_S
    if not rested or not (unlike or jumped):
        level = memory.level + (1.0 - math.exp(-since / LEVEL_S)) * (change - memory.level)
        return change, False, replace(memory, last=glance, time=time, level=level)
    if not unlike or (since < DOUBT_S and _may_be_flash(memory.last, glance, structure)):
        return change, False, replace(memory, last=glance, time=time, doubt=memory.last, doubt_time=time)
    return change, True, replace(memory, last=glance, time=time, cut_time=time)


def _settle(
    memory: CutMemory, before: FrameSignature, glance: FrameSignature, time: float
) -> tuple[float, bool, CutMemory]:
    """Decide, if it is time, whether what began at `doubt_time` was a flash over `before` or a cut away from it."""
    structure, layout = structure_change(before, glance), layout_change(before, glance)
    change = math.sqrt(structure * layout)
    if change < LEAST and shift(before, glance) < COLOURS_JUMPED:
        return change, False, replace(memory, last=glance, time=time, doubt=None)
    if 0.0 <= time - memory.doubt_time < DOUBT_S:
        return change, False, replace(memory, last=glance, time=time)
    return max(change, layout), True, replace(memory, last=glance, time=time, doubt=None, cut_time=time)


def _may_be_flash(before: FrameSignature, after: FrameSignature, structure: float) -> bool:
    brighter = float(after.luma.mean() - before.luma.mean()) > BRIGHTER
    flat = min(float(before.luma.std()), float(after.luma.std())) < FLATTISH
    return brighter and (flat or structure < FLASH_STRUCTURE)
