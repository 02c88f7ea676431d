from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.mapping.attention import Attention
from score_bridge.mapping.calibration import Calibration, attend, calibrate, learn, refresh, start

Floats = NDArray[np.float32]


def _pictures(count: int, seed: int = 0) -> Floats:
    """Features (count, 40) whose variances fall quickly, away from the origin."""
    rng = np.random.default_rng(seed)
    mixing = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    pictures: Floats = (5 + rng.standard_normal((count, 40)) * 0.7 ** np.arange(40) @ mixing).astype(np.float32)
    return pictures


def _one_by_one(features: Floats) -> Calibration:
    state = start(features[0], 0.0)
    for i, row in enumerate(features[1:]):
        state = learn(state, row, i * 0.1)
    return refresh(state, 99.0)


def test_one_by_one_finds_the_axes_of_a_full_analysis() -> None:
    features = _pictures(300)
    basis = _one_by_one(features).basis
    centred = features - features.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(basis.mean, features.mean(0), atol=1e-3)
    np.testing.assert_allclose(basis.variances[:8], singular[:8] ** 2 / 299, rtol=0.01)
    assert np.abs((basis.axes[:5] * axes[:5]).sum(1)).min() > 0.99
    assert basis.total == pytest.approx(centred.var(0, ddof=1).sum(), rel=0.01)


def test_a_whole_film_at_once_is_the_same_as_one_by_one() -> None:
    features = _pictures(200)
    whole, steps = calibrate(features).basis, _one_by_one(features).basis
    np.testing.assert_allclose(whole.variances[:8], steps.variances[:8], rtol=1e-3)
    assert np.abs((whole.axes[:5] * steps.axes[:5]).sum(1)).min() > 0.999


def test_axes_are_orthonormal() -> None:
    axes = calibrate(_pictures(100)).basis.axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-4)


def test_constant_features_have_no_axes_and_no_variance() -> None:
    basis = calibrate(np.ones((20, 6), np.float32)).basis
    assert basis.total == pytest.approx(0, abs=1e-6)
    assert np.isfinite(basis.coordinates(np.ones(6, np.float32))).all()


def test_a_frozen_calibration_learns_nothing() -> None:
    state = calibrate(_pictures(50))
    assert learn(state, _pictures(10, seed=1), 1.0) is state


def test_refreshing_keeps_the_signs_of_the_axes() -> None:
    features = _pictures(128)
    state = start(features[0], 0.0)
    for i, row in enumerate(features[1:]):
        after = learn(state, row, i * 0.1)
        if after.basis is not state.basis and len(state.basis.axes) > 4:
            likeness = after.basis.axes[0] @ state.basis.axes[0]
            assert likeness > -0.1
            assert after.before is state.basis
        state = after
    assert state.basis.axes.shape[1] == 40


def test_old_pictures_fade_in_the_long_run() -> None:
    state = start(_pictures(1)[0], 0.0)
    for _ in range(20):
        state = learn(state, _pictures(1000), 0.0)
    for _ in range(20):
        state = learn(state, _pictures(1000, seed=3) + 4, 0.0)
    assert np.abs(state.mean - 9).max() < 0.2


def test_axes_of_like_variance_lie_as_the_old_ones_did() -> None:
    """Among directions that vary alike the analysis may turn at will; the music may not."""
    rng = np.random.default_rng(2)
    round_cloud = rng.standard_normal((8000, 6)).astype(np.float32)
    state = calibrate(round_cloud[:4000])
    more = learn(replace(state, frozen=False), round_cloud[4000:], 1.0)
    turned = refresh(more, 2.0)
    assert (np.diag(turned.basis.axes @ state.basis.axes.T) > 0.8).all()
    np.testing.assert_allclose(turned.basis.axes @ turned.basis.axes.T, np.eye(6), atol=1e-4)


def test_what_is_not_attended_to_has_no_axes() -> None:
    features = _pictures(300)
    weights = np.repeat(np.array([1, 0], np.float32), 20)
    half = attend(calibrate(features), Attention(weights), 1.0).basis
    alone = calibrate(features * weights).basis
    assert np.abs(half.axes[:, 20:]).max() < 1e-5
    np.testing.assert_allclose(half.variances[:4], alone.variances[:4], rtol=0.02)
    np.testing.assert_allclose(
        np.abs(half.coordinates(features)[:, 0]), np.abs(alone.coordinates(features * weights)[:, 0]), atol=0.1
    )


def test_the_basis_is_renewed_ever_more_rarely() -> None:
    state, renewed = start(_pictures(1)[0], 0.0), 0
    pictures = _pictures(3000)
    for i in range(0, 24000, 100):
        after = learn(state, pictures[i % 3000 : i % 3000 + 100], float(i))
        renewed += after.basis is not state.basis
        state = after
    assert 20 < renewed < 35


def test_rounding_decides_no_sign() -> None:
    """Another processor adds up in another order: the same film must be the same music there."""
    for seed in range(20):
        features = _pictures(60, seed)
        rounded = features * (1 + 1e-6 * np.random.default_rng(seed).standard_normal(features.shape))
        one, other = calibrate(features).basis, calibrate(rounded.astype(np.float32)).basis
        assert ((one.axes[:6] * other.axes[:6]).sum(1) > 0.99).all(), seed
        assert ((one.axes**3).sum(1) > 0).all()
