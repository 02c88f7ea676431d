"""When within its sixteenth a note begins, and how long it may sound. The grid of decisions never moves.

An offset is a part of a sixteenth, 0 to ½, and every event of the step has it, so that no event overtakes another.
"""

from zlib import crc32

from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BEAT
from score_bridge.wire.controls import Controls

LATEST_BY_HAND = 0.08
"""How late, in sixteenths, a note comes at most with full `humanize`: 10 ms at 120 beats a minute."""
STRONGER_BY_HAND = 8
"""By how much a velocity differs at most with full `humanize`."""
LONGEST, TIMES_SHORTER = 16.0, 32.0
"""How long, in sixteenths, a note may sound with no `staccato`, and by how much less with all of it."""


def chances(seed: int, stream: str, voice: int, scene: int, n: int) -> tuple[float, float]:
    """Return two numbers, 0..1, that are the same whenever a scene comes back to this place of its phrase."""
    key = crc32(f"{seed} {stream} {voice} {scene} {n % PHRASE_STEPS}".encode())
    return (key & 0xFFFF) / 0xFFFF, (key >> 16) / 0xFFFF


def offset(controls: Controls, n: int, chance: float) -> float:
    """Return how late step `n` sounds, in sixteenths.

    Swing says where a beat's second half begins, and each half stays evenly divided.
    """
    half = controls.swing / 100
    swung = (0.0, 2 * half - 1, 4 * half - 2, 2 * half - 1)[n % STEPS_PER_BEAT]
    return swung + LATEST_BY_HAND * controls.humanize * chance


def longest(controls: Controls, motion: float) -> float | None:
    """Return how many sixteenths a note may sound while this much moves, 0..1; None is as long as it is held."""
    short = 1 - (1 - controls.staccato) * (1 - controls.articulation * motion)
    return LONGEST / TIMES_SHORTER**short if short else None
