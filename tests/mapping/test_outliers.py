import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.errors import PeerError
from score_bridge.mapping.calibration import Calibration, learn, start
from score_bridge.mapping.outliers import ACQUAINTED, REACH, check_range, draw_in

Floats = NDArray[np.float32]


def _known(vectors: Floats) -> Calibration:
    state = start(vectors[0], 0.0)
    for i, vector in enumerate(vectors[1:], 1):
        state = learn(state, vector, float(i))
    return state


def _uniform(n: int, size: int = 3, scale: float = 1.0) -> Floats:
    drawn: Floats = (scale * np.random.default_rng(0).random((n, size))).astype(np.float32)
    return drawn


@pytest.mark.parametrize("value", [1.1e9, -1e20, 3e38, np.inf, np.nan])
def test_numbers_that_arithmetic_does_not_survive_are_refused_by_place(value: float) -> None:
    with pytest.raises(PeerError, match=r"expected numbers from -1e\+09 to 1e\+09, got .* at place 2"):
        check_range(np.array([0.5, value, 0.1], np.float32))
    check_range(np.array([1e9, -1e9], np.float32))


def test_a_slip_is_drawn_in_and_all_else_is_left_alone() -> None:
    known = _known(_uniform(50))
    usual = np.array([0.1, 0.9, 0.4], np.float32)
    assert draw_in(usual, known) is usual
    slip = np.array([1e5, 0.8, 0.3], np.float32)
    moved = draw_in(slip, known)
    assert np.linalg.norm(moved - known.mean) == pytest.approx(REACH, rel=1e-4)
    np.testing.assert_allclose(np.cross(moved - known.mean, slip - known.mean), 0, atol=1.0)


def test_nothing_is_drawn_in_before_a_source_is_known() -> None:
    far = np.array([1e5, 0, 0], np.float32)
    assert draw_in(far, None) is far
    assert draw_in(far, _known(_uniform(int(ACQUAINTED) - 1))) is far


def test_a_source_that_stood_still_may_move() -> None:
    known = _known(np.zeros((20, 3), np.float32))
    moved = np.array([1.0, 0.5, 0.0], np.float32)
    assert draw_in(moved, known) is moved


@pytest.mark.parametrize(("seen", "vectors"), [(50, 20), (4000, 700)])
def test_a_range_that_really_grows_is_soon_followed(seen: int, vectors: int) -> None:
    known, away = _known(_uniform(seen)), _uniform(vectors, scale=1000.0)
    for i, vector in enumerate(away):
        known = learn(known, draw_in(vector, known), float(seen + i))
    np.testing.assert_array_equal(draw_in(away[0], known), away[0])
