"""Sequences as they are drawn: what is told of every phrase is what is true of it, moved or not."""

import numpy as np
import pytest
import torch

from score_bridge.music.character import KEYLESS, class_durations, keys_of, last_degrees
from score_bridge.music.tokens import FIRST_ON, VOCABULARY
from score_bridge.training.melody.phrase_library import PhraseLibrary, measure_scale
from score_bridge.training.melody.sequence_sampler import PHRASES, Sequences, draw_sequences
from tests.tiny import some_phrases

LINES = [row.ravel() for row in some_phrases(160, seed=3).reshape(20, 8, 32)]
SCALE = measure_scale(LINES, 0)


@pytest.fixture(scope="module")
def library() -> PhraseLibrary:
    return PhraseLibrary.of(LINES, SCALE, torch.device("cpu"))


@pytest.fixture(scope="module")
def drawn(library: PhraseLibrary) -> Sequences:
    torch.manual_seed(1)
    return draw_sequences(library, 128)


def test_there_is_a_phrase_from_every_bar_but_the_last_of_each_line(library: PhraseLibrary) -> None:
    assert len(library) == 20 * 15
    np.testing.assert_array_equal(library.phrases[16].numpy(), LINES[1][16:48])


def test_scores_keys_and_endings_are_those_of_the_phrases_as_moved(drawn: Sequences) -> None:
    phrases, keys = drawn.phrases.numpy().astype(np.uint8), drawn.key.numpy()
    np.testing.assert_allclose(drawn.scores.numpy(), SCALE.scores(phrases, keys), atol=1e-6)
    np.testing.assert_array_equal(drawn.ending.numpy(), last_degrees(phrases, keys))
    durations = class_durations(phrases).reshape(128, PHRASES, 12).sum(1)
    assert (keys_of(durations) == keys[::PHRASES]).mean() > 0.95  # moved, two keys may fit equally well
    assert len(KEYLESS) < drawn.scores.shape[1]


def test_notes_are_moved_together_and_stay_in_the_vocabulary(library: PhraseLibrary) -> None:
    high = PhraseLibrary.of(
        [np.where(line >= FIRST_ON, line + 24, line) for line in LINES], SCALE, torch.device("cpu")
    )
    torch.manual_seed(0)
    moved = draw_sequences(high, 256).phrases
    assert moved.max() == VOCABULARY - 1
    torch.manual_seed(0)
    low = draw_sequences(library, 256).phrases
    assert set((moved - low)[low >= FIRST_ON].tolist()) <= set(range(-12, 37))


def test_half_of_the_sequences_are_one_melody_and_the_rest_jumps_repeats_or_returns(drawn: Sequences) -> None:
    natural = torch.arange(128)[:, None] * PHRASES + torch.arange(128) // 32
    contiguous = (drawn.plan == natural).all(1)
    assert 0.35 < contiguous.float().mean() < 0.75
    own = drawn.plan // PHRASES == torch.arange(128)[:, None]
    assert own[drawn.part == 0].all()
    assert not own.all()
    assert set(drawn.part.flatten().tolist()) == {0, 1, 2}


def test_tokens_are_gathered_by_the_plan(drawn: Sequences) -> None:
    assert torch.equal(drawn.tokens[:, 70], drawn.phrases[drawn.plan[:, 70], 70 % 32])
