import numpy as np

from score_bridge.vision.feature_groups import (
    COLOURS,
    GROUPS,
    NOISE,
    SCALES,
    colour_of,
    concatenate_groups,
    group_sizes,
)


def _cells(red: float, green: float, blue: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.tile(np.array([red, green, blue], np.float32), (8, 8, 1))


def test_groups_stand_in_their_order_each_at_its_scale() -> None:
    parts = {"motion": np.ones(16, np.float32), "content": np.ones(3, np.float32)}
    assert group_sizes(parts) == (("content", 3), ("motion", 16))
    np.testing.assert_allclose(concatenate_groups(parts), [SCALES["content"]] * 3 + [SCALES["motion"]] * 16)
    assert set(SCALES) == set(NOISE) == set(GROUPS)


def test_colours_tell_hues_apart_and_not_places() -> None:
    red, green, grey = colour_of(_cells(1, 0, 0)), colour_of(_cells(0, 1, 0)), colour_of(_cells(0.5, 0.5, 0.5))
    assert len(red) == COLOURS
    assert red[6:].argmax() == 0
    assert green[6:].argmax() == 2
    assert np.abs(grey[6:]).max() < 1e-6
    half = _cells(1, 0, 0)
    half[:, 4:] = (0, 0, 1)
    np.testing.assert_allclose(colour_of(half), colour_of(half[:, ::-1]), atol=1e-5)
    assert np.linalg.norm(colour_of(half) - red) > 0.3
