import numpy as np
import pytest

from tests.vision.scenes import Picture, lit, noisy, pan, room, watched


def motion(pictures: list[Picture], fps: float) -> float:
    """Median motion of the later two thirds."""
    found = [d.motion for d in watched(pictures, fps)]
    return float(np.median(found[len(found) // 3 :]))


@pytest.mark.parametrize("fps", [2, 10, 30, 120, 240])
def test_a_still_picture_and_its_noise_are_no_motion(fps: float) -> None:
    count = max(int(2 * fps), 6)
    assert motion([room(0)] * count, fps) == 0.0
    assert motion([noisy(room(0), 5, n) for n in range(count)], fps) < 0.01


def test_flicker_of_exposure_is_hardly_motion() -> None:
    flicker = [lit(room(0), 1.0 + 0.02 * (n % 3)) for n in range(60)]
    assert motion(flicker, 30) < 0.02


def test_motion_reads_alike_at_every_picture_rate() -> None:
    readings = {fps: motion(pan(3, 2.0, fps), fps) for fps in (12.5, 25, 30, 50, 60, 120, 240)}
    assert all(0.3 < reading < 0.95 for reading in readings.values()), readings
    assert max(readings.values()) < 1.25 * min(readings.values()), readings
    assert motion(pan(3, 4.0, 2), 2) > 0.2


def test_faster_is_more() -> None:
    slow, medium, fast = (motion(pan(3, 4.0, 30, pictures_wide=w), 30) for w in (0.1, 0.5, 2.0))
    assert 0.02 < slow < medium < fast <= 1.0


def test_pictures_sent_twice_read_as_if_sent_once() -> None:
    once = pan(3, 4.0, 25)
    twice = [p for p in once for _ in range(2)]
    assert motion(twice, 50) == pytest.approx(motion(once, 25), rel=0.05)


def test_motion_ends_soon_after_the_picture_rests() -> None:
    moving = pan(3, 2.0, 30)
    found = watched([*moving, *[moving[-1]] * 30], 30)
    assert found[len(moving) - 1].motion > 0.4
    assert found[len(moving) + 15].motion < 0.02


def test_a_cut_is_no_motion() -> None:
    found = watched([room(0)] * 30 + [room(1)] * 30, 30)
    assert max(d.motion for d in found) == 0.0
