"""When a change of the picture is heard: the control `sync`."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.pipeline import StepTime, step
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.tokens import pitch_of
from score_bridge.wire.controls import Controls, Sync
from score_bridge.wire.messages import Note
from tests.engine.observing import observe, of_host
from tests.tiny import tiny_model

STEP_S = 0.125


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return Decoder(playable(tiny_model(tmp_path_factory.mktemp("model"))))


def places(decoder: Decoder, sync: Sync, steps: int = 36) -> Iterator[bytes]:
    """Where the music stands at each step, while every step brings another picture."""
    state, controls = StreamState("main"), Controls(sync=sync, smoothing=0.0)
    rng = np.random.default_rng(0)
    for n in range(steps):
        state = observe(state, of_host(rng.standard_normal(8).astype(np.float32), n, n * STEP_S), controls)
        [([result], state)] = step([state], [controls], StepTime(n, n * STEP_S, STEP_S), decoder)
        yield result.place.tobytes()


def changes(found: Iterator[bytes]) -> list[int]:
    """At which steps it stands elsewhere than before."""
    before, steps = b"", []
    for n, place in enumerate(found):
        steps += [n] if place != before else []
        before = place
    return steps


def test_pictures_are_followed_at_the_next_beat_or_bar(decoder: Decoder) -> None:
    assert changes(places(decoder, "beat")) == [*range(0, 36, 4)]
    assert changes(places(decoder, "bar")) == [0, 16, 32]
    assert changes(places(decoder, "grid"))[-20:] == [*range(16, 36)]
    assert changes(places(decoder, "free")) == changes(places(decoder, "grid"))


def test_a_stream_follows_its_newest_picture_again_as_soon_as_it_may(decoder: Decoder) -> None:
    state, bar = StreamState("main"), Controls(sync="bar")
    for n in range(6):
        state = observe(state, of_host(np.full(8, n, np.float32), n, n * STEP_S), bar)
        [(_, state)] = step([state], [bar], StepTime(n, n * STEP_S, STEP_S), decoder)
    assert state.picture.features is not None
    assert state.picture.features.value[0] > 0  # what was seen is known, though it is not followed yet
    [([waiting], _)] = step([state], [bar], StepTime(6, 6 * STEP_S, STEP_S), decoder)
    [([at_once], _)] = step([state], [Controls()], StepTime(6, 6 * STEP_S, STEP_S), decoder)
    assert waiting.place.tobytes() != at_once.place.tobytes()
    assert unpack_state(pack_state(state)).followed is None


def test_how_much_moves_now_is_heard_though_the_picture_waits_for_its_bar(decoder: Decoder) -> None:
    bar = Controls(sync="bar", temperature=2.0, velocity_low=1, velocity_high=127)
    state = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), bar)
    [(_, still)] = step([state], [bar], StepTime(0, 0.0, STEP_S), decoder)
    moving = replace(still, picture=replace(still.picture, motion=1.0, motion_time=STEP_S))
    when = StepTime(1, STEP_S, STEP_S, struck=True)
    (calm, lively) = (step([one], [bar], when, decoder)[0][0][0] for one in (still, moving))
    soft, loud = (next(e.velocity for e in one.events if isinstance(e, Note)) for one in (calm, lively))
    assert loud > soft + 60


def test_motion_fades_where_no_picture_comes_any_more(decoder: Decoder) -> None:
    controls = Controls(velocity_low=1, velocity_high=127)
    state = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), controls)
    moving = replace(state, picture=replace(state.picture, motion=1.0, motion_time=0.0))
    velocities = []
    for seconds in (0.1, 0.5, 3.0):
        [([result], _)] = step([moving], [controls], StepTime(1, seconds, STEP_S, struck=True), decoder)
        velocities += [e.velocity for e in result.events if isinstance(e, Note)]
    assert velocities[0] > velocities[1] + 30 > velocities[2] + 60


def test_a_struck_step_begins_a_note_whatever_is_likely(decoder: Decoder) -> None:
    state = StreamState("main")
    for n in range(32):
        [([result], state)] = step(
            [state], [Controls(temperature=0)], StepTime(n, n * STEP_S, STEP_S, n % 2 == 1), decoder
        )
        assert n % 2 == 0 or pitch_of(result.token)
