import numpy as np
import pytest

from score_bridge.cli.demo import default_clip
from score_bridge.media.film import Film
from score_bridge.vision.frame import shrink
from tests.vision.scenes import Picture, cut_places, lit, noisy, pan, room, watched


def shots(*lengths: int, sigma: float = 2.0, gain: float = 1.0) -> list[Picture]:
    """Rooms one after the other, so many pictures each, seen by a camera."""
    rooms = [room(n) for n, length in enumerate(lengths) for _ in range(length)]
    return [noisy(lit(r, gain), sigma, n) for n, r in enumerate(rooms)]


@pytest.mark.parametrize("fps", [8, 12.5, 25, 60, 240])
def test_cuts_are_told_at_their_first_picture(fps: float) -> None:
    each = int(1.2 * fps)
    found = watched(shots(each, each, each, each), fps)
    assert cut_places(found) == [each, 2 * each, 3 * each]
    assert all(found[n].cut_score > 0.4 for n in cut_places(found))


@pytest.mark.parametrize("gain", [0.15, 0.4])
def test_cuts_are_seen_in_dark_films(gain: float) -> None:
    assert cut_places(watched(shots(20, 20, 20, gain=gain, sigma=1.0), 25)) == [20, 40]


def test_the_first_picture_is_no_cut_and_a_still_is_none() -> None:
    assert cut_places(watched([room(0)] * 50, 25)) == []


def test_a_cut_after_a_long_still_is_seen() -> None:
    assert cut_places(watched([room(0)] * 300 + [room(1)] * 10, 60)) == [300]


def test_pictures_sent_twice_change_nothing() -> None:
    once = shots(25, 25, 25)
    twice = [p for p in once for _ in range(2)]
    assert cut_places(watched(twice, 50)) == [50, 100]


def test_cuts_too_close_count_once() -> None:
    assert cut_places(watched(shots(25, 3, 25), 25)) == [25]
    assert cut_places(watched(shots(25, 8, 25), 25)) == [25, 33]


@pytest.mark.parametrize("sigma", [2, 8, 15])
@pytest.mark.parametrize("base", [0, 10, 128])
def test_camera_noise_is_no_cut(sigma: float, base: int) -> None:
    flat = np.full((64, 64, 3), base, np.uint8)
    assert cut_places(watched([noisy(flat, sigma, n) for n in range(90)], 30)) == []


@pytest.mark.parametrize(("gain", "lift"), [(1.6, 60), (0.0, 250), (1.0, 120)])
@pytest.mark.parametrize("scene", [0, 1, 2, 3])
def test_flashes_are_no_cuts(scene: int, gain: float, lift: float) -> None:
    still = [noisy(room(scene), 2, n) for n in range(60)]
    flashed = [lit(p, gain, lift) if n % 12 in (5, 6) else p for n, p in enumerate(still)]
    assert cut_places(watched(flashed, 25)) == []


def test_a_strobe_in_the_dark_is_no_cut_a_light_left_on_is_one() -> None:
    strobe = [noisy(lit(room(1), 0.9 if n % 4 == 2 else 0.03), 1, n) for n in range(60)]
    assert cut_places(watched(strobe, 30)) == []
    switched = [noisy(lit(room(1), 0.03 if n < 30 else 0.9), 1, n) for n in range(60)]
    assert cut_places(watched(switched, 30)) == [33]


def test_a_jump_of_flat_colour_is_a_cut_a_tenth_of_a_second_late() -> None:
    red, blue = (np.full((64, 64, 3), c, np.uint8) for c in ((230, 20, 20), (20, 20, 230)))
    assert cut_places(watched([red] * 20 + [blue] * 20, 30)) == [23]


@pytest.mark.parametrize("fps", [10, 25, 60])
@pytest.mark.parametrize("seed", range(4))
def test_pans_are_no_cuts(seed: int, fps: float) -> None:
    assert cut_places(watched(pan(seed, 3.0, fps), fps)) == []


def test_fades_and_dissolves_are_no_cuts() -> None:
    shares = np.linspace(0, 1, 25)
    dissolve = [np.round(room(0) * (1 - s) + room(1) * s).astype(np.uint8) for s in shares]
    assert cut_places(watched(dissolve, 25)) == []
    assert cut_places(watched([lit(room(0), s) for s in shares], 25)) == []


def test_time_may_start_again() -> None:
    found = watched(shots(25, 25), 25, start=100.0)
    assert cut_places(found) == [25]
    looped = watched([*shots(25, 25), *shots(25, 25)], 25, start=-1.0)
    assert cut_places(looped) == [25, 50, 75]


def test_the_cuts_of_a_real_film() -> None:
    """The demo's: cut at 5, 9, 13, 15.4 and 18.4 s, between insects that fly up and close-ups of them."""
    small = [shrink(frame.rgb, 64) for frame in Film.open(default_clip()).frames(side=256)]
    assert cut_places(watched(small, 25)) == [125, 225, 325, 385, 460]
    assert cut_places(watched(small[::2], 12.5)) == [63, 113, 163, 193, 230]
