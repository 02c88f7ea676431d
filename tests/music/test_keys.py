import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.music.keys import NAMES, Estimate, durations, key_of, key_of_notes
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


@pytest.mark.parametrize("root", range(12))
def test_cadences_show_their_key(root: int) -> None:
    major = [0, 4, 7, 5, 9, 0, 7, 11, 2, 0, 4, 7]
    minor = [0, 3, 7, 5, 8, 0, 7, 11, 2, 0, 3, 7]
    assert key_of_notes([60 + root + p for p in major])[:2] == (root, "major")
    assert key_of_notes([48 + root + p for p in minor])[:2] == (root, "minor")


def test_long_notes_weigh_more() -> None:
    ambiguous = [60, 64, 69]
    assert key_of_notes(ambiguous, [4.0, 2.0, 0.1])[:2] == (0, "major")
    assert key_of_notes(ambiguous, [1.0, 2.0, 4.0])[:2] == (9, "minor")


def test_a_perfect_profile_is_a_correlation_of_one() -> None:
    profile = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]
    root, mode, strength = key_of_notes(range(7, 19), profile)
    assert (root, mode, round(strength, 9)) == (7, "major", 1.0)


@pytest.mark.parametrize("nothing", [[], list(range(60, 72))])
def test_no_key_has_no_strength(nothing: list[int]) -> None:
    assert key_of_notes(nothing) == (0, "major", 0.0)


def test_music21_agrees() -> None:
    analysis = pytest.importorskip("music21.analysis.discrete")
    stream = pytest.importorskip("music21.stream")
    note = pytest.importorskip("music21.note")
    melody = [67, 69, 71, 72, 74, 76, 78, 79, 74, 71, 67, 66, 67]
    part = stream.Stream([note.Note(pitch) for pitch in melody])
    tonic, mode, strength = analysis.KrumhanslSchmuckler().process(part)[0]
    root, own, fit = key_of_notes(melody)
    assert (root, own, round(fit, 6)) == (tonic.pitchClass, mode, round(strength, 6))
