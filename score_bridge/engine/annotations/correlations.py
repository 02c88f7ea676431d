"""Which reading of the picture moves which attribute of the music: correlations over about the last minute. Pure.

One sample a bar: the readings' means over two bars and the attributes of the same two bars. Old samples fade. Samples
overlap by half, so that half as many count as independent; a link is shown where Fisher's z of its correlation is
SURE standard errors away from none (.003 of pairs that have nothing to do with each other, of 30 pairs).
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.attributes import ATTRIBUTES
from score_bridge.wire.bindings import BINDABLE

Floats = NDArray[np.float64]

MEMORY_S = 60.0
OVERLAP = 2.0
SURE = 3.0
LEAST_SPREAD = 1e-3
_READINGS, _SIZE = len(BINDABLE), len(BINDABLE) + len(ATTRIBUTES)


class Linked(NamedTuple):
    """A reading, an attribute and their correlation, -1..1."""

    reading: str
    attribute: str
    correlation: float


@dataclass(frozen=True)
class Links:
    """Weighted sums: `weight` of the samples, `squares` of their weights, mean (11,) and scatter (11, 11) of them.

    A sample is the readings, in the order of BINDABLE, and the attributes, in that of ATTRIBUTES; `time` is the last.
    """

    weight: float
    squares: float
    mean: Floats
    scatter: Floats
    time: float


NO_LINKS = Links(0.0, 0.0, np.zeros(_SIZE), np.zeros((_SIZE, _SIZE)), 0.0)


def add_sample(links: Links, readings: Floats, attributes: Floats, time: float) -> Links:
    """Take in readings (6,) and attributes (5,) at `time` seconds; what is MEMORY_S old counts for 1/e.

    Running weighted covariance (West 1979, "Updating mean and variance estimates", CACM 22).
    """
    keep = math.exp(-max(time - links.time, 0.0) / MEMORY_S)
    sample = np.concatenate([readings, attributes]).astype(np.float64)
    before = links.weight * keep
    away = sample - links.mean
    mean = links.mean + away / (before + 1.0)
    scatter = links.scatter * keep + before / (before + 1.0) * np.outer(away, away)
    return Links(before + 1.0, links.squares * keep**2 + 1.0, mean, scatter, time)


def significant_pairs(links: Links) -> tuple[Linked, ...]:
    """Return the pairs that move together beyond chance, the strongest first; none from few samples."""
    independent = links.weight**2 / max(links.squares, 1e-9) / OVERLAP
    if independent <= 4.0:
        return ()
    threshold = math.tanh(SURE / math.sqrt(independent - 3.0))
    spread = np.sqrt(np.diag(links.scatter))
    alive = spread > LEAST_SPREAD * math.sqrt(links.weight)
    correlations = links.scatter / np.maximum(np.outer(spread, spread), 1e-12)
    found = [
        Linked(reading, attribute, float(np.clip(correlations[i, j], -1.0, 1.0)))
        for i, reading in enumerate(BINDABLE)
        for j, attribute in enumerate(ATTRIBUTES, _READINGS)
        if alive[i] and alive[j] and abs(correlations[i, j]) >= threshold
    ]
    return tuple(sorted(found, key=lambda link: -abs(link.correlation)))
