from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.mapping.attention import evenly
from score_bridge.mapping.calibration import Calibration, calibrate, start
from score_bridge.mapping.latent_map import FADE_SECONDS, GREATEST_NORM, Target, latent_of
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]
PLAIN = Controls(energy=1.0)


def _target(size: int = 96) -> Target:
    rng = np.random.default_rng(9)
    axes = np.linalg.qr(rng.standard_normal((size, size)))[0].astype(np.float32)
    std = np.linspace(1.2, 0.4, size).astype(np.float32)
    mean = (0.1 * rng.standard_normal(size)).astype(np.float32)
    return Target(mean, axes, std, float(np.sqrt((std**2).sum() + (mean**2).sum())))


def _film(count: int = 300, decay: float = 0.8) -> Floats:
    rng = np.random.default_rng(4)
    walk = np.cumsum(rng.standard_normal((count, 60)), axis=0)
    film: Floats = ((walk - walk.mean(0)) / walk.std(0) * decay ** np.arange(60)).astype(np.float32)
    return film


def _latents(film: Floats, calibration: Calibration, controls: Controls = PLAIN) -> Floats:
    return np.stack([latent_of(x, calibration, _target(), controls, 100.0) for x in film])


def _distances(x: Floats) -> Floats:
    pairs: Floats = np.linalg.norm(x[:, None] - x[None], axis=-1)[np.triu_indices(len(x), 1)]
    return pairs


def _rank_correlation(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


@pytest.mark.parametrize("decay", [0.2, 0.6, 0.9])
def test_the_norm_is_that_of_melodies_whatever_the_film(decay: float) -> None:
    film = _film(decay=decay)
    norms = np.linalg.norm(_latents(film, calibrate(film)), axis=1)
    assert np.sqrt((norms**2).mean()) / _target().rms == pytest.approx(1.0, abs=0.12)
    assert norms.max() <= GREATEST_NORM * _target().rms


def test_distances_among_pictures_become_distances_among_latents() -> None:
    film = _film(120)
    latents = _latents(film, calibrate(film))
    assert _rank_correlation(_distances(film), _distances(latents)) > 0.85
    shuffled = np.random.default_rng(0).permutation(len(film))
    assert abs(_rank_correlation(_distances(film), _distances(latents[shuffled]))) < 0.2


def test_no_melody_axis_is_driven_far_beyond_where_melodies_are() -> None:
    film = _film(decay=0.3)
    target = _target()
    along = (_latents(film, calibrate(film)) - target.mean) @ target.axes.T
    assert (np.abs(along) <= 2.6 * target.std).all()


def test_shuffle_gives_other_music_of_the_same_geometry() -> None:
    film = _film(100)
    plain, other = (_latents(film, calibrate(film), Controls(energy=1.0, shuffle=s)) for s in (0, 7))
    assert np.linalg.norm(plain - other, axis=1).min() > 1.0
    assert _rank_correlation(_distances(plain), _distances(other)) > 0.8
    np.testing.assert_array_equal(other, _latents(film, calibrate(film), Controls(energy=1.0, shuffle=7)))


def test_energy_scales_the_way_from_the_middle() -> None:
    film, target = _film(50), _target()
    calm = _latents(film, calibrate(film), Controls(energy=0.0))
    np.testing.assert_allclose(calm, np.tile(target.mean, (50, 1)), atol=1e-5)
    wild = np.linalg.norm(_latents(film, calibrate(film), Controls(energy=2.0)), axis=1)
    assert wild.max() <= GREATEST_NORM * target.rms * 1.001


def test_the_first_picture_already_stands_among_melodies() -> None:
    latent = latent_of(_film()[0], start(_film()[0], 0.0, evenly(60, 0.01)), _target(), PLAIN, 0.0)
    assert 0.7 < np.linalg.norm(latent) / _target().rms < 1.3


def test_a_fresh_basis_is_faded_in() -> None:
    film = _film()
    old, new = calibrate(film[:100]), calibrate(film)
    state = replace(new, before=old.basis, changed=10.0)
    ways = [latent_of(film[5], state, _target(), PLAIN, 10.0 + FADE_SECONDS * s) for s in (0, 0.5, 1)]
    np.testing.assert_allclose(ways[0], latent_of(film[5], old, _target(), PLAIN, 99.0), atol=1e-5)
    np.testing.assert_allclose(ways[2], latent_of(film[5], new, _target(), PLAIN, 99.0), atol=1e-5)
    assert np.linalg.norm(ways[1] - ways[0]) < np.linalg.norm(ways[2] - ways[0])


def test_constant_features_are_music_too() -> None:
    still = np.ones((10, 5), np.float32)
    assert np.isfinite(_latents(still, calibrate(still))).all()


def test_inverted_the_picture_runs_the_other_way() -> None:
    film = _film(60, decay=0.8)
    calibration = calibrate(film)
    mirrored = calibration.basis.mean - (film - calibration.basis.mean)
    inverted = _latents(film, calibration, Controls(invert="on"))
    np.testing.assert_allclose(inverted, _latents(mirrored.astype(np.float32), calibration), atol=1e-4)
    assert np.linalg.norm(inverted - _latents(film, calibration), axis=1).mean() > 1.0
