"""Calm without lag: the One-Euro filter (Casiez, Roussel & Vogel 2012) on a whole vector, and a deadband.

One cut-off frequency is shared by all coordinates, so that the direction of a movement is kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CALMEST_HZ, LIVELIEST_HZ = 0.25, 8.0
SPEED_GAIN, CALMEST_SPEED_GAIN = 0.6, 0.15
SPEED_CUTOFF_HZ = 1.0


@dataclass(frozen=True)
class Smoothed:
    """Filter state: `value` is what is given out, `filtered` what the filter follows, `speed` deviations a second."""

    value: Floats
    filtered: Floats
    speed: float
    time: float


@dataclass(frozen=True)
class Ruler:
    """How movements are measured: `weights` (D,) of the numbers, and the length of one standard deviation."""

    weights: Floats
    unit: float

    def length(self, way: Floats) -> float:
        """How far a way (D,) goes, in standard deviations."""
        return float(np.linalg.norm(way * self.weights)) / max(self.unit, 1e-9)


def smooth(
    state: Smoothed | None, sample: Floats, time: float, *, amount: float, ruler: Ruler, jump: bool = False
) -> Smoothed:
    """Follow `sample` (D,) seen at `time` (seconds).

    amount: 0 hardly filters, 1 is calmest; the deadband is a small part of a standard deviation. jump: take the
    sample as it is (a cut).
    """
    if state is None or jump or len(state.value) != len(sample):
        return Smoothed(sample, sample, 0.0, time)
    elapsed = max(time - state.time, 1e-4)
    rate = ruler.length(sample - state.filtered) / elapsed
    speed = state.speed + _alpha(SPEED_CUTOFF_HZ, elapsed) * (rate - state.speed)
    slowest = LIVELIEST_HZ * (CALMEST_HZ / LIVELIEST_HZ) ** amount
    gain = SPEED_GAIN + amount * (CALMEST_SPEED_GAIN - SPEED_GAIN)
    filtered = state.filtered + _alpha(slowest + gain * speed, elapsed) * (sample - state.filtered)
    return Smoothed(_beyond(state.value, filtered, deadband(amount), ruler), filtered, speed, time)


def deadband(amount: float) -> float:
    """How far, in standard deviations, a signal may stray before the output follows at all."""
    return 0.02 + 0.06 * amount


def _beyond(held: Floats, wanted: Floats, band: float, ruler: Ruler) -> Floats:
    distance = ruler.length(wanted - held)
    if distance <= band:
        return held
    moved: Floats = held + (wanted - held) * np.float32(1 - band / distance)
    return moved


def _alpha(cutoff_hz: float, elapsed: float) -> float:
    return 1 - float(np.exp(-2 * np.pi * cutoff_hz * elapsed))
