"""The arithmetic of the evaluation, by hand."""

import numpy as np
import pytest
import torch

from score_bridge.evaluation.melody.evaluate import mmd
from score_bridge.evaluation.melody.ngram import EVENTS, NGram, event_bigram, events, mean_cost, token_trigram
from score_bridge.evaluation.statistics import in_key, note_statistics, spearman, variety
from score_bridge.models.sphere import slerp
from score_bridge.music.tokens import OFF, note_on


def _phrase(*events_at: tuple[int, int]) -> np.ndarray:
    phrase = np.zeros(32, np.uint8)
    for at, pitch in events_at:
        phrase[at] = note_on(pitch)
    return phrase


def test_an_ngram_gives_chances_that_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    model = NGram([rng.integers(0, 6, 400) for _ in range(5)], size=6, order=3)
    assert model.chances[..., :6].sum(-1).max() <= 1 + 1e-9
    assert model.chances.sum(-1) == pytest.approx(np.ones((7, 7)))


def test_what_was_learned_is_cheap_and_a_context_helps() -> None:
    line = np.tile([0, 1, 2, 3], 50)
    trigram, unigram = NGram([line], 4, 3), NGram([line], 4, 1)
    assert trigram.cost(line)[4:].mean() < 0.1
    assert unigram.cost(line).mean() == pytest.approx(np.log(4), rel=0.05)
    assert trigram.cost(line[::-1]).mean() > 1
    assert len(trigram.cost(np.zeros(0, np.int64))) == 0


def test_events_are_intervals_with_lengths() -> None:
    up, down = events(_phrase((0, 60), (4, 62))), events(_phrase((0, 62), (4, 60)))
    assert len(up) == 1
    assert up != down
    assert events(_phrase((0, 70), (4, 72))) == up
    assert events(_phrase((0, 60), (5, 62))) == up  # five sixteenths count as four
    assert events(_phrase((0, 60), (2, 62))) != up
    assert events(_phrase((0, 40), (31, 100)))[0] < EVENTS
    assert len(events(_phrase((3, 60)))) == 0


def test_scrambled_melodies_cost_more() -> None:
    scale = [_phrase(*((t, 60 + k % 12 + (0, 2, 4, 5)[t // 2 % 4]) for t in range(0, 32, 2))) for k in range(40)]
    phrases = np.stack(scale)
    scrambled = np.random.default_rng(0).permuted(phrases, axis=1)
    trigram, bigram = token_trigram(scale), event_bigram(scale)
    assert mean_cost(trigram, scrambled) > 1.5 * mean_cost(trigram, phrases)
    assert mean_cost(bigram, scrambled, of_events=True) > 1.5 * mean_cost(bigram, phrases, of_events=True)


def test_statistics_by_hand() -> None:
    tune = _phrase((0, 60), (4, 60), (9, 62), (12, 72))
    found = note_statistics(tune[None])
    assert found["notes"] == 4
    assert found["off_beat"] == 0.25
    assert (found["repeated"], found["steps"], found["leaps"]) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert found["range"] == 12
    assert found["pitch_class_entropy"] == pytest.approx(-(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)))
    silent = note_statistics(np.full((2, 32), OFF, np.uint8))
    assert set(silent.values()) == {0.0}


def test_variety_is_the_mean_share_that_differs() -> None:
    a, b = _phrase((0, 60)), _phrase((0, 60), (4, 62), (8, 64))
    assert variety(np.stack([a, b])) == pytest.approx(2 / 32)
    assert variety(np.stack([a, a])) == 0
    assert variety(a[None]) == 0


def test_in_key_is_the_best_scale() -> None:
    assert in_key(_phrase(*((i, 60 + p) for i, p in enumerate((0, 2, 4, 5, 7, 9, 11))))[None]) == 1
    assert in_key(_phrase(*((i, 60 + i) for i in range(12)))[None]) == pytest.approx(7 / 12)


def test_spearman_with_ties() -> None:
    x = np.arange(5, dtype=np.float32)
    assert spearman(np.array([1.0, 2, 3, 4, 100]), x) == pytest.approx(1)
    assert spearman(np.array([5.0, 4, 3, 2, 1]), x) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1, 2, 2, 3]), x) == pytest.approx(0.9486833)
    assert spearman(np.ones(5), x) == 0


def test_the_discrepancy_tells_another_distribution() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(200, 8, generator=generator), torch.randn(200, 8, generator=generator)
    assert abs(mmd(a, b)) < 0.01
    assert mmd(a, b + 1) > 0.1


def test_slerp_keeps_to_the_sphere() -> None:
    a, b = np.array([[2.0, 0.0]], np.float32), np.array([[0.0, 2.0]], np.float32)
    assert np.linalg.norm(slerp(a, b, 0.5)) == pytest.approx(2)
    np.testing.assert_allclose(slerp(a, b, 0.0), a)
    np.testing.assert_allclose(slerp(a, b, 1.0), b, atol=1e-6)
    np.testing.assert_allclose(slerp(a, a, 0.3), a, atol=1e-3)
    shares = np.array([[0.0], [1.0]], np.float32)
    both = slerp(np.repeat(a, 2, 0), np.repeat(b, 2, 0), shares)
    np.testing.assert_allclose(both, np.concatenate((a, b)), atol=1e-6)
