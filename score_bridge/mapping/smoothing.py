"""Calm without lag: the One-Euro filter (Casiez, Roussel & Vogel 2012) on a whole vector, and a deadband.

One cut-off frequency is shared by all coordinates, so that the direction of a movement is kept; it rises with the
speed of the filtered movement, in which noise, going to and fro, cancels out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CALMEST_HZ, LIVELIEST_HZ = 0.1, 8.0
SPEED_GAIN, CALMEST_SPEED_GAIN = 0.6, 0.15
SPEED_CUTOFF_HZ = 1.0


@dataclass(frozen=True)
class Smoothed:
    """Filter state: `value` is what is given out, `filtered` what the filter follows, `velocity` its way a second."""

    value: Floats
    filtered: Floats
    velocity: Floats
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
        return Smoothed(sample, sample, np.zeros_like(sample), time)
    elapsed = max(time - state.time, 1e-4)
    way = (sample - state.filtered) / np.float32(elapsed)
    velocity = state.velocity + np.float32(_alpha(SPEED_CUTOFF_HZ, elapsed)) * (way - state.velocity)
    slowest = LIVELIEST_HZ * (CALMEST_HZ / LIVELIEST_HZ) ** amount
    gain = SPEED_GAIN + amount * (CALMEST_SPEED_GAIN - SPEED_GAIN)
    cutoff = slowest + gain * ruler.length(velocity)
    filtered = state.filtered + np.float32(_alpha(cutoff, elapsed)) * (sample - state.filtered)
    return Smoothed(_beyond(state.value, filtered, deadband(amount), ruler), filtered, velocity, time)


def deadband(amount: float) -> float:
    """How far, in standard deviations, a signal may stray before the output follows at all."""
    return 0.02 + 0.12 * amount


def _beyond(held: Floats, wanted: Floats, band: float, ruler: Ruler) -> Floats:
    distance = ruler.length(wanted - held)
    if distance <= band:
        return held
    moved: Floats = held + (wanted - held) * np.float32(1 - band / distance)
    return moved


def _alpha(cutoff_hz: float, elapsed: float) -> float:
    return 1 - float(np.exp(-2 * np.pi * cutoff_hz * elapsed))
