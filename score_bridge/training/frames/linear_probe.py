"""How much a straight line can read off a picture's numbers: what is in the picture, and its colours.

A linear probe (Alain & Bengio 2016, arXiv:1610.01644), ridge regression in closed form: one for all films. It learns
from the first 60 % of every film and is tested on the rest of each, which it has not seen. What is not predicted
better than by the mean of all that it learned from counts as 0, worse counts below 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.picture.frame_vae import FrameEncoder
from score_bridge.training.frames.footage import Footage
from score_bridge.vision.colour import colour_readings

Floats = NDArray[np.float64]
LEARNED_SHARE = 0.6
CHOOSING_SHARE = 0.75
PENALTIES = tuple(10.0**k for k in range(-7, 5))
CONTENT_AXES = 32


@dataclass(frozen=True)
class Axes:
    """Principal axes: mean (D,), axes (K, D) by falling variance, and the RMS spread along the K of them."""

    mean: Floats
    axes: Floats
    spread: float

    @classmethod
    def of(cls, rows: NDArray[np.floating], count: int) -> "Axes":
        """Find the leading axes of rows (N, D), at most N - 1 of them."""
        mean = rows.mean(0, dtype=np.float64)
        _, lengths, axes = np.linalg.svd(rows - mean, full_matrices=False)
        kept = max(1, min(count, len(rows) - 1))
        spread = float(np.sqrt((lengths[:kept] ** 2).sum() / (len(rows) * kept)))
        return cls(mean, axes[:kept], max(spread, 1e-9))

    def places(self, rows: NDArray[np.floating]) -> Floats:
        """Rows (N, D) to their places on the axes (N, K), in units of the spread."""
        places: Floats = (rows - self.mean) @ self.axes.T / self.spread
        return places


def probe(encoder: FrameEncoder, films: Sequence[Footage]) -> dict[str, float]:
    """R² of content and colours read off the frame model's latents of films."""
    return _read([encoder.encode_many(film.pictures) for film in films], films)


def probe_pixels(films: Sequence[Footage], count: int) -> dict[str, float]:
    """R² of content and colours read off the pixels' `count` principal axes, found on the part learned from."""
    rows = [film.pictures.reshape(len(film.pictures), -1) / np.float32(255) for film in films]
    axes = Axes.of(np.concatenate([r[: _cut(r)] for r in rows]), count)
    return _read([axes.places(r) for r in rows], films)


def _read(inputs: Sequence[NDArray[np.floating]], films: Sequence[Footage]) -> dict[str, float]:
    axes = Axes.of(np.concatenate([f.features[: _cut(f.features)] for f in films]), CONTENT_AXES)
    content = [axes.places(f.features) for f in films]
    colour = [colour_readings(f.pictures).astype(np.float64) for f in films]
    return {"content_r2": _pooled_r2(*_errors(inputs, content)), "colour_r2": _each(*_errors(inputs, colour))}


def _pooled_r2(left: Floats, whole: Floats) -> float:
    """Share of all targets' variance together: large axes count more."""
    return float(1 - left.sum() / max(whole.sum(), 1e-12))


def _each(left: Floats, whole: Floats) -> float:
    """Mean over targets of each one's share."""
    return float((1 - left / np.maximum(whole, 1e-12)).mean())


def _errors(inputs: Sequence[NDArray[np.floating]], targets: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Squared errors (K,) over the films' last parts, and those of the mean."""
    x, y = _centre(inputs), _centre(targets)
    first_x, first_y = [r[: _cut(r)] for r in x], [r[: _cut(r)] for r in y]
    penalty = min(PENALTIES, key=lambda p: _validation_error(first_x, first_y, p, CHOOSING_SHARE))
    weights = _ridge(np.concatenate(first_x), np.concatenate(first_y), penalty)
    last_x = np.concatenate([r[_cut(r) :] for r in x])
    last_y = np.concatenate([r[_cut(r) :] for r in y])
    return ((last_y - last_x @ weights) ** 2).sum(0), (last_y**2).sum(0)


def _centre(films: Sequence[NDArray[np.floating]]) -> list[Floats]:
    """Rows about the mean of all that is learned from."""
    mean = np.concatenate([rows[: _cut(rows)] for rows in films]).mean(0, dtype=np.float64)
    return [np.asarray(rows - mean, np.float64) for rows in films]


def _validation_error(x: Sequence[Floats], y: Sequence[Floats], penalty: float, share: float) -> float:
    """The error of a penalty on the last of the rows it may learn from."""
    cuts = [int(len(rows) * share) for rows in x]
    weights = _ridge(
        np.concatenate([r[:c] for r, c in zip(x, cuts, strict=True)]),
        np.concatenate([r[:c] for r, c in zip(y, cuts, strict=True)]),
        penalty,
    )
    return sum(float(((b[c:] - a[c:] @ weights) ** 2).sum()) for a, b, c in zip(x, y, cuts, strict=True))


def _ridge(x: Floats, y: Floats, penalty: float) -> Floats:
    """Weights (D, K) that least miss y (N, K) from x (N, D); the penalty is relative to the mean variance of x."""
    gram = x.T @ x
    scale = penalty * max(float(np.trace(gram)) / len(gram), 1e-12)
    weights = np.linalg.solve(gram + scale * np.eye(len(gram)), x.T @ y)
    return np.asarray(weights, np.float64)


def _cut(rows: NDArray[np.generic]) -> int:
    return int(len(rows) * LEARNED_SHARE)
