"""Answers, stillness, places and baselines of the picture evaluation, on values made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from score_bridge.engine.models import EngineModels
from score_bridge.evaluation.melody.probe import Melodies
from score_bridge.evaluation.picture.baselines import original, original_unnamed, play_film, random, shuffle_phrases
from score_bridge.evaluation.picture.cut_response import (
    Answer,
    Instants,
    answers,
    delay,
    first_differences,
    onset_share,
)
from score_bridge.evaluation.picture.evaluate import Setup, evaluate_film
from score_bridge.evaluation.picture.film_context import FilmContext, prepare_film
from score_bridge.evaluation.picture.metrics import Yardstick, mean_of, measure_norms
from score_bridge.evaluation.picture.moments import Rendition
from score_bridge.evaluation.picture.original_map import original_latents, whiten
from score_bridge.evaluation.picture.static_stability import changed_share, hold_still
from score_bridge.media.film import Film
from score_bridge.scoring.film_score import score_film
from score_bridge.scoring.stills import pictures_at
from score_bridge.settings import Settings
from score_bridge.vision.frame import shrink
from score_bridge.wire.controls import Controls
from tests.films import make_film, scene
from tests.tiny import tiny_models
from tests.training.made import scales

SETTINGS = Settings(controls=Controls(temperature=0.5, variation=0.0))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def watched(models: EngineModels, tmp_path_factory: pytest.TempPathFactory) -> FilmContext:
    film = Film.open(make_film(tmp_path_factory.mktemp("film") / "a.mp4", (1, 2, 3, 1, 4), seconds_each=2.0))
    return prepare_film(film, models, SETTINGS, None, lambda _: None)


def test_a_film_is_played_as_it_is_scored(watched: FilmContext, models: EngineModels) -> None:
    rendition, states = play_film(watched, models, SETTINGS, frozenset({16}))
    steps = score_film(watched.film, models, SETTINGS)
    assert rendition.tokens.tolist() == [d.token for d in steps.decided]
    assert set(states) == {0, 16}
    assert states[16].lead.step == 15


def test_an_answer_is_in_time_if_nothing_could_be_heard_before_it() -> None:
    played, stayed = np.array([0, 0, 50, 0], np.uint8), np.array([0, 0, 52, 0], np.uint8)
    assert first_differences(8, played, stayed) == Answer(8, could=2, did=2)
    assert first_differences(8, np.array([0, 0, 52, 9], np.uint8), stayed) == Answer(8, could=2, did=3)
    assert first_differences(8, np.zeros(4, np.uint8), np.zeros(4, np.uint8)) == Answer(8, None, None)
    found = [Answer(0, 2, 2), Answer(0, 2, 3), Answer(0, 1, None), Answer(0, None, None)]
    assert onset_share(found) == pytest.approx(1 / 3)
    assert delay(found) == 17.5
    assert onset_share([]) is None
    assert delay([]) is None


def test_cuts_are_answered_and_a_picture_that_rests_is_not(watched: FilmContext, models: EngineModels) -> None:
    instants = Instants.of(watched, 0)
    assert [round(c) for c in instants.cuts] == [2, 4, 6, 8]
    own, states = play_film(watched, models, SETTINGS, instants.states_wanted(watched))
    cuts, elsewhere = (
        answers(times, watched, (own.tokens, states), models, SETTINGS)
        for times in (instants.cuts, instants.elsewhere)
    )
    assert len(elsewhere) > 8
    assert (delay(cuts) or 0) < (delay(elsewhere) or 0)


def test_what_would_have_been_played_is_what_is_played_where_nothing_changes(
    watched: FilmContext, models: EngineModels
) -> None:
    alone = replace(watched, observations=watched.observations[:2])
    own, states = play_film(alone, models, SETTINGS, frozenset({24}))
    [answer] = answers((24 * watched.step_seconds,), alone, (own.tokens, states), models, SETTINGS)
    assert answer.did is None


def test_stillness_is_counted_from_the_third_phrase() -> None:
    phrases = np.zeros((4, 32), np.uint8)
    phrases[0] = 9
    assert changed_share(phrases) == 0
    phrases[3, :8] = 5
    assert changed_share(phrases) == 8 / 64


def test_a_frozen_frame_with_noise_plays_what_it_plays_without(watched: FilmContext, models: EngineModels) -> None:
    calm = Settings(controls=Controls(temperature=0.5, memory=0))
    still = hold_still(scene(1, 0, (256, 256)), watched, models, calm)
    assert still.noisy.shape == still.clean.shape == (4, 32)
    assert changed_share(still.clean) == 0
    assert changed_share(still.noisy) < 0.1


def test_pictures_are_those_shown_at_the_time(watched: FilmContext) -> None:
    first, third, last = pictures_at(watched.film, [0.5, 5.0, 99.0])
    assert np.abs(first.astype(int) - shrink(scene(1, 10, (96, 128)), 256)).mean() < 12
    assert np.abs(first.astype(int) - third).mean() > 20
    assert np.abs(first.astype(int) - last).mean() > 20


def test_norms_are_counted_after_three_seconds() -> None:
    latents = np.concatenate([np.full((24, 4), 9.0), np.full((8, 4), 1.0), np.full((8, 4), 2.0)]).astype(np.float32)
    found = measure_norms(Rendition(np.zeros(40, np.uint8), latents), 0.125, rms=2.0)
    assert found["z_rms_ratio"] == pytest.approx(np.sqrt(2.5))
    assert found["z_norm_range"] == [1.0, 2.0]
    assert measure_norms(Rendition(np.zeros(8, np.uint8), latents[:8]), 0.125, rms=2.0)["z_rms_ratio"] is None


def test_the_mean_of_draws_goes_key_by_key() -> None:
    a = {"x": 1.0, "n": {"k": 2.0}, "r": [0.0, 1.0], "none": None}
    b = {"x": 2.0, "n": {"k": 4.0}, "r": [2.0, 3.0], "none": 1.0}
    assert mean_of([a, b]) == {"x": 1.5, "n": {"k": 3.0}, "r": [1.0, 2.0], "none": None}


def test_whitening_makes_every_axis_as_loud() -> None:
    features = (np.random.default_rng(0).standard_normal((50, 6)) * [9, 5, 2, 1, 0.1, 0]).astype(np.float32)
    white = whiten(features, 32)
    assert white.shape == (50, 5)
    assert np.cov(white, rowvar=False) == pytest.approx(np.eye(5), abs=1e-6)
    assert whiten(features[:4], 32).shape == (4, 3)
    assert whiten(features, 2).shape == (50, 2)
    assert whiten(np.ones((9, 6), np.float32), 32).shape == (9, 0)


def test_the_originals_latents_are_means_over_their_variance_and_then_noise(watched: FilmContext) -> None:
    latents = original_latents(watched, 100, seed=3)
    features = watched.content
    assert features.shape[1] == 192
    kept = whiten(features, 100).shape[1]
    assert latents.shape == (3, 100)
    assert kept < 100
    assert (latents[:, kept:] == np.random.default_rng(3).standard_normal(100).astype(np.float32)[kept:]).all()
    means = [watched.at_steps(whiten(features, 100))[at : at + 32].mean(0) for at in (0, 32, 64)]
    assert latents[:, :kept] == pytest.approx(np.array(means) / np.var(means), rel=1e-4)


def test_baselines_are_as_long_as_the_film_and_out_of_its_order(watched: FilmContext, models: EngineModels) -> None:
    own, _ = play_film(watched, models, SETTINGS)
    first = original(watched, models.decoder, SETTINGS)
    unnamed = original_unnamed(watched, models.decoder, SETTINGS)
    free, moved = random(watched, models.decoder, SETTINGS), shuffle_phrases(own, models.decoder, SETTINGS)
    assert [sorted(u.latents[0]) for u in unnamed] == [sorted(first.latents[0])] * len(unnamed)
    for rendition in (first, *unnamed, *free, *moved):
        assert rendition.tokens.shape == (80,)
        assert rendition.latents.shape == (80, 8)
    for rendition in moved:
        assert not (rendition.latents[:32] == own.latents[:32]).all()
    assert (original(watched, models.decoder, SETTINGS).tokens == first.tokens).all()


def test_the_same_film_gives_the_same_figures_and_other_controls_others(
    watched: FilmContext, models: EngineModels
) -> None:
    yardstick = Yardstick.of(Melodies.of(scales(30, bars=16), 16, 0), models.melody.posterior.rms)
    found = [
        evaluate_film(watched.film, Setup(models, Settings(controls=Controls(energy=energy)), yardstick), 4.0).figures
        for energy in (1.0, 1.0, 0.2)
    ]
    assert found[0] == found[1]
    assert found[0]["z_rms_ratio"] > found[2]["z_rms_ratio"]
    assert found[0]["seconds"] == 4.0
