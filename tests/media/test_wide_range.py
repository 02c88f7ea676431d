import numpy as np
import pytest

from score_bridge.media.wide_range import CUBE_SIDE, HLG, PQ, cube, to_standard


def pq_code(nits: float) -> int:
    """The inverse of the transfer (SMPTE ST 2084, equation 5.2), 16 bits."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    y = (nits / 10_000) ** m1
    return int(65535 * ((c1 + c2 * y) / (1 + c3 * y)) ** m2 + 0.5)


def hlg_code(scene: float) -> int:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = (3 * scene) ** 0.5 if scene <= 1 / 12 else a * np.log(12 * scene - b) + c
    return int(65535 * code + 0.5)


def grey(code: int, transfer: int) -> int:
    values = to_standard(np.full((1, 3), code, np.uint16), transfer)[0]
    assert np.ptp(values.astype(int)) <= 1
    return int(values[0])


def test_light_below_the_knee_stays_as_it_is() -> None:
    for part in (0.0, 0.05, 0.2, 0.5):
        assert grey(pq_code(203 * part), PQ) == pytest.approx(255 * part ** (1 / 2.4), abs=1)
        assert grey(hlg_code((0.203 * part) ** (1 / 1.2)), HLG) == pytest.approx(255 * part ** (1 / 2.4), abs=1)


def test_highlights_rise_and_none_is_lost_below_1000_nits() -> None:
    seen = [grey(pq_code(nits), PQ) for nits in (120, 203, 300, 400, 600)]
    assert seen == sorted(set(seen))
    assert seen[1] == pytest.approx(239, abs=2)
    assert grey(65535, PQ) == 255


def test_the_table_says_the_same() -> None:
    title, *rows = cube(PQ).splitlines()
    assert title == f"LUT_3D_SIZE {CUBE_SIDE}"
    assert len(rows) == CUBE_SIDE**3
    red_most = np.array([[65535, 0, 0]], np.uint16)
    assert [float(v) for v in rows[CUBE_SIDE - 1].split()] == pytest.approx(
        to_standard(red_most, PQ)[0] / 255, abs=1e-4
    )
