"""What was taught, at work: a correction of the map that holds exactly at every anchor and fades away from it.

Two parts, both of the anchors' residuals r_k (what was taught less what the map says there). Ridge regression (Hoerl
& Kennard 1970) over the picture's coordinates carries what the anchors have in common into their wider neighbourhood;
what it leaves at each is put right by radial functions. Instead of the usual linear system, which coinciding anchors
make singular, these are weighed by their odds: with φ_k = exp(-(d_k / s_k)⁴), flat about an anchor and soon over, and
u_k = φ_k / (1 - φ_k), the weight of r_k is u_k / (1 + Σu): φ for one anchor alone, exactly 1 at each of many, never
more than 1 in all.

Distances are those of the basis: weighed by what the artist attends to, in standard deviations of the source. An
anchor reaches NEAR of them, but only the share BETWEEN of the way to the next one. Anchors nearer than SAME are one
place: the newest wins. Of two nearer than CLOSE, which a picture that comes back may not tell apart (it settles
within the deadband of `smoothing`), only the older yields: the newest rules all around, the older its own place.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.anchors import Anchor, AnchorSet
from score_bridge.mapping.calibration import Basis, Calibration
from score_bridge.mapping.latent_map import Target, blend, fade_share, latent_of, map_features, within
from score_bridge.settings import MAX_STREAMS
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]

NEAR, WIDE, BETWEEN, SAME, CLOSE = 0.85, 1.2, 0.6, 0.02, 0.15
RIDGE = 1.0
SOLUTIONS = 2 * MAX_STREAMS  # a stream whose basis changes needs two at a time


def latent_with_anchors(
    features: Floats, known: AnchorSet, calibration: Calibration, target: Target, controls: Controls, time: float
) -> Floats:
    """Features (D,) to a latent (Z,): the map, and exactly what was taught at each anchor.

    Whatever the map is turned to, and however far a fresh basis is faded in, the anchors hold. Anchors of vectors
    or latents of another length have no effect.
    """
    lengths = (len(features), len(target.mean))
    anchors = tuple(a for a in known.anchors if (len(a.features), len(a.place)) == lengths)
    if not anchors:
        return latent_of(features, calibration, target, controls, time)
    share = fade_share(calibration, time)
    latent = _interpolate(features, anchors, calibration.basis, target, controls)
    if share < 1.0:
        before = _interpolate(features, anchors, calibration.before, target, controls)
        latent = target.mean + blend(before - target.mean, latent - target.mean, share)
    return within(latent, target.rms)


def nearest_taught(features: Floats, known: AnchorSet, calibration: Calibration) -> tuple[float, Anchor | None]:
    """How much a phrase that was taught rules at features (D,), 0..1, and its anchor; 0 and None where none is."""
    anchors = tuple(a for a in known.anchors if len(a.features) == len(features) and len(a.latent))
    if not anchors:
        return 0.0, None
    points, reach, kept = _reaches(anchors, calibration.basis)
    away = points - features * calibration.basis.attention.weights
    shares = _weights(np.einsum("nd,nd->n", away, away) / calibration.basis.unit**2, reach)
    best = int(shares.argmax())
    return float(shares[best]), anchors[kept[best]]


@lru_cache(maxsize=SOLUTIONS)
def _reaches(anchors: tuple[Anchor, ...], basis: Basis) -> tuple[Floats, NDArray[np.float64], list[int]]:
    """Weighed places (N, D) of the anchors that no newer one stands on, their widths (N,), and which they are."""
    points = np.stack([a.features for a in anchors]) * basis.attention.weights
    squares = _squares(points) / basis.unit**2
    kept = _newest(squares)
    return points[kept], _reach(squares[np.ix_(kept, kept)]), kept


@dataclass(frozen=True, eq=False)
class _Solved:
    """Corrections by one basis.

    points: (N, D) weighed anchors; reach: (N,) widths; shared: (1 + K, Z) coefficients of the common part; most: the
    norm that limits it; left: (N, Z) what it leaves to put right.
    """

    points: Floats
    reach: NDArray[np.float64]
    shared: Floats
    most: float
    left: Floats


def _interpolate(
    features: Floats, anchors: tuple[Anchor, ...], basis: Basis, target: Target, controls: Controls
) -> Floats:
    solved = _solve(anchors, basis, target, _of_map(controls))
    away = solved.points - features * basis.attention.weights
    squares = np.einsum("nd,nd->n", away, away) / basis.unit**2
    near = _weights(squares, solved.reach) @ solved.left
    wide = _weights(squares, np.full(len(squares), WIDE)).sum()
    common = wide * _common(_coordinates(features, basis), solved.shared, solved.most)
    return within(map_features(features, basis, target, controls) + near + common, target.rms)


def _of_map(controls: Controls) -> Controls:
    """Only what the map itself looks at, so that sweeping a temperature does not solve again."""
    return Controls(shuffle=controls.shuffle, invert=controls.invert, energy=controls.energy)


@lru_cache(maxsize=SOLUTIONS)
def _solve(anchors: tuple[Anchor, ...], basis: Basis, target: Target, controls: Controls) -> _Solved:
    """Solve again only for other anchors, another basis or other controls."""
    features = np.stack([a.features for a in anchors])
    points = features * basis.attention.weights
    squares = _squares(points) / basis.unit**2
    kept = _newest(squares)
    latents = within(np.stack([anchors[k].place for k in kept]), target.rms)
    residuals = latents - map_features(features[kept], basis, target, controls)
    places = _coordinates(features[kept], basis)
    shared, most = _ridge(places, residuals), float(np.linalg.norm(residuals, axis=1).max())
    left = residuals - _common(places, shared, most)
    return _Solved(points[kept], _reach(squares[np.ix_(kept, kept)]), shared, most, left)


def _squares(points: Floats) -> NDArray[np.float64]:
    """Squared distances (N, N) among points (N, D), in double precision: what nearly coincides must not be lost."""
    centred = (points - points.mean(0)).astype(np.float64)
    gram = centred @ centred.T
    lengths = np.diag(gram)
    squares: NDArray[np.float64] = np.maximum(lengths[:, None] + lengths - 2 * gram, 0.0)
    return squares


def _newest(squares: NDArray[np.float64]) -> list[int]:
    """Leave out anchors that a newer one stands on."""
    return [k for k in range(len(squares)) if not (squares[k, k + 1 :] < SAME**2).any()]


def _reach(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Widths (N,) in standard deviations: NEAR, or BETWEEN of the way to the next anchor that it yields to."""
    older = np.tri(len(squares), dtype=bool)  # and the anchor itself
    others = np.where(older & (squares < CLOSE**2), np.inf, squares)
    reach: NDArray[np.float64] = np.minimum(NEAR, BETWEEN * np.sqrt(others.min(1)))
    return reach


def _weights(squares: NDArray[np.float64], reach: NDArray[np.float64]) -> Floats:
    """Weights (N,) of the anchors at these squared distances; they sum to at most 1, and to 1 at an anchor."""
    odds = 1 / np.expm1(np.clip((squares / reach**2) ** 2, 1e-10, 60.0))
    weights: Floats = (odds / (1 + odds.sum())).astype(np.float32)
    return weights


def _coordinates(features: Floats, basis: Basis) -> Floats:
    """(1 + K,) or (N, 1 + K): a constant, and where features lie along the axes, in standard deviations."""
    along = basis.coordinates(features) / np.float32(basis.unit)
    return np.concatenate([np.ones((*along.shape[:-1], 1), np.float32), along], axis=-1)


def _ridge(places: Floats, residuals: Floats) -> Floats:
    """Coefficients (1 + K, Z) of what the residuals (N, Z) have in common; none of a single one."""
    if len(places) == 1:
        return np.zeros((places.shape[1], residuals.shape[1]), np.float32)
    gram = places @ places.T + np.float32(RIDGE) * np.eye(len(places), dtype=np.float32)
    shared: Floats = (places.T @ np.linalg.solve(gram, residuals)).astype(np.float32)
    return shared


def _common(places: Floats, shared: Floats, most: float) -> Floats:
    """The common part (..., Z) at places (..., 1 + K), softly bounded at the greatest residual."""
    way = places @ shared
    norm = np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
    common: Floats = (way * (most * np.tanh(norm / max(most, 1e-9)) / norm)).astype(np.float32)
    return common
