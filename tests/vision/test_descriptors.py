import colorsys
import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from score_bridge.vision.descriptors import Descriptors, PictureMemory, describe
from tests.vision.scenes import Picture, lit, noisy, room


def flat(*colour: int) -> Picture:
    return np.full((64, 64, 3), colour, np.uint8)


def glance(picture: Picture) -> Descriptors:
    return describe(picture, None, 0.0)[0]


def test_black_and_white() -> None:
    black, white = glance(flat(0, 0, 0)), glance(flat(255, 255, 255))
    assert dataclasses.astuple(black) == (0, 0, 0, 0, 0, 0, 0, False, False)
    assert white.brightness == pytest.approx(1.0)
    assert (white.saturation, white.contrast, white.edges) == pytest.approx((0, 0, 0), abs=1e-6)


@pytest.mark.parametrize("hue", [0.0, 1 / 12, 1 / 6, 1 / 3, 0.5, 2 / 3, 0.9])
@pytest.mark.parametrize("value", [0.35, 1.0])
def test_hue_and_saturation_of_pure_colours(hue: float, value: float) -> None:
    colour = [round(255 * c) for c in colorsys.hsv_to_rgb(hue, 1.0, value)]
    found = glance(flat(*colour))
    apart = abs(found.hue - hue)
    assert min(apart, 1 - apart) < 0.02
    assert found.saturation == pytest.approx(1.0, abs=0.01)


def test_hue_is_weighed_by_saturation_and_circular() -> None:
    half = flat(200, 30, 40)
    half[:32] = (128, 128, 128)
    assert glance(half).hue == pytest.approx(glance(flat(200, 30, 40)).hue, abs=1e-6)
    around_red = flat(200, 0, 60)
    around_red[::2] = (200, 60, 0)
    assert min(glance(around_red).hue, 1 - glance(around_red).hue) < 1e-3


def test_a_grey_picture_keeps_the_hue_before_it() -> None:
    green, memory = describe(flat(0, 200, 0), None, 0.0)
    grey, _ = describe(flat(90, 90, 90), memory, 0.1)
    assert grey.hue == green.hue == pytest.approx(1 / 3)


def test_darkness_and_its_noise_are_not_colourful() -> None:
    assert glance(noisy(flat(4, 4, 4), 3, 0)).saturation < 0.2
    assert glance(lit(room(3), 0.4)).saturation == pytest.approx(glance(room(3)).saturation, rel=0.15)


def test_contrast_is_twice_the_spread_of_luma() -> None:
    checks = np.kron((np.indices((8, 8)).sum(0) % 2 * 255).astype(np.uint8), np.ones((8, 8), np.uint8))
    board = np.repeat(checks[..., None], 3, axis=2)
    assert glance(board).contrast == pytest.approx(1.0, abs=1e-3)
    assert glance(lit(board, 0.5)).contrast == pytest.approx(0.5, abs=5e-3)


def test_edges_grow_with_detail_and_not_with_noise() -> None:
    def stripes(period: int) -> Picture:
        row = (np.arange(64) // (period // 2) % 2 * 255).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (64, 64, 3)))

    coarse, fine = glance(stripes(32)).edges, glance(stripes(8)).edges
    assert 0.05 < coarse < fine / 2
    assert fine <= 1.0
    assert glance(noisy(flat(128, 128, 128), 5, 0)).edges < 0.01


@settings(max_examples=60)
@given(
    st.lists(arrays.arrays(np.uint8, (4, 4, 3)), min_size=1, max_size=6),
    st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6),
)
def test_readings_stay_between_0_and_1_whatever_the_clock_does(small: list[Picture], times: list[float]) -> None:
    memory: PictureMemory | None = None
    for picture, time in zip(small, times, strict=False):
        big = np.kron(picture, np.ones((16, 16, 1), np.uint8))
        found, memory = describe(big, memory, time)
        for name, value in dataclasses.asdict(found).items():
            assert 0 <= value <= 1, name


def test_the_same_pictures_and_times_read_the_same_and_memory_is_left_alone() -> None:
    _, memory = describe(room(1), None, 0.0)
    _, memory = describe(room(2), memory, 0.04)
    before = str(dataclasses.asdict(memory))
    first, second = (describe(room(1), memory, 0.5) for _ in range(2))
    assert first[0] == second[0]
    assert str(dataclasses.asdict(memory)) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        memory.hue = 0.5  # type: ignore[misc]


def test_memory_is_small_and_plain() -> None:
    _, memory = describe(room(1), None, 0.0)
    for n in range(2, 9):
        _, memory = describe(lit(room(n), 1.3), memory, 0.04 * n)

    def size(value: object) -> int:
        if isinstance(value, dict):
            return sum(size(v) for v in value.values())
        assert value is None or isinstance(value, float | np.ndarray)
        return value.nbytes if isinstance(value, np.ndarray) else 8

    assert size(dataclasses.asdict(memory)) < 8192


def test_vision_never_loads_torch() -> None:
    code = "import sys, score_bridge.vision.descriptors, score_bridge.vision.frame; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
