from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import Observation
from score_bridge.engine.state import StreamState
from score_bridge.evaluation.picture.film_context import FilmContext, prepare_film
from score_bridge.evaluation.picture.static_geometry import (
    StaticGeometry,
    begins,
    hold,
    hold_film,
    hold_others,
    means,
    measure_geometry,
)
from score_bridge.geometry import distances
from score_bridge.media.film import Film
from score_bridge.music.character import Scale
from score_bridge.music.tokens import HOLD, note_on
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls
from tests.films import make_film
from tests.tiny import some_phrases, tiny_models

SCALE = Scale.of(some_phrases(200, seed=1), np.zeros(200, np.int64))
SETTINGS = Settings(controls=Controls(temperature=0.5))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def watched(models: EngineModels, tmp_path_factory: pytest.TempPathFactory) -> FilmContext:
    path = make_film(tmp_path_factory.mktemp("film") / "a.mp4", (1, 2, 3, 1, 4, 2, 5), seconds_each=2.0)
    return prepare_film(Film.open(path), models, SETTINGS, None, lambda _: None)


def test_moments_are_two_seconds_long_and_begin_every_second(watched: FilmContext) -> None:
    assert begins(watched).tolist() == list(range(13))
    ramp = watched.times[:, None]
    np.testing.assert_allclose(means(watched, ramp)[:, 0], np.arange(13) + 1.0, atol=0.06)


def test_the_same_place_plays_the_same_phrase_at_any_variation(watched: FilmContext, models: EngineModels) -> None:
    places = np.repeat(np.random.default_rng(0).standard_normal((2, 8)).astype(np.float32), 2, axis=0)
    held = hold(places, replace_variation(1.0), models.decoder)
    assert (held.phrases[0] == held.phrases[1]).all()
    assert (held.phrases[0] != held.phrases[2]).any()


def replace_variation(value: float) -> Settings:
    return Settings(controls=Controls(temperature=0.5, variation=value))


def test_a_map_that_keeps_everything_has_full_marks_and_one_out_of_order_has_none(watched: FilmContext) -> None:
    """A film of a single number that grows, and phrases that differ in two more tokens every second."""
    growing = tuple(Observation.of_host((s.time,), s.seq, s.time) for s in watched.observations if s.complete)
    film = replace(watched, observations=growing, start=StreamState("main"))
    places = np.arange(13, dtype=np.float32)[:, None]
    ladder = (np.arange(32) < 2 * places).astype(np.uint8)
    found = measure_geometry(StaticGeometry(places, ladder), film, SCALE)
    assert [found["knn5"], found["spearman"]] == pytest.approx([1.0, 1.0], abs=0.06)
    assert [found["knn5_z"], found["spearman_z"]] == pytest.approx([1.0, 1.0], abs=0.06)
    assert found["knn5_chance"] == pytest.approx(5 / 12)
    mixed = np.random.default_rng(1).permutation(13)
    lost = measure_geometry(StaticGeometry(places[mixed], ladder[mixed]), film, SCALE)
    assert abs(lost["spearman"] or 1) < 0.3
    assert (lost["knn5"] or 1) < 0.55


def test_a_line_that_climbs_with_the_picture_is_heard_to_do_so(
    watched: FilmContext,
) -> None:
    """Tokens are as unlike between neighbours as between strangers: one semitone or twelve is another token."""
    growing = tuple(Observation.of_host((s.time,), s.seq, s.time) for s in watched.observations if s.complete)
    film = replace(watched, observations=growing, start=StreamState("main"))
    places = np.arange(13, dtype=np.float32)[:, None]
    climbing = np.where(np.arange(32) % 4 == 0, note_on(60) + np.arange(13)[:, None], HOLD).astype(np.uint8)
    found = measure_geometry(StaticGeometry(places, climbing), film, SCALE)
    assert (found["spearman"] or 0) < 0.2 < 0.6 < (found["spearman_heard"] or 0)
    assert (found["knn5_heard"] or 0) > (found["knn5"] or 0)
    assert (found["spearman_heard"] or 0) > (found["spearman_heard_shape"] or 0)  # the same but for pitch classes
    mixed = np.random.default_rng(1).permutation(13)
    lost = measure_geometry(StaticGeometry(places[mixed], climbing[mixed]), film, SCALE)
    assert abs(lost["spearman_heard"] or 1) < 0.3


def test_what_it_is_held_against_has_as_many_moments(watched: FilmContext, models: EngineModels) -> None:
    own = hold_film(watched, models, SETTINGS)
    assert own.phrases.shape == (13, 32)
    others = hold_others(own, watched, models, SETTINGS)
    assert {name: len(draws) for name, draws in others.items()} == {
        "original": 1, "original_unnamed": 4, "random": 4, "shuffled": 4,
    }  # fmt: skip
    assert all(draw.phrases.shape == (13, 32) for draws in others.values() for draw in draws)
    assert sorted(map(tuple, others["shuffled"][0].latents)) == sorted(map(tuple, own.latents))


def test_distances_are_those_of_numpy() -> None:
    rows = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    np.testing.assert_allclose(distances(rows), np.linalg.norm(rows[:, None] - rows[None], axis=-1), atol=1e-6)


def test_content_is_told_from_the_other_groups(watched: FilmContext) -> None:
    assert watched.content.shape[1] == 192
    assert watched.features.shape[1] == 192 + 16 + 12 + 16
    own = tuple(Observation.of_host(tuple(s.features), 0, s.time) for s in watched.observations if s.complete)
    bare = replace(watched, observations=own)
    assert bare.content.shape == watched.features.shape


def test_films_may_be_shorter_than_a_moment(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1,), seconds_each=0.4))
    short = prepare_film(film, models, SETTINGS, None, lambda _: None)
    found = measure_geometry(hold_film(short, models, SETTINGS), short, SCALE)
    assert set(found.values()) == {None}
