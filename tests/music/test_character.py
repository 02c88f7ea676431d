"""Descriptors: what they count, by hand; that only what should depends on key and register; ranks."""

import numpy as np
import pytest

from score_bridge.music.character import DESCRIPTORS, IN_KEY, KEYLESS, Scale, class_durations, keys_of, last_degrees
from score_bridge.music.heard import heard_distances
from score_bridge.music.keys import KEY_NAMES
from score_bridge.music.tokens import OFF, note_on
from tests.tiny import some_phrases

PHRASES = some_phrases(300)
KEYS = np.zeros(300, np.int64)
SCALE = Scale.of(PHRASES, KEYS)


def _phrase(*notes: tuple[int, int], off: tuple[int, ...] = ()) -> np.ndarray:
    phrase = np.zeros((1, 32), np.uint8)
    for place, pitch in notes:
        phrase[0, place] = note_on(pitch)
    phrase[0, list(off)] = OFF
    return phrase


def _raw(phrase: np.ndarray, key: str = "C major") -> dict[str, float]:
    keys = np.array([KEY_NAMES.index(key)])
    values = np.concatenate([SCALE.raw_keyless(phrase), SCALE.raw_in_key(phrase, keys)], axis=1)[0]
    return dict(zip(DESCRIPTORS, values.tolist(), strict=True))


def test_descriptors_of_a_phrase_counted_by_hand() -> None:
    found = _raw(_phrase((2, 60), (4, 60), (7, 67), (16, 64), (24, 62), off=(12, 28)))
    wanted = {
        "density": 5, "register": 62.6, "range": 7, "off_beat": 0.2, "eighths": 0.2, "repeated": 0.25, "leaps": 0.25,
        "rests": (2 + 4 + 4) / 32, "growth": -1, "rising": 0.25, "opening": 2, "closing": 8, "chromatic": 0,
        "step_size": (0 + 7 + 3 + 2) / 4,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


def test_a_phrase_without_notes_has_a_character_too() -> None:
    assert np.isfinite(SCALE.scores(np.zeros((2, 32), np.uint8), np.array([0, 13]))).all()


def test_in_another_key_only_what_needs_a_key_changes_and_moved_with_its_key_only_the_register() -> None:
    moved = np.where(PHRASES >= 2, PHRASES + 3, PHRASES).astype(np.uint8)
    here, there = SCALE.scores(PHRASES, KEYS), SCALE.scores(moved, KEYS + 3)
    changed = np.abs(here - there).max(0) > 1e-5
    assert [name for name, c in zip(DESCRIPTORS, changed, strict=True) if c] == ["register"]
    other = SCALE.scores(PHRASES, KEYS + 7)
    assert not (np.abs(here - other).max(0) > 1e-5)[: len(KEYLESS)].any()
    assert (np.abs(here - other).max(0) > 0.1)[len(KEYLESS) :].any()


def test_scores_are_ranks_as_a_standard_normal_has_them() -> None:
    scores = SCALE.scores(PHRASES, KEYS)
    density = scores[:, DESCRIPTORS.index("density")]
    assert abs(np.median(density)) < 0.15
    assert np.abs(scores).max() < 2.7
    slope = scores[:, DESCRIPTORS.index("slope")]
    assert abs(slope.std() - 1) < 0.1


def test_a_chromatic_note_counts_by_how_long_it_sounds() -> None:
    assert _raw(_phrase((0, 60), (24, 61)))["chromatic"] == pytest.approx(0.25)
    assert _raw(_phrase((0, 60), (24, 61)), "C# major")["chromatic"] == pytest.approx(0.0)
    assert _raw(_phrase((0, 69), (24, 68)), "A minor")["chromatic"] == 0  # the leading note belongs to minor


def test_keys_and_last_degrees() -> None:
    phrase = _phrase((0, 67), (8, 71), (16, 74), (24, 67))
    keys = keys_of(class_durations(phrase))
    assert KEY_NAMES[keys[0]] == "G major"
    assert last_degrees(phrase, keys)[0] == 0
    assert last_degrees(np.zeros((1, 32), np.uint8), keys)[0] == -1
    assert len(IN_KEY) + len(KEYLESS) == len(DESCRIPTORS)


def test_heard_distances_are_0_to_oneself_and_grow_with_what_differs() -> None:
    phrases = some_phrases(40, seed=5)
    phrases[1] = phrases[0]
    phrases[2] = phrases[0]
    phrases[2, np.flatnonzero(phrases[0])[-1]] = 0
    far = heard_distances(phrases, np.zeros(40, np.int64), SCALE)
    assert np.array_equal(far, far.T)
    assert far[0, 1] < 0.05
    assert far[0, 1] < far[0, 2] < np.median(far[0, 3:])
