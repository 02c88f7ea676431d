"""From picture to melody space: one scale for everything, and a dominant axis wound through several.

The picture's principal axes take the melody posterior's principal axes in order of variance, each as many as its
share of the picture's variance pays for. One axis to one axis is a straight line, softly bounded; one axis to many is
a curve of constant speed on circles (a few Fourier features), so that neighbours stay neighbours, each melody axis
moves as far as melodies do, and the norm stays that of real melodies. No whitening: distances among pictures become
distances among phrases.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.calibration import Basis, Calibration
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]

BOUND = 2.5
GREATEST_NORM = 1.7
FADE_SECONDS = 1.5
SHUFFLED_AXES = 32
SLOWEST, FASTEST = 0.6, 1.0
FEWEST_WOUND = 4
GOLDEN_ANGLE = 2.399963


@dataclass(frozen=True, eq=False)
class Target:
    """The melody side: mean (Z,), principal axes (A, Z) as rows by falling variance, std (A,) along them, rms norm.

    named: standard deviations of the first coordinates, those that are named directions; none in an imported model.
    rests: whether axes that no picture axis has taken rest at a place of the map's own, or at the mean.
    """

    mean: Floats
    axes: Floats
    std: Floats
    rms: float
    named: tuple[float, ...] = ()
    rests: bool = True


def latent_of(features: Floats, calibration: Calibration, target: Target, controls: Controls, time: float) -> Floats:
    """Features (D,) to a latent (Z,). A fresh basis is faded in over FADE_SECONDS; `energy` scales the way out."""
    share = fade_share(calibration, time)
    away = _offset(features, calibration.basis, target, controls)
    if share < 1.0:
        before = _offset(features, calibration.before, target, controls)
        away = blend(before, away, share)
    return within(target.mean + np.float32(controls.energy) * away, target.rms)


def map_features(features: Floats, basis: Basis, target: Target, controls: Controls) -> Floats:
    """Features (D,) or (N, D) to latents (Z,) or (N, Z) by one basis alone."""
    return within(target.mean + np.float32(controls.energy) * _offset(features, basis, target, controls), target.rms)


def fade_share(calibration: Calibration, time: float) -> float:
    """How far a fresh basis has taken the place of the one before it, 0..1."""
    return min(1.0, max(0.0, (time - calibration.changed) / FADE_SECONDS))


def blend(a: Floats, b: Floats, share: float) -> Floats:
    """Blend with the norms blended too, so that the middle does not go faint."""
    blend = (1 - share) * a + share * b
    norm = (1 - share) * np.linalg.norm(a) + share * np.linalg.norm(b)
    result: Floats = (blend * (norm / max(float(np.linalg.norm(blend)), 1e-6))).astype(np.float32)
    return result


def within(latent: Floats, rms: float) -> Floats:
    """Return latents (..., Z), none longer than GREATEST_NORM times the melodies' `rms` norm."""
    norm = np.linalg.norm(latent, axis=-1, keepdims=True)
    limited: Floats = (latent * np.minimum(1.0, GREATEST_NORM * rms / np.maximum(norm, 1e-9))).astype(np.float32)
    return limited


def open_room(basis: Basis, target: Target, controls: Controls) -> Floats:
    """Which part (A,) of each melody axis's spread the pictures leave unused, 0..1."""
    layout = _layout(basis, target, controls.shuffle)
    room = np.empty_like(layout.room)
    room[layout.order] = layout.room
    return room


def _offset(features: Floats, basis: Basis, target: Target, controls: Controls) -> Floats:
    """The way from the melodies' mean, (Z,), or (N, Z) for features (N, D).

    Axes that no picture axis has taken rest at a place of their own, and one that a picture axis hardly moves goes to
    and fro about such a place: pictures in which little happens are to stand among melodies, too. Inverted, every
    picture axis runs the other way.
    """
    layout = _layout(basis, target, controls.shuffle)
    along = (-layout.scale if controls.invert == "on" else layout.scale) * basis.coordinates(features)
    std, phases = layout.std, layout.phases
    placed = np.zeros((*along.shape[:-1], len(std)), np.float32)
    for part, t in zip(layout.parts, np.moveaxis(along, -1, 0), strict=False):
        if part.stop - part.start >= FEWEST_WOUND:
            placed[..., part] = _wind(t, std[part], phases[part])
            if not target.rests:
                placed[..., part] -= _wind(np.zeros((), np.float32), std[part], phases[part])
        else:
            placed[..., part] = _line(t, std[part])
    if target.rests:
        placed += layout.room * (np.sqrt(2.0) * std * np.sin(phases)).astype(np.float32)
    offset: Floats = ((placed * layout.signs) @ target.axes[layout.order]).astype(np.float32)
    return offset


@dataclass(frozen=True, eq=False)
class _Layout:
    """Which melody axes each picture axis moves, of a basis and a target.

    scale: from picture to melody space; order, signs, phases: see `_pairing`; std: (A,) in that order; parts: the
    melody axes of each picture axis; room: (A,) what part of each one's spread the pictures leave unused.
    """

    scale: float
    order: NDArray[np.int64]
    signs: Floats
    phases: Floats
    std: Floats
    parts: list[slice]
    room: Floats


@lru_cache(maxsize=64)
def _layout(basis: Basis, target: Target, shuffle: int) -> _Layout:
    """Found anew only for another basis: a step looks at it twice."""
    order, signs, phases = _pairing(len(target.std), shuffle)
    scale = float(np.sqrt((target.std**2).sum())) / basis.unit
    std, deviations = target.std[order], np.sqrt(basis.variances) * np.float32(scale)
    parts = _allot(std, deviations)
    room = np.ones(len(std), np.float32)
    for part, deviation in zip(parts, deviations, strict=False):
        line = part.stop - part.start < FEWEST_WOUND
        room[part] = 0.0
        if line:
            room[part.start] = math.sqrt(max(0.0, 1 - float(deviation / std[part.start]) ** 2))
    return _Layout(scale, order, signs, phases, std, parts, room)


def _allot(std: Floats, deviations: Floats) -> list[slice]:
    """Give each picture axis, in order, melody axes whose summed variance is its own: one, or an even number."""
    parts, begin, cumulated = [], 0, np.concatenate([[0.0], np.cumsum(std.astype(np.float64) ** 2)])
    for deviation in deviations:
        wanted = cumulated[begin] + float(deviation) ** 2
        count = int(np.searchsorted(cumulated, wanted)) - begin
        count = 1 if count < FEWEST_WOUND else count - count % 2
        end = min(begin + count, len(std))
        if end <= begin:
            break
        parts.append(slice(begin, end))
        begin = end
    return parts


def _line(t: Floats, std: Floats) -> Floats:
    """A straight axis, softly bounded at BOUND standard deviations."""
    line = np.zeros((*t.shape, len(std)), np.float32)
    limit = BOUND * float(std[0])
    line[..., 0] = limit * np.tanh(t / limit)
    return line


def _wind(t: Floats, std: Floats, phases: Floats) -> Floats:
    """A curve at unit speed on circles of radius sqrt(2) std: slow turns tell far pictures apart, quick ones near."""
    pairs = len(std) // 2
    rates = np.linspace(SLOWEST, FASTEST, pairs)
    radii = np.sqrt(2.0) * std[: 2 * pairs].reshape(pairs, 2)
    speed = np.sqrt((radii.mean(1) ** 2 * rates**2).sum())
    angles = t[..., None] * rates / speed + phases[:pairs]
    curve = np.stack([np.sin(angles), np.cos(angles)], axis=-1) * radii
    padded = np.zeros((*t.shape, len(std)), np.float32)
    padded[..., : 2 * pairs] = curve.reshape(*t.shape, 2 * pairs)
    return padded


@lru_cache(maxsize=64)
def _pairing(size: int, shuffle: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Which melody axis comes when, with which sign and phase; 0 is the plain order."""
    order, signs = np.arange(size), np.ones(size, np.float32)
    phases = (np.arange(size) * GOLDEN_ANGLE % (2 * np.pi)).astype(np.float32)
    if shuffle:
        rng = np.random.default_rng(shuffle)
        order[:SHUFFLED_AXES] = rng.permutation(order[:SHUFFLED_AXES])
        signs = rng.choice(np.array([-1, 1], np.float32), size)
        phases = rng.uniform(0, 2 * np.pi, size).astype(np.float32)
    for array in (order, signs, phases):
        array.flags.writeable = False  # they are shared
    return order, signs, phases
