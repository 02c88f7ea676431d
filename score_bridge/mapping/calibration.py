"""Learning what a picture source does: the running mean and principal axes of its features.

Sequential Karhunen-Loeve with forgetting (Ross, Lim, Lin & Yang 2008, "Incremental learning for robust visual
tracking", section 2.1): exact for data that never left the kept axes, and as fast for one picture as for a film.
What is learned is unweighed; a basis looks at it with an attention, so another attention needs no new learning.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.attention import Attention, evenly

Floats = NDArray[np.float32]

KEPT_AXES = 48
USED_AXES = 32
MEMORY_PICTURES = 4096.0
LONGEST_UNREFRESHED = 1024.0
LIKE = 1.2
LOUDEST_NOISE, SILENCED = 4.0, 100.0


@dataclass(frozen=True, eq=False)
class Basis:
    """Axes that a map may use, of features (D,) weighed by `attention`.

    mean: (D,); axes: (K, D), orthonormal rows; variances: (K,) along them; total: of all axes; floor: what is added
    to that before it is taken for a full range of music.
    """

    mean: Floats
    axes: Floats
    variances: Floats
    total: float
    floor: float
    attention: Attention

    @property
    def unit(self) -> float:
        """The length of one standard deviation, in feature units; never 0."""
        return math.sqrt(max(self.total + self.floor, 1e-12))

    def coordinates(self, features: Floats) -> Floats:
        """Features (D,) or (N, D) along the axes: (K,) or (N, K), in feature units."""
        result: Floats = ((features - self.mean) * self.attention.weights @ self.axes.T).astype(np.float32)
        return result


@dataclass(frozen=True)
class Calibration:
    """Statistics of `count` pictures (old ones fade), the basis in use, the one before it and when it was changed.

    pictures: how many there were in all; next_refresh: how many there are to be when the basis is next renewed.
    scatter: (K,) squared singular values along `axes`; residual: squared length that the kept axes lost. last: the
    newest features; jitter: (D,) mean squared differences of successive ones.
    """

    count: float
    mean: Floats
    axes: Floats
    scatter: Floats
    residual: float
    last: Floats
    jitter: Floats
    basis: Basis
    before: Basis
    changed: float
    pictures: float = 1.0
    next_refresh: float = 2.0
    frozen: bool = False


def start(features: Floats, time: float, attention: Attention | None = None) -> Calibration:
    """Begin from the first picture's features (D,), attending to all of them alike by default."""
    size = len(features)
    none = np.zeros((0, size), np.float32)
    used, first = attention or evenly(size), features.astype(np.float32)
    basis = Basis(first, none, np.zeros(0, np.float32), 0.0, used.floor, used)
    still = np.zeros(size, np.float32)
    return Calibration(1.0, first, none, np.zeros(0, np.float32), 0.0, first, still, basis, basis, time)


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
    axes, scatter, lost = _principal(stack, KEPT_AXES)
    steps = (np.diff(np.concatenate([old.last[None], new]), axis=0) ** 2).sum(0)
    merged = replace(
        old, count=n + m, pictures=old.pictures + m, mean=(n * old.mean + m * centre) / (n + m),
        axes=axes, scatter=scatter,
        residual=old.residual * keep + lost, last=new[-1],
        jitter=((n * old.jitter + steps) / (n + m)).astype(np.float32),
    )  # fmt: skip
    return refresh(merged, time) if merged.pictures >= old.next_refresh else merged


def freeze(calibration: Calibration) -> Calibration:
    """Learn no more."""
    return replace(calibration, frozen=True)


def adapt(calibration: Calibration) -> Calibration:
    """Go on learning, also from where a film or a show left off."""
    return replace(calibration, frozen=False)


def attend(calibration: Calibration, attention: Attention, time: float) -> Calibration:
    """Look at what was learned with another attention, frozen or not."""
    used = calibration.basis.attention
    if used is attention or (used.floor == attention.floor and np.array_equal(used.weights, attention.weights)):
        return calibration
    return _make_basis(calibration, attention, time)


def refresh(calibration: Calibration, time: float) -> Calibration:
    """Put the newest axes to use, turned so that they disturb the old ones least; the map cross-fades to them."""
    fresh = _make_basis(calibration, calibration.basis.attention, time)
    return replace(fresh, next_refresh=calibration.pictures + min(calibration.pictures, LONGEST_UNREFRESHED))


def calibrate(features: Floats, attention: Attention | None = None, batch: int = 256) -> Calibration:
    """Learn a whole film (N, D) at once and freeze: the same picture then gives the same music throughout."""
    state = start(features[0], 0.0, attention)
    for i in range(1, len(features), batch):
        state = learn(state, features[i : i + batch], 0.0)
    state = refresh(state, 0.0)
    return replace(state, before=state.basis, frozen=True)


def _make_basis(calibration: Calibration, attention: Attention, time: float) -> Calibration:
    """Principal axes of what was learned as `attention` weighs it; exact within the kept axes."""
    degrees = max(calibration.count - 1, 1)
    weighed = calibration.axes * np.sqrt(calibration.scatter)[:, None] * attention.weights
    axes, scatter, lost = _principal(weighed, USED_AXES) if len(weighed) else (weighed, calibration.scatter, 0.0)
    total = (float(scatter.sum()) + lost + calibration.residual * float((attention.weights**2).mean())) / degrees
    variances = (scatter / degrees).astype(np.float32)
    noise = float((attention.weights**2 * calibration.jitter).sum()) / 2
    old, floor = calibration.basis, _floor(total, noise, attention.floor)
    basis = Basis(calibration.mean, _align(axes, variances, old.axes), variances, total, floor, attention)
    return replace(calibration, basis=basis, before=old, changed=time)


def _floor(total: float, noise: float, least: float) -> float:
    """What to add to a variance before it is taken for a full range of music.

    Where successive pictures differ as much as far ones (the ratio of von Neumann 1941 near 1; of films it is .1 to
    .6) and all by no more than a camera's noise, nothing happens but noise: it is made too small to be heard.
    """
    ratio = noise / max(total, 1e-12)
    small = 2 - total / (LOUDEST_NOISE * least) if least else 0.0
    return least + SILENCED * total * float(np.clip((ratio - 0.6) / 0.3, 0, 1) * np.clip(small, 0, 1))


def _principal(stack: Floats, most: int) -> tuple[Floats, Floats, float]:
    """Leading right singular vectors (K, D) of few rows, their squared singular values, and the rest's sum."""
    rows = stack.astype(np.float64)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    kept = min(most, int((values > 1e-9 * max(values[0], 1e-12)).sum()))
    axes = (vectors[:, :kept] / np.sqrt(values[:kept])).T @ rows
    # An eigenvector's sign is rounding's: another processor would play other music. Its larger parts are positive.
    axes *= np.where((axes**3).sum(1, keepdims=True) < 0, -1, 1)
    return axes.astype(np.float32), values[:kept].astype(np.float32), float(values[kept:].sum())


def _align(axes: Floats, variances: Floats, old: Floats) -> Floats:
    """Turn axes towards the old ones where the pictures do not determine their directions.

    The sign of an axis is arbitrary, and among axes of like variance so is the direction: there the turn is that of
    orthogonal Procrustes (Schönemann 1966). Axes that stand out keep their direction and their order.
    """
    turned = axes.copy()
    for part in _alike(variances):
        turned[part] = _turn(axes[part], old)
    return turned


def _turn(axes: Floats, old: Floats) -> Floats:
    """Turn axes (K, D) of like variance to lie as those K of the old ones do that they resemble most."""
    if len(old) < len(axes):
        return axes
    likeness = axes @ old.T
    nearest = np.sort(np.argsort(-(likeness**2).sum(0), kind="stable")[: len(axes)])
    left, _, right = np.linalg.svd(likeness[:, nearest])
    turned: Floats = ((left @ right).T @ axes).astype(np.float32)
    return turned


def _alike(variances: Floats) -> list[slice]:
    """Runs of axes whose variances are within a factor LIKE of the run's first."""
    runs, begin = [], 0
    for i in range(1, len(variances) + 1):
        if i == len(variances) or variances[i] * LIKE < variances[begin]:
            runs.append(slice(begin, i))
            begin = i
    return runs
