from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import Observation
from score_bridge.media.film import Film
from score_bridge.scoring.film_score import score_film
from score_bridge.scoring.shots import align_scenes, find_shots
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import Descriptors
from tests.films import make_film
from tests.tiny import tiny_models

PLAIN = Descriptors(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0, False)
HERE, THERE = np.zeros(40, np.float32), np.zeros(40, np.float32)
HERE[:20], THERE[20:] = 8.0, 8.0


def shot(place: NDArray[np.float32], seed: int, begin: float, gap: float = 0.0) -> list[Observation]:
    """One second in a place: pictures around a mean that is `gap` away from it; motion as it comes."""
    rng = np.random.default_rng(seed)
    way = rng.standard_normal(40)
    content = place + gap * way / np.linalg.norm(way) + rng.standard_normal((10, 40))
    motion = rng.uniform(0, 9, (10, 2))
    groups = zip(content.astype(np.float32), motion.astype(np.float32), strict=True)
    return [
        Observation(i, begin + i / 10, replace(PLAIN, cut=i == 0 and begin > 0), {"content": what, "motion": how})
        for i, (what, how) in enumerate(groups)
    ]


def film(*places: tuple[NDArray[np.float32], float]) -> list[Observation]:
    return [s for i, (place, gap) in enumerate(places) for s in shot(place, i, float(i), gap)]


def vectors(seen: list[Observation]) -> NDArray[np.float32]:
    return np.stack([s.features for s in seen if s.complete])


def test_a_place_seen_again_is_the_same_scene() -> None:
    seen = film((HERE, 0), (THERE, 0), (HERE, 10), (HERE + THERE, 0), (THERE, 10))
    shots = find_shots(seen, 5.0)
    assert [s.scene for s in shots] == [1, 2, 1, 3, 2]
    assert [(s.begin, s.end) for s in shots] == [(i, i + 1.0) for i in range(5)]


def test_what_is_far_off_or_points_elsewhere_is_another_scene() -> None:
    dim = (HERE / np.float32(8), THERE / np.float32(8))  # near each other, and nothing in common
    assert [s.scene for s in find_shots(film((HERE, 0), (HERE * np.float32(2), 0)), 2.0)] == [1, 2]
    assert [s.scene for s in find_shots(film((dim[0], 0), (dim[1], 0)), 2.0)] == [1, 2]


def test_a_chain_of_small_changes_joins_nothing() -> None:
    """Each is like its neighbours, the third not like the first."""
    steps = [HERE * np.float32(1 + 0.5 * i) for i in range(3)]
    assert [s.scene for s in find_shots(film(*((step, 0) for step in steps)), 3.0)] == [1, 1, 2]


def test_a_returning_shot_comes_to_its_scene_calmer_and_keeps_its_motion() -> None:
    seen = film((HERE, 0), (THERE, 0), (HERE, 12))
    before, after = (vectors(s) for s in (seen, align_scenes(seen, find_shots(seen, 3.0))))
    first, other, later = slice(0, 10), slice(10, 20), slice(20, 30)
    assert np.linalg.norm(before[first, :40].mean(0) - before[later, :40].mean(0)) > 10
    np.testing.assert_allclose(after[first, :40].mean(0), after[later, :40].mean(0), atol=1e-4)
    np.testing.assert_allclose(np.diff(after[later, :40], axis=0), np.diff(before[later, :40], axis=0) / 2, atol=1e-4)
    np.testing.assert_array_equal(after[:, 40:], before[:, 40:])
    np.testing.assert_array_equal(after[other], before[other])


def test_vectors_of_unknown_groups_are_never_taken_for_the_same() -> None:
    seen = [replace(s, groups={"host": s.features}) for s in film((HERE, 0), (HERE, 0))]
    assert [s.scene for s in find_shots(seen, 2.0)] == [1, 2]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


def test_a_film_s_score_knows_its_scenes(models: EngineModels, tmp_path: Path) -> None:
    steps = score_film(Film.open(make_film(tmp_path / "a.mp4", (1, 2, 1, 3, 2))), models, Settings())
    assert [s.scene for s in steps.shots] == [1, 2, 1, 3, 2]
    assert [s.begin for s in steps.shots] == [0.0, *steps.cuts]
    assert steps.shots[-1].end == steps.seconds
