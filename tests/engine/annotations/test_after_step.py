from dataclasses import replace

import numpy as np
import pytest

from score_bridge.engine.annotations.after_step import LABELS_EVERY_S, AnnotationState, after_step, traits
from score_bridge.engine.state import PictureState, StreamState, VoiceState
from score_bridge.mapping.bindings import SmoothedReadings
from score_bridge.music.tokens import HOLD, note_on
from score_bridge.wire.messages import LEAD, Annotation, Attribute, Key, Label, Link

STEP_S = 0.125
DOG, CAT = (("dog", 0.5), ("cat", 0.3)), (("cat", 0.6), ("dog", 0.2))


def run(state: StreamState, tokens: list[int], first: int = 0, transpose: int = 0) -> list[tuple[int, Annotation]]:
    """What is told after each step of these tokens."""
    meaning, found = AnnotationState(), []
    for n, token in enumerate(tokens, first):
        played = replace(state.lead, step=n, tokens=(*state.lead.tokens, token)[-128:])
        state = replace(state, voices={LEAD: played})
        meaning, told = after_step(meaning, state, n * STEP_S, transpose)
        found += [(n, one) for one in told]
    return found


def bar(*onsets: tuple[int, int]) -> list[int]:
    tokens = [HOLD] * 16
    for place, pitch in onsets:
        tokens[place] = note_on(pitch)
    return tokens


TUNE = [*bar((0, 60), (4, 64), (8, 67), (12, 64)), *bar((0, 62), (8, 60)), *bar((0, 72))]


def test_the_last_two_bars_are_told_at_the_end_of_each() -> None:
    found = run(StreamState("left"), TUNE)
    assert {n for n, _ in found} == {31, 47}
    first = {one.name: one.value for n, one in found if n == 31 and isinstance(one, Attribute)}
    assert first == {
        "density": 6,
        "register": pytest.approx(377 / 6),
        "range": 7,
        "syncopation": 0,
        "step_size": pytest.approx(2.8),
    }
    second = {one.name: one.value for n, one in found if n == 47 and isinstance(one, Attribute)}
    assert (second["density"], second["range"]) == (3, 12)
    assert second["register"] == pytest.approx(194 / 3)
    assert all((one.stream, one.step) == ("left", n) for n, one in found if isinstance(one, Attribute | Key))


def test_what_sounds_is_told_transposed() -> None:
    plain, higher = (run(StreamState("main"), TUNE, transpose=up) for up in (0, 2))
    registers = [
        [one.value for _, one in told if isinstance(one, Attribute) and one.name == "register"]
        for told in (plain, higher)
    ]
    assert np.subtract(registers[1], registers[0]) == pytest.approx([2.0, 2.0])
    keys = [[one.name for _, one in told if isinstance(one, Key)] for told in (plain, higher)]
    assert (keys[0][0], keys[1][0]) == ("C major", "D major")


def test_too_few_tokens_have_no_traits() -> None:
    assert traits(tuple(TUNE[:31])) is None


def test_labels_are_told_when_they_change_and_not_too_often() -> None:
    meaning, state, told = AnnotationState(), StreamState("main"), []
    labels = [(), DOG, DOG, CAT, DOG, CAT, CAT, CAT, CAT, CAT, CAT, CAT]
    for n, now in enumerate(labels):
        state = replace(state, picture=PictureState(labels=now), voices={LEAD: VoiceState(step=n)})
        meaning, found = after_step(meaning, state, n * STEP_S)
        told += [(n, one) for one in found]
    wait = int(LABELS_EVERY_S / STEP_S)
    assert [(n, one.rank, one.name) for n, one in told if isinstance(one, Label)] == [
        (1, 1, "dog"), (1, 2, "cat"), (1 + wait, 1, "cat"), (1 + wait, 2, "dog"),
    ]  # fmt: skip
    assert len(told) == 4
    state = replace(state, picture=PictureState(labels=()))
    _, [gone] = after_step(meaning, state, 99.0)
    assert isinstance(gone, Label)
    assert (gone.rank, gone.name, gone.probability) == (1, "", 0.0)


def test_links_come_with_time_and_go_with_a_zero() -> None:
    """Motion and density rise and fall together for 80 bars, then motion alone goes on."""
    meaning, state, told = AnnotationState(), StreamState("main"), list[tuple[int, Link]]()
    rng = np.random.default_rng(2)
    for n_bar in range(400):
        lively = rng.random()
        count = 1 + int(15 * (lively if n_bar < 80 else rng.random()))
        values = np.array([0.5, 0.2, 0.5, 0.3, 0.1, lively], np.float32)
        for k, token in enumerate(bar(*((place, 60) for place in range(count)))):
            played = replace(state.lead, step=n_bar * 16 + k, tokens=(*state.lead.tokens, token)[-128:])
            state = replace(
                state, voices={LEAD: played}, picture=PictureState(readings=SmoothedReadings(values, values, 0.0))
            )
            meaning, found = after_step(meaning, state, (n_bar * 16 + k) * STEP_S)
            told += [(n_bar, one) for one in found if isinstance(one, Link)]
    density = [(n, one.correlation) for n, one in told if (one.reading, one.attribute) == ("motion", "density")]
    assert all(n % 2 == 1 for n, _ in told)
    assert density[0][0] >= 8
    assert all(c > 0.9 for n, c in density if n < 80)
    assert density[-1][1] == 0.0
    assert density[-1][0] < 300
