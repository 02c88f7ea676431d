from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.mapping import anchor_interpolation
from score_bridge.mapping.anchor_interpolation import latent_with_anchors
from score_bridge.mapping.anchors import UNTAUGHT, Anchor, AnchorSet, add_anchor
from score_bridge.mapping.attention import Attention
from score_bridge.mapping.calibration import Calibration, attend, calibrate, learn, refresh
from score_bridge.mapping.latent_map import FADE_SECONDS, GREATEST_NORM, Target, latent_of
from score_bridge.settings import MAX_STREAMS
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]
PLAIN = Controls()
LATER = 100.0
SIZE, LATENT = 40, 24


def _target() -> Target:
    rng = np.random.default_rng(9)
    axes = np.linalg.qr(rng.standard_normal((LATENT, LATENT)))[0].astype(np.float32)
    std = np.linspace(1.2, 0.4, LATENT).astype(np.float32)
    return Target(np.full(LATENT, 0.1, np.float32), axes, std, float(np.sqrt((std**2).sum())))


TARGET = _target()


def _film(scenes: int = 12, each: int = 30) -> Floats:
    """Scenes that differ, within each a slow walk."""
    rng = np.random.default_rng(4)
    places = rng.standard_normal((scenes, 1, SIZE))
    walks = 0.05 * np.cumsum(rng.standard_normal((scenes, each, SIZE)), axis=1)
    film: Floats = (places + walks).reshape(-1, SIZE).astype(np.float32)
    return film


FILM = _film()
SEEN = calibrate(FILM)


def _latent(seed: int) -> Floats:
    rng = np.random.default_rng(1000 + seed)
    latent: Floats = (TARGET.mean + (rng.standard_normal(LATENT) * TARGET.std) @ TARGET.axes).astype(np.float32)
    return latent


def _taught(*pictures: int) -> AnchorSet:
    known = UNTAUGHT
    for k in pictures:
        known = add_anchor(known, Anchor(f"p{k}", FILM[k], _latent(k), "played"))
    return known


def _at(
    x: Floats, known: AnchorSet, seen: Calibration = SEEN, controls: Controls = PLAIN, time: float = LATER
) -> Floats:
    return latent_with_anchors(x, known, seen, TARGET, controls, time)


def _worst(known: AnchorSet, seen: Calibration = SEEN, controls: Controls = PLAIN, time: float = LATER) -> float:
    return max(float(np.abs(_at(a.features, known, seen, controls, time) - a.place).max()) for a in known.anchors)


def _moved(x: Floats, known: AnchorSet) -> float:
    return float(np.linalg.norm(_at(x, known) - latent_of(x, SEEN, TARGET, PLAIN, LATER))) / TARGET.rms


@pytest.mark.parametrize("pictures", [(15,), (15, 75, 135, 195), tuple(range(0, 360, 3))])
def test_every_anchor_plays_exactly_what_it_was_taught(pictures: tuple[int, ...]) -> None:
    assert _worst(_taught(*pictures)) < 1e-4


@pytest.mark.parametrize(
    "controls", [Controls(shuffle=7), Controls(invert="on"), Controls(energy=0.0), Controls(energy=2.0)]
)
def test_anchors_hold_however_the_map_is_turned(controls: Controls) -> None:
    assert _worst(_taught(15, 75, 135), controls=controls) < 1e-4


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_anchors_hold_while_a_fresh_basis_is_faded_in(share: float) -> None:
    early = replace(calibrate(FILM[:100]), frozen=False)
    later = refresh(learn(early, FILM[100:], 50.0), 50.0)
    assert later.basis is not later.before
    assert _worst(_taught(15, 75, 135), later, time=50.0 + share * FADE_SECONDS) < 1e-4


def test_anchors_hold_for_another_attention_until_it_no_longer_tells_them_apart() -> None:
    weights = np.ones(SIZE, np.float32)
    weights[: SIZE // 2] = 0
    assert _worst(_taught(15, 75), attend(SEEN, Attention(weights), 0.0)) < 1e-4
    blind = attend(SEEN, Attention(np.zeros(SIZE, np.float32)), 0.0)
    known = _taught(15, 75)
    np.testing.assert_allclose(_at(FILM[0], known, blind), known.anchors[-1].place, atol=1e-4)


def test_without_anchors_the_map_is_as_it_was() -> None:
    for x in FILM[::40]:
        np.testing.assert_array_equal(_at(x, UNTAUGHT), latent_of(x, SEEN, TARGET, PLAIN, LATER))


def test_one_anchor_rules_its_scene_and_leaves_the_others() -> None:
    known = _taught(15)
    scene = [_moved(x, known) for x in FILM[13:18]]
    assert min(scene) > 0.9 * max(scene)
    assert max(_moved(x, known) for x in FILM[30:]) < 0.15 * max(scene)


def test_far_from_all_anchors_the_map_is_as_it_was() -> None:
    known = _taught(15, 75, 135, 195)
    far = (FILM[15] + 4 * SEEN.basis.unit * np.eye(SIZE, dtype=np.float32)[0]).astype(np.float32)
    assert _moved(far, known) < 1e-3


def test_a_still_camera_does_not_make_every_picture_the_anchor() -> None:
    rng = np.random.default_rng(2)
    film = (FILM[0] + 0.01 * rng.standard_normal((300, SIZE))).astype(np.float32)
    seen = calibrate(film)
    known = add_anchor(UNTAUGHT, Anchor("a", film[150], _latent(0), "played"))
    pull = [np.linalg.norm(_at(x, known, seen) - latent_of(x, seen, TARGET, PLAIN, LATER)) for x in film]
    assert np.median(pull) < 0.2 * pull[150]


def test_no_latent_leaves_melody_space() -> None:
    wild = [Anchor(f"w{k}", FILM[k], 50 * _latent(k), "played") for k in (15, 75, 135)]
    known = UNTAUGHT
    for anchor in wild:
        known = add_anchor(known, anchor)
    for x in FILM[::7]:
        assert np.linalg.norm(_at(x, known)) <= GREATEST_NORM * TARGET.rms * 1.0001


def test_the_way_between_taught_pictures_is_smooth() -> None:
    known = _taught(15, 75, 135, 195)
    for a, b in ((15, 75), (135, 300), (250, 300)):
        path = FILM[a] + (FILM[b] - FILM[a]) * np.linspace(0, 1, 1001, dtype=np.float32)[:, None]
        latents = np.stack([_at(x, known) for x in path])
        stride = float(np.linalg.norm(path[1] - path[0])) / SEEN.basis.unit
        steps = np.linalg.norm(np.diff(latents, axis=0), axis=1) / TARGET.rms / stride
        assert steps.max() < 6.0  # melody radii a standard deviation of the picture; the bare map has about 1


def test_of_anchors_in_one_place_the_newest_wins_and_close_ones_both_hold() -> None:
    known = _taught(15, 75)
    same = add_anchor(known, Anchor("same", FILM[15], _latent(99), "midi"))
    np.testing.assert_allclose(_at(FILM[15], same), _latent(99), atol=1e-4)
    np.testing.assert_allclose(_at(FILM[75], same), _latent(75), atol=1e-4)
    near = FILM[15] + np.float32(0.03 * SEEN.basis.unit) * np.eye(SIZE, dtype=np.float32)[0]
    both = add_anchor(known, Anchor("near", near, _latent(99), "midi"))
    assert _worst(both) < 1e-3


@pytest.mark.parametrize("apart", [0.025, 0.05, 0.08])
def test_a_scene_taught_again_plays_the_newer_phrase_wherever_within_the_deadband_it_comes_back(apart: float) -> None:
    rng = np.random.default_rng(6)

    def near(distance: float) -> Floats:
        way = rng.standard_normal(SIZE)
        picture: Floats = (FILM[15] + distance * SEEN.basis.unit * way / np.linalg.norm(way)).astype(np.float32)
        return picture

    known = add_anchor(_taught(15), Anchor("again", near(apart), _latent(99), "played"))
    apart_phrases = np.linalg.norm(_latent(99) - _latent(15))
    for _ in range(20):
        assert np.linalg.norm(_at(near(0.05), known) - _latent(99)) < 0.15 * apart_phrases
    assert _worst(known) < 1e-3


def test_anchors_of_other_lengths_have_no_effect() -> None:
    other = add_anchor(UNTAUGHT, Anchor("a", np.zeros(SIZE + 1, np.float32), _latent(0), "played"))
    elsewhere = add_anchor(UNTAUGHT, Anchor("a", FILM[0], np.zeros(LATENT + 1, np.float32), "played"))
    for known in (other, elsewhere):
        np.testing.assert_array_equal(_at(FILM[0], known), latent_of(FILM[0], SEEN, TARGET, PLAIN, LATER))


def test_nothing_is_solved_twice() -> None:
    known = _taught(15, 75, 135)
    before = anchor_interpolation._solve.cache_info().misses
    seen = replace(SEEN, frozen=False, next_refresh=1e9)
    for x in FILM[:20]:
        seen = learn(seen, x, LATER)
        _at(x, known, seen)
    assert seen.pictures == SEEN.pictures + 20
    assert anchor_interpolation._solve.cache_info().misses == before + 1


def test_every_stream_of_a_full_server_keeps_its_solutions_while_its_basis_changes() -> None:
    streams = [add_anchor(UNTAUGHT, Anchor(f"{n}", FILM[n], _latent(n), "played")) for n in range(MAX_STREAMS)]
    seen = replace(SEEN, before=replace(SEEN.basis), changed=LATER)
    before = anchor_interpolation._solve.cache_info().misses
    for _ in range(2):
        for known in streams:
            latent_with_anchors(FILM[40], known, seen, TARGET, PLAIN, LATER)
    assert anchor_interpolation._solve.cache_info().misses == before + 2 * MAX_STREAMS
