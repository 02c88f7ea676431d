"""What goes into the drum network and comes out of it: sizes and bins that its training and its playing share."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.drums import CHARACTER, KIT
from score_bridge.music.tokens import PHRASE_STEPS

SOUNDS = len(KIT)
TOLD = len(CHARACTER)
PLACES = PHRASE_STEPS
VELOCITIES = 8
"""Bins of velocity, 16 wide, from 1."""
OFFSETS = 8
"""Bins of offset, 13 hundredths of a step wide, from -52."""


class Sizes(NamedTuple):
    """hidden: units of each layer; layers: how many; place: numbers that a place of the phrase is known by."""

    hidden: int = 192
    layers: int = 2
    place: int = 32


def velocity_bins(velocity: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the bin 0..7 of velocities 1..127."""
    bins: NDArray[np.int64] = np.clip((velocity.astype(np.int64) - 1) // 16, 0, VELOCITIES - 1)
    return bins


def offset_bins(offset: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the bin 0..7 of offsets, -50..50 hundredths of a step."""
    bins: NDArray[np.int64] = np.clip((offset.astype(np.int64) + 52) // 13, 0, OFFSETS - 1)
    return bins


def velocity_of(place: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return velocities 1..127 for places in the bins, 0..8."""
    return np.asarray(np.clip(np.rint(1 + 16 * place), 1, 127), np.int64)


def offset_of(place: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return offsets in steps for places in the bins, 0..8."""
    return np.asarray(np.clip(13 * place - 52, -50, 50) / 100, np.float64)
