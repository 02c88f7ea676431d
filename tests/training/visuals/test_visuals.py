import numpy as np
import pytest

from score_bridge.training.visuals import CLIP, KINDS, clip, visuals


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_draws_pictures_that_have_something_in_them_and_move(name: str) -> None:
    moved = varied = 0
    for seed in range(6):
        frames = KINDS[name](np.random.default_rng(seed), 4, 32)
        assert frames.shape == (4, 32, 32, 3)
        assert frames.dtype == np.uint8
        moved += bool((frames[0] != frames[3]).any())
        varied += bool(np.ptp(frames) > 20)
    assert moved >= 4
    assert varied >= 4


def test_the_same_seed_draws_the_same_clips_and_another_seed_others() -> None:
    same, again, other = visuals(3, 13), visuals(3, 13), visuals(4, 13)
    assert same.shape == (13 * CLIP, 64, 64, 3)
    np.testing.assert_array_equal(same, again)
    apart = (same.reshape(13, -1) != other.reshape(13, -1)).mean(1)
    assert (apart > 0.1).all()
    np.testing.assert_array_equal(same[5 * CLIP : 6 * CLIP], clip(3, 5))


def test_the_frames_of_a_clip_are_of_one_scene() -> None:
    frames = visuals(0, 26).astype(float).reshape(26, CLIP, -1)
    within = np.abs(np.diff(frames, axis=1)).mean()
    between = np.abs(frames[1:, 0] - frames[:-1, 0]).mean()
    assert within < 0.4 * between
