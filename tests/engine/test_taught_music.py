"""What was taught is what is played: the shipped melody model, taught tunes it never saw."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import load_melody_only
from score_bridge.engine.pipeline import StepTime, place_at, step
from score_bridge.engine.requests.teaching import phrase_lesson
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.mapping.anchors import UNTAUGHT, Anchor, AnchorSet, add_anchor, remove_anchor, undo_change
from score_bridge.mapping.calibration import calibrate
from score_bridge.music.tokens import HOLD, PHRASE_STEPS, note_on
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls
from tests.engine.observing import observe, of_host

Floats = NDArray[np.float32]
SCENES, EACH, SIZE, STEP_S = 10, 40, 96, 0.125
TUNES = (
    "60:2 62:2 64:2 65:2 67:4 67:4 69:2 69:2 69:2 69:2 67:8",
    "67:3 69:1 67:2 65:2 64:4 60:4 62:4 55:4 60:8",
    "64:4 64:4 65:4 67:4 67:4 65:4 64:4 62:4",
    "72:4 71:2 69:2 67:4 65:4 64:4 62:4 60:8",
    "69:4 72:2 74:2 76:4 74:2 72:2 71:4 67:4 69:8",
    "62:2 65:2 69:2 65:2 74:4 69:4 67:2 64:2 65:2 64:2 62:8",
    "67:1 69:1 71:1 72:1 74:4 74:2 72:2 71:4 69:2 71:2 72:2 69:2 67:8",
    "65:6 67:2 69:4 65:4 72:6 70:2 69:8",
)
"""Pitches and how many sixteenths they last."""


def _phrase(tune: str) -> tuple[int, ...]:
    notes = [note.split(":") for note in tune.split()]
    tokens = [token for pitch, length in notes for token in (note_on(int(pitch)), *[HOLD] * (int(length) - 1))]
    assert len(tokens) == PHRASE_STEPS
    return tuple(tokens)


PHRASES = tuple(_phrase(tune) for tune in TUNES)


@cache
def _decoder() -> Decoder:
    return Decoder(load_melody_only(Settings(device="cpu")))


@cache
def _film() -> Floats:
    rng = np.random.default_rng(1)
    walks = 0.05 * np.cumsum(rng.standard_normal((SCENES, EACH, SIZE)), axis=1)
    film: Floats = (rng.standard_normal((SCENES, 1, SIZE)) + walks).reshape(-1, SIZE).astype(np.float32)
    return film


def _picture(k: int) -> Floats:
    picture: Floats = _film()[k * EACH + EACH // 2]
    return picture


def _taught(count: int) -> AnchorSet:
    known = UNTAUGHT
    for k in range(count):
        lesson = phrase_lesson(PHRASES[k], _decoder())
        taught = Anchor(f"scene {k}", _picture(k), lesson.place, "midi", PHRASES[k], lesson.latent, lesson.key)
        known = add_anchor(known, taught)
    return known


def _played(known: AnchorSet, count: int, controls: Controls) -> NDArray[np.int64]:
    """Tokens (count, 32) of the phrase after the one in which each taught picture comes, noisily, after another's."""
    noise, calibration = np.random.default_rng(2), calibrate(_film())
    states = [
        StreamState(f"s{k}", picture=PictureState(calibration=calibration, anchors=known)) for k in range(count)
    ]
    tokens: list[list[int]] = []
    for n in range(2 * PHRASE_STEPS):
        for k in range(count):
            shown = _picture(k if n >= 8 else SCENES - 1)
            dirt = 0.1 * calibration.basis.unit / SIZE**0.5 * noise.standard_normal(SIZE)
            heard = of_host((shown + dirt).astype(np.float32), n, n * STEP_S)
            states[k] = observe(states[k], heard, controls)
        decided = step(states, [controls] * count, StepTime(n, n * STEP_S, STEP_S), _decoder())
        states = [state for _, state in decided]
        tokens.append([result.token for [result], _ in decided])
    return np.array(tokens[-PHRASE_STEPS:]).T


@pytest.mark.parametrize("count", [1, 4, 8])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_taught_picture_plays_its_phrase_when_it_comes_back(count: int, temperature: float) -> None:
    controls = Controls(temperature=temperature, variation=0.0)
    right = (_played(_taught(count), count, controls) == np.array(PHRASES[:count])).mean(1)
    assert right.min() >= 0.95, right


def test_it_would_not_play_them_untaught() -> None:
    untaught = _played(UNTAUGHT, 4, Controls(temperature=0.0, variation=0.0))
    assert (untaught == np.array(PHRASES[:4])).mean() < 0.8


def test_a_snapshot_carries_what_was_taught_and_the_way_back() -> None:
    known = remove_anchor(_taught(3), "scene 0")
    picture = _picture(1)
    state = StreamState("main", picture=PictureState(calibration=calibrate(_film()), anchors=known))
    state = observe(state, of_host(picture, 0, 0.0), Controls())
    back = unpack_state(pack_state(state))
    assert [a.name for a in back.picture.anchors.anchors] == ["scene 1", "scene 2"]
    assert [a.name for a in undo_change(back.picture.anchors).anchors] == ["scene 0", "scene 1", "scene 2"]
    assert len(back.picture.anchors.before) == len(known.before)
    z = place_at(back.picture, _decoder().target, Controls(), 9.0)
    np.testing.assert_array_equal(z, place_at(state.picture, _decoder().target, Controls(), 9.0))
    np.testing.assert_allclose(z, known.anchors[0].place, atol=1e-3)


def test_a_snapshot_holds_each_anchor_once() -> None:
    one, known = add_anchor(UNTAUGHT, Anchor("a", np.ones(500, np.float32), np.ones(8, np.float32), "x")), _taught(0)
    for _ in range(8):
        known = remove_anchor(add_anchor(known, one.anchors[0]), "a")
    once, often = (len(pack_state(StreamState("m", picture=PictureState(anchors=k)))) for k in (one, known))
    assert often < once + 1400  # its name and fields eight times, its 2000 bytes of numbers once
    again = unpack_state(pack_state(replace(StreamState("m"), picture=PictureState(anchors=known))))
    assert [len(anchors) for anchors in again.picture.anchors.before] == [0, 1] * 8
