"""Learning what a picture source does: the running mean and principal axes of its features.

Sequential Karhunen-Loeve with forgetting (Ross, Lim, Lin & Yang 2008, "Incremental learning for robust visual
tracking", section 2.1): exact for data that never left the kept axes, and as fast for one picture as for a film.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KEPT_AXES = 32
MEMORY_PICTURES = 4096.0


@dataclass(frozen=True)
class Basis:
    """Axes that a map may use: mean (D,), axes (K, D) orthonormal rows, variances (K,) and the total variance."""

    mean: Floats
    axes: Floats
    variances: Floats
    total: float

    def coordinates(self, features: Floats) -> Floats:
        """Features (D,) or (N, D) along the axes: (K,) or (N, K), in feature units."""
        result: Floats = ((features - self.mean) @ self.axes.T).astype(np.float32)
        return result


@dataclass(frozen=True)
class Calibration:
    """Statistics of `count` pictures (old ones fade), the basis in use, the one before it and when it was changed.

    scatter: (K,) squared singular values along `axes`; residual: squared length that the kept axes lost.
    floor: the least variance taken for a full range of music, so that a still picture's noise is not blown up.
    """

    count: float
    mean: Floats
    axes: Floats
    scatter: Floats
    residual: float
    basis: Basis
    before: Basis
    changed: float
    next_refresh: float
    floor: float = 0.0
    frozen: bool = False


def start(features: Floats, time: float, floor: float = 0.0) -> Calibration:
    """Begin from the first picture's features (D,)."""
    size = len(features)
    none = np.zeros((0, size), np.float32)
    basis = Basis(features.astype(np.float32), none, np.zeros(0, np.float32), 0.0)
    return Calibration(1.0, basis.mean, none, np.zeros(0, np.float32), 0.0, basis, basis, time, 2.0, floor)


def learn(calibration: Calibration, features: Floats, time: float) -> Calibration:
    """Take in pictures' features (N, D) seen at `time`; a frozen calibration stays as it is."""
    if calibration.frozen:
        return calibration
    old, new = calibration, np.atleast_2d(features).astype(np.float32)
    n, m = min(old.count, MEMORY_PICTURES), float(len(new))
    keep = n / old.count
    centre = new.mean(0)
    bridge = np.sqrt(n * m / (n + m)) * (centre - old.mean)
    stack = np.concatenate([old.axes * np.sqrt(old.scatter * keep)[:, None], new - centre, bridge[None]])
    axes, scatter, lost = _principal(stack)
    merged = replace(
        old, count=n + m, mean=(n * old.mean + m * centre) / (n + m), axes=axes, scatter=scatter,
        residual=old.residual * keep + lost,
    )  # fmt: skip
    return refresh(merged, time) if merged.count >= old.next_refresh else merged


def refresh(calibration: Calibration, time: float) -> Calibration:
    """Put the newest axes to use, turned so that they disturb the old ones least; the map cross-fades to them."""
    variances = calibration.scatter / max(calibration.count - 1, 1)
    total = float(variances.sum() + calibration.residual / max(calibration.count - 1, 1))
    axes = _aligned(calibration.axes, calibration.basis.axes)
    basis = Basis(calibration.mean, axes, variances.astype(np.float32), total)
    following = calibration.count * 2 if calibration.count < MEMORY_PICTURES / 2 else calibration.count + 1024
    return replace(
        calibration, basis=basis, before=calibration.basis, changed=time, next_refresh=min(following, MEMORY_PICTURES)
    )


def calibrate(features: Floats, floor: float = 0.0, batch: int = 256) -> Calibration:
    """Learn a whole film (N, D) at once and freeze: the same picture then gives the same music throughout."""
    state = start(features[0], 0.0, floor)
    for i in range(1, len(features), batch):
        state = learn(state, features[i : i + batch], 0.0)
    state = refresh(state, 0.0)
    return replace(state, before=state.basis, frozen=True)


def _principal(stack: Floats) -> tuple[Floats, Floats, float]:
    """Leading right singular vectors (K, D) of few rows, their squared singular values, and the rest's sum."""
    rows = stack.astype(np.float64)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    kept = min(KEPT_AXES, int((values > 1e-9 * max(values[0], 1e-12)).sum()))
    axes = (vectors[:, :kept] / np.sqrt(values[:kept])).T @ rows
    return axes.astype(np.float32), values[:kept].astype(np.float32), float(values[kept:].sum())


def _aligned(axes: Floats, old: Floats) -> Floats:
    """Flip axes whose sign is arbitrary towards the old axes they resemble most."""
    if not len(old) or not len(axes):
        return axes
    likeness = axes @ old.T
    strongest = likeness[np.arange(len(axes)), np.abs(likeness).argmax(1)]
    return axes * np.where(strongest < 0, -1, 1).astype(np.float32)[:, None]
