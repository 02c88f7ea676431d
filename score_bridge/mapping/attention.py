"""What the music follows of a picture: a weight for each group of its vector, chosen by the artist."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.feature_groups import NOISE, Sizes
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Attention:
    """Weights (D,) of a picture vector's numbers, and `floor`, the variance that mere noise gives what is left.

    The floor keeps a still picture's noise from being taken for a full range of music.
    """

    weights: Floats
    floor: float = 0.0


def attention_of(sizes: Sizes, controls: Controls) -> Attention:
    """Return what these controls attend to in vectors of such groups; the same object for the same choice.

    A host's own vector is always followed. Where all weights are 0 the music stands still.
    """
    return _attention(sizes, tuple(float(getattr(controls, name, 1.0)) for name, _ in sizes))


def evenly(size: int, floor: float = 0.0) -> Attention:
    """Attend to all of a vector (size,) alike."""
    return Attention(np.ones(size, np.float32), floor)


@lru_cache(maxsize=256)
def _attention(sizes: Sizes, chosen: tuple[float, ...]) -> Attention:
    weights = np.repeat(np.array(chosen, np.float32), [size for _, size in sizes])
    weights.setflags(write=False)
    floor = sum(weight**2 * NOISE[name] for (name, _), weight in zip(sizes, chosen, strict=True))
    return Attention(weights, floor)
