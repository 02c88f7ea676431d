"""Scenes: a cut begins one or brings one back, and light gives it a key."""

from itertools import pairwise

import numpy as np

from score_bridge.mapping.scenes import BY_LIGHT, NO_KEY, NO_SCENES, Scenes, follow_scenes
from score_bridge.music.keys import KEY_NAMES
from score_bridge.vision.descriptors import Descriptors

SIZES = (("content", 40),)


def _picture(k: int, noise: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(k)
    here = 9 * rng.standard_normal(40) + noise * np.random.default_rng(99).standard_normal(40)
    return here.astype(np.float32)


def _seen(brightness: float, hue: float = 1 / 12, saturation: float = 0.5) -> Descriptors:
    return Descriptors(brightness, saturation, hue, 0.4, 0.2, 0.1, 0.0, False)


def _shown(pictures: list[int], scenes: Scenes = NO_SCENES) -> Scenes:
    """Ten vectors of each, with a cut between them."""
    time = 100.0 if scenes.known else 0.0
    for k in pictures:
        cut = time if scenes.known else None
        for n in range(10):
            scenes = follow_scenes(scenes, _picture(k, 0.3), SIZES, _seen(0.5), cut if n == 0 else None, time)
            time += 0.1
    return scenes


def test_a_cut_to_other_pictures_begins_a_scene_and_back_to_the_first_brings_it_back() -> None:
    scenes = _shown([1, 2, 3, 1])
    assert len(scenes.known) == 3
    assert scenes.now == 0
    assert scenes.known[0].begun > 2.9


def test_without_a_cut_it_is_one_scene_however_much_moves() -> None:
    scenes = NO_SCENES
    for n in range(30):
        scenes = follow_scenes(scenes, _picture(n), SIZES, _seen(0.5), None, 0.1 * n)
    assert len(scenes.known) == 1


def test_the_second_answer_to_a_cut_corrects_the_first() -> None:
    scenes = _shown([1, 2])
    scenes = follow_scenes(scenes, _picture(7), SIZES, _seen(0.5), 5.0, 5.0)  # content of the picture before the cut
    assert (scenes.now, len(scenes.known)) == (2, 3)
    scenes = follow_scenes(scenes, _picture(1, 0.2), SIZES, _seen(0.5), 5.0, 5.05)
    assert (scenes.now, len(scenes.known)) == (0, 2)


def test_a_vector_of_another_length_begins_anew() -> None:
    scenes = follow_scenes(_shown([1, 2]), np.zeros(3, np.float32), (("host", 3),), None, None, 9.0)
    assert (scenes.now, len(scenes.known)) == (0, 1)


def test_from_dark_and_cold_to_bright_and_warm_keys_go_along_the_circle_of_fifths() -> None:
    def key(brightness: float, hue: float) -> str:
        scenes = follow_scenes(NO_SCENES, _picture(1), SIZES, _seen(brightness, hue), None, 0.0)
        return KEY_NAMES[scenes.key]

    cold, warm = 1 / 12 + 0.5, 1 / 12
    assert key(0.1, cold) == BY_LIGHT[0]
    assert key(0.95, warm) == BY_LIGHT[-1]
    found = [BY_LIGHT.index(key(b, warm)) for b in np.linspace(0.05, 0.95, 10)]
    assert found == sorted(found)
    fifths = [(KEY_NAMES.index(name) % 12 + (3 if "minor" in name else 0)) * 7 % 12 for name in BY_LIGHT]
    assert all((b - a) % 12 in (0, 1) for a, b in pairwise(fifths))


def test_a_scene_keeps_its_key_and_a_black_picture_gives_none_yet() -> None:
    scenes = follow_scenes(NO_SCENES, _picture(1), SIZES, _seen(0.0), None, 0.0)
    assert scenes.key == NO_KEY
    lit = follow_scenes(scenes, _picture(1), SIZES, _seen(0.9), None, 0.1)
    later = follow_scenes(lit, _picture(1), SIZES, _seen(0.1), None, 0.2)
    assert lit.key == later.key != NO_KEY
