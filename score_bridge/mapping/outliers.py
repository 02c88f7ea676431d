"""A host's number far beyond all it has sent is believed only in part: one slip must not flatten the music for hours.

Pictures need none of this, their groups are bounded; a host's own vector may hold anything that is finite.
"""

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import PeerError
from score_bridge.mapping.calibration import Calibration

Floats = NDArray[np.float32]

GREATEST = 1e9  # squares of 4,096 such numbers, summed over all that is remembered, fit into single precision
REACH, ACQUAINTED = 8.0, 8.0


def check_range(features: Floats) -> None:
    """Raise PeerError("features") for numbers (D,) beyond GREATEST, which no arithmetic here survives."""
    worst = int(np.abs(features).argmax())
    if not abs(features[worst]) <= GREATEST:
        reason = f"expected numbers from -{GREATEST:g} to {GREATEST:g}, got {features[worst]:g} at place {worst + 1}"
        raise PeerError("features", reason)


def draw_in(features: Floats, known: Calibration | None) -> Floats:
    """Move a vector (D,) that lies too far out towards the mean of what is known (Huber 1964).

    Too far is REACH times the standard deviation, the length of the mean, or 1, whichever is greatest, once
    ACQUAINTED vectors were seen. Every vector of a source whose range really grows widens that: after 50 vectors a
    range a thousand times as wide is followed within 20, after 4,000 within 700.
    """
    if known is None or known.count < ACQUAINTED:
        return features
    variance = (float(known.scatter.sum()) + known.residual) / (known.count - 1)
    limit = REACH * max(variance**0.5, float(np.linalg.norm(known.mean)), 1.0)
    away = features - known.mean
    distance = float(np.linalg.norm(away))
    if distance <= limit:
        return features
    moved: Floats = (known.mean + away * np.float32(limit / distance)).astype(np.float32)
    return moved
