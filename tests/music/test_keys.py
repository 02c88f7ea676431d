import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.music.keys import NAMES, Estimate, durations, key_of
from score_bridge.music.tokens import HOLD, OFF, note_on

C_MAJOR = [(60, 4), (62, 2), (64, 4), (65, 2), (67, 8), (64, 4), (62, 4), (60, 4), (59, 2), (60, 8)]
A_MINOR = [(57, 6), (60, 2), (64, 6), (62, 2), (60, 4), (59, 2), (56, 2), (57, 8), (64, 4), (60, 4), (57, 8)]


def tune(notes: list[tuple[int, int]], up: int = 0) -> list[int]:
    return [token for pitch, length in notes for token in (note_on(pitch + up), *[HOLD] * (length - 1))]


def found(tokens: list[int], transpose: int = 0) -> Estimate:
    estimate = key_of(tokens, transpose)
    assert estimate is not None
    return estimate


def test_plain_tunes() -> None:
    assert found(tune(C_MAJOR)).name == "C major"
    assert found(tune(A_MINOR)).name == "A minor"


@pytest.mark.parametrize("up", range(12))
def test_the_key_moves_with_the_tune(up: int) -> None:
    moved = found(tune(C_MAJOR, up))
    assert moved.name == f"{NAMES[up]} major"
    assert found(tune(C_MAJOR), transpose=up) == pytest.approx(moved)
    assert moved.certainty == pytest.approx(found(tune(C_MAJOR)).certainty)


def test_time_counts_and_not_the_number_of_notes() -> None:
    spent = durations([HOLD, note_on(60), HOLD, HOLD, OFF, HOLD, note_on(64), note_on(72)])
    assert spent.tolist() == [4, 0, 0, 0, 1, *[0] * 7]


def test_it_is_unsure_of_little_and_surer_of_more() -> None:
    assert key_of([HOLD, OFF, HOLD]) is None
    every = [token for pitch in range(60, 72) for token in (note_on(pitch), HOLD)]
    assert found(every).certainty == pytest.approx(1 / 24)
    assert 1 / 24 < found(tune(C_MAJOR)[:8]).certainty < found(tune(C_MAJOR)).certainty
    assert found(tune(C_MAJOR)).certainty < found(tune(C_MAJOR) * 4).certainty < 1


@given(st.lists(st.integers(0, 89), min_size=1, max_size=128))
def test_any_tokens_have_a_key_or_none(tokens: list[int]) -> None:
    estimate = key_of(tokens)
    assert (estimate is None) == (not np.any(durations(tokens)))
    if estimate:
        root, mode = estimate.name.split()
        assert root in NAMES
        assert mode in ("major", "minor")
        assert 1 / 24 - 1e-9 <= estimate.certainty <= 1
