"""Whether the figures of faithfulness say what is so, where it is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.evaluation.geometry_metrics import moves, neighbours_kept, rank_agreement, retrieval_auc
from score_bridge.evaluation.picture.metrics import FOLLOWING, following
from score_bridge.evaluation.picture.moments import ENOUGH, Rendition, apart, between_music, between_places, moments

Floats = NDArray[np.float32]

PHRASES = 80


def _phrases(seed: int, count: int = PHRASES) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 90, (count, 32)).astype(np.uint8)


def _film(scenes: NDArray[np.int64], tunes: NDArray[np.int64]) -> tuple[Floats, Rendition]:
    """Pictures (T, 8) of a scene a phrase, and the tune played to each, from a latent that is the scene."""
    places = np.random.default_rng(5).standard_normal((scenes.max() + 1, 8)).astype(np.float32)
    features = np.repeat(places[scenes], 32, axis=0)
    return features, Rendition(_phrases(1, tunes.max() + 1)[tunes].ravel(), features)


def _faithful_film() -> tuple[Floats, Rendition]:
    """Music on a line like its pictures: phrase k shares with phrase j all places but |k - j|."""
    order = np.random.default_rng(0).permutation(30)
    tokens = np.where(np.arange(32) < order[:, None], 40, 50).astype(np.uint8)
    features = np.repeat(order[:, None].astype(np.float32), 32, axis=0)
    return np.repeat(features, 3, axis=1), Rendition(tokens.ravel(), features)


def test_a_long_films_moments_are_its_phrases_and_a_short_ones_overlap() -> None:
    assert moments(32 * ENOUGH).tolist() == list(range(0, 32 * ENOUGH, 32))
    short = moments(80)
    assert short.tolist() == list(range(0, 49, 4))
    assert apart(short)[0].tolist() == [False] * 4 + [True] * 9
    assert len(moments(31)) == 0


def test_what_two_moments_share_does_not_make_them_alike() -> None:
    rng = np.random.default_rng(0)
    tokens, values = rng.integers(0, 90, 80).astype(np.uint8), rng.standard_normal((80, 3)).astype(np.float32)
    begins = np.array([0, 16, 40])
    music, places = between_music(tokens, begins), between_places(values, begins)
    assert music[0, 1] == np.mean(tokens[0:16] != tokens[32:48])
    turned = np.concatenate([tokens[64:72], tokens[40:64]])  # a moment that begins at the ninth place of a phrase
    assert music[0, 2] == np.mean(tokens[0:32] != turned)
    assert places[0, 1] == pytest.approx(np.linalg.norm(values[0:16].mean(0) - values[32:48].mean(0)))
    assert places[0, 2] == pytest.approx(np.linalg.norm(values[0:32].mean(0) - values[40:72].mean(0)))
    assert (music == music.T).all()
    assert (places == places.T).all()


def test_a_repeated_phrase_is_alike_wherever_a_moment_begins() -> None:
    tokens = np.tile(_phrases(0, 1).ravel(), 4)
    assert between_music(tokens, moments(128)).max() == 0


def test_music_that_keeps_the_pictures_distances_has_full_marks() -> None:
    features, rendition = _faithful_film()
    begins = np.arange(0, len(features), 32)
    pairs = apart(begins)
    pictures, music = between_places(features, begins), between_music(rendition.tokens, begins)
    kept = neighbours_kept(pictures, music, pairs)
    assert kept is not None
    assert kept[0] > 0.9  # a moment's neighbours on either side tie for the fifth place, in both
    anywhere = between_places(np.random.default_rng(0).standard_normal((len(features), 3)).astype(np.float32), begins)
    assert neighbours_kept(anywhere, anywhere**2, pairs) == pytest.approx((1.0, 5 / 29))
    assert rank_agreement(pictures, music, pairs) == pytest.approx(1.0)
    auc = retrieval_auc(pictures, music, pairs)
    assert auc is not None
    assert auc > 0.95


def test_scenes_that_each_have_a_tune_are_found_by_it() -> None:
    scenes = np.random.default_rng(0).integers(0, 8, PHRASES)
    features, rendition = _film(scenes, scenes)
    features = features + np.random.default_rng(1).normal(0, 0.01, features.shape).astype(np.float32)
    found = following(Rendition(rendition.tokens, features), features)
    assert found["knn5"] > 0.4  # the music is the same at nine others, and which five of them is all one
    assert found["retrieval_auc"] > 0.9
    assert found["spearman"] > 0.3


def test_music_that_knows_nothing_of_the_pictures_has_chance() -> None:
    rng = np.random.default_rng(0)
    scenes, found = rng.integers(0, 40, PHRASES), []
    for _ in range(8):
        features, rendition = _film(scenes, rng.integers(0, 40, PHRASES))
        found.append([following(rendition, features)[key] for key in ("knn5", "spearman", "retrieval_auc")])
    knn5, spearman, auc = np.mean(found, axis=0)
    assert knn5 == pytest.approx(5 / (PHRASES - 1), abs=0.03)
    assert spearman == pytest.approx(0, abs=0.06)
    assert auc == pytest.approx(0.5, abs=0.04)


def test_overlapping_moments_of_unrelated_music_have_chance_too() -> None:
    """Features drift slowly, so neighbours in time are alike; that must not count for music that is not."""
    rng = np.random.default_rng(0)
    found = []
    for seed in range(12):
        features = np.cumsum(rng.standard_normal((240, 4)), axis=0).astype(np.float32)
        rendition = Rendition(_phrases(seed, 8).ravel()[:240], features)
        figures = following(rendition, features)
        found.append([figures[key] for key in ("knn5", "spearman", "retrieval_auc")] + [figures["knn5_chance"]])
    knn5, spearman, auc, chance = np.mean(found, axis=0)
    assert knn5 == pytest.approx(chance, abs=0.06)
    assert spearman == pytest.approx(0, abs=0.12)
    assert auc == pytest.approx(0.5, abs=0.1)


def test_ties_count_as_broken_at_random() -> None:
    pairs = ~np.eye(11, dtype=bool)
    pictures = np.abs(np.arange(11)[:, None] - np.arange(11)).astype(float)
    same = np.zeros((11, 11))
    assert neighbours_kept(pictures, same, pairs) == pytest.approx((0.5, 0.5))
    assert retrieval_auc(pictures, same, pairs) == pytest.approx(0.5, abs=0.1)
    assert neighbours_kept(pictures[:6, :6], same[:6, :6], pairs[:6, :6]) is None


def test_a_film_that_stands_still_or_is_too_short_has_no_figures() -> None:
    still = np.ones((400, 4), np.float32)
    assert set(following(Rendition(_phrases(0).ravel()[:400], still), still).values()) == {None}
    short = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
    assert following(Rendition(_phrases(0).ravel()[:40], short), short) == dict.fromkeys(FOLLOWING)
    assert not moves(np.zeros((0, 0)), np.zeros((0, 0), bool))
