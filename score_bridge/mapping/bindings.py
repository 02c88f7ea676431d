"""Bindings at work: readings of the picture, calmed, moving the named directions of the melody latent and the voices
that play beside it.

A binding of amount 1 moves its direction by SPAN standard deviations of the melodies over the whole range of its
reading, nothing at the reading's usual value (USUAL), and whatever is bound to one direction together no further than
LIMIT. Two bars of real melodies lie within about two standard deviations of the middle. The volume or density of a
voice is moved, by amount 1, from what its control says by the whole of its range.
"""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.latent_map import Target, within
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire.bindings import BINDABLE, DIRECTIONS, Binding, Bindings, needs_directions
from score_bridge.wire.controls import CONTROLS, Controls

Floats = NDArray[np.float32]

SPAN, LIMIT = 2.0, 2.5
USUAL = np.array([0.45, 0.2, 0.5, 0.35, 0.2, 0.2], np.float32)
"""Middle readings of everyday films, in the order of BINDABLE."""

HALF_LIFE_S = 0.25
BAND = 0.02
WARMEST, GREYEST = 1 / 12, 0.2


@dataclass(frozen=True)
class SmoothedReadings:
    """Readings as the music feels them: `value` (6,) is given out, `filtered` is what the filter follows."""

    value: Floats
    filtered: Floats
    time: float


def smooth_readings(
    before: SmoothedReadings | None, descriptors: Descriptors, motion: float, time: float
) -> SmoothedReadings:
    """Follow a picture's readings at `time` (seconds), in the order of BINDABLE, each 0..1.

    `motion` is the lingering one. A one-pole filter, then a band within which nothing moves at all: camera noise
    changes no note. A cut is obeyed at once.
    """
    sample = np.array(_readings(descriptors, motion), np.float32)
    if before is None or descriptors.cut:
        return SmoothedReadings(sample, sample, time)
    share = 1 - 0.5 ** (max(time - before.time, 0.0) / HALF_LIFE_S)
    filtered = before.filtered + np.float32(share) * (sample - before.filtered)
    away = filtered - before.value
    beyond = np.sign(away) * np.maximum(np.abs(away) - np.float32(BAND), 0)
    return SmoothedReadings(before.value + beyond, filtered, time)


def apply_bindings(latent: Floats, readings: SmoothedReadings | None, bindings: Bindings, target: Target) -> Floats:
    """Move a latent (Z,) as the bindings say; as it is before any picture, or where nothing in it has a name."""
    if readings is None or not bindings or not target.named:
        return latent
    moves = np.zeros(len(target.named))
    for b in filter(needs_directions, bindings):
        moves[DIRECTIONS.index(b.target)] += b.amount * SPAN * _away(readings, b)
    moved = latent.copy()
    moved[: len(moves)] += (np.clip(moves, -LIMIT, LIMIT) * target.named).astype(np.float32)
    return within(moved, target.rms)


def bound_controls(controls: Controls, readings: SmoothedReadings | None, bindings: Bindings) -> Controls:
    """Return the controls with volumes and densities moved as the bindings say; as they are before any picture."""
    moved: dict[str, float] = {}
    for b in () if readings is None else bindings:
        if not needs_directions(b):
            assert readings is not None
            high = CONTROLS[b.target].high or 1.0
            moved[b.target] = moved.get(b.target, getattr(controls, b.target)) + b.amount * high * _away(readings, b)
    limits = {name: (CONTROLS[name].low or 0.0, CONTROLS[name].high or 1.0) for name in moved}
    inside = {name: min(max(value, limits[name][0]), limits[name][1]) for name, value in moved.items()}
    return msgspec.structs.replace(controls, **inside) if inside else controls


def _away(readings: SmoothedReadings, binding: Binding) -> float:
    """By how much a binding's reading differs from the usual."""
    source = BINDABLE.index(binding.source)
    return float(readings.value[source] - USUAL[source])


def _readings(d: Descriptors, motion: float) -> tuple[float, ...]:
    return d.brightness, d.saturation, warmth(d.hue, d.saturation), d.contrast, d.edges, motion


def warmth(hue: float, saturation: float) -> float:
    """Hue without its seam at red: 1 at orange, 0 at azure; near 0.5 where the picture is grey."""
    colourful = min(1.0, saturation / GREYEST)
    return 0.5 + 0.5 * colourful * math.cos(math.tau * (hue - WARMEST))
