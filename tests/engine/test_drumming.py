"""Drums beside a melody: what the picture asks of them, and that every hit ends."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from score_bridge.engine.band import Players
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.drumming import Beat, DrumState, asked_of, play_drums
from score_bridge.engine.pipeline import StepTime, step
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState
from score_bridge.models.drums.player import DrumPlayer
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.drums import CHARACTER, KIT, PITCHES
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import DRUMS, LEAD, Note, NoteOff
from tests.drums import small_drums
from tests.engine.observing import observe, of_host
from tests.tiny import tiny_model

STEP_S = 0.125
BAND, SOLO = Controls(ensemble="beat", variation=0.0), Controls(variation=0.0)
STILL = np.array([0.45, 0.2, 0.5, 0.35, 0.2, 0.0], np.float32)
Event = Note | NoteOff


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> DrumPlayer:
    return DrumPlayer(small_drums(Path(tmp_path_factory.mktemp("drums")))[1])


def beat(n: int = 0, motion: float = 0.2, **more: object) -> Beat:
    given: dict[str, object] = {"readings": STILL, "scene": 0, "begins": False, **more}
    return Beat("main", 0, n, n * STEP_S, STEP_S, motion=motion, **given)  # type: ignore[arg-type]


def run(player: DrumPlayer, steps: range, state: DrumState | None = None, controls: Controls = BAND) -> list[Event]:
    events, state = list[Event](), state or DrumState()
    for n in steps:
        made, state = play_drums(state, beat(n), controls, player)
        events += made
    return events


def asked(player: DrumPlayer, one: Beat, controls: Controls = BAND) -> dict[str, float]:
    away = (asked_of(one, controls, player) - player.file.mean) / player.file.std
    return dict(zip(CHARACTER, away.tolist(), strict=True))


def test_every_hit_has_a_number_of_its_own_and_an_end(player: DrumPlayer) -> None:
    events = run(player, range(64))
    begun = [event.id for event in events if isinstance(event, Note)]
    ended = {event.id: event.time for event in events if isinstance(event, NoteOff)}
    assert len(begun) == len(set(begun)) > 20
    assert set(begun) == set(ended)
    for event in events:
        assert (event.channel, event.voice) == (10, DRUMS)
        assert event.pitch in PITCHES
        if isinstance(event, Note):
            assert ended[event.id] == pytest.approx(event.time + event.seconds)
            assert -0.061 < event.time / STEP_S - event.step <= 0.5


def test_the_same_picture_plays_the_same_again_and_another_seed_another(player: DrumPlayer) -> None:
    assert run(player, range(32)) == run(player, range(32))
    other = play_drums(DrumState(), replace(beat(), seed=5), BAND, player)[0]
    assert [e.pitch for e in run(player, range(1))] != [e.pitch for e in other] or other == ()


def test_motion_asks_for_more_and_louder_drums_and_controls_say_how_much(player: DrumPlayer) -> None:
    still, lively = asked(player, beat(motion=0.0)), asked(player, beat(motion=0.6))
    for trait in ("kick", "snare", "hats", "loudness"):
        assert lively[trait] > still[trait] + 0.5
    deaf = replace_controls(energy=0.0)
    assert asked(player, beat(motion=0.0), deaf) == asked(player, beat(motion=0.6), deaf)
    assert asked(player, beat(scene=1)) != asked(player, beat(scene=0)), "a scene has a groove of its own"
    assert asked(player, replace(beat(), readings=None))["kick"] == asked(player, beat(), deaf)["kick"]


def test_motion_counts_by_what_a_stream_usually_has(player: DrumPlayer) -> None:
    state = DrumState()
    before = asked_of(beat(motion=0.6), BAND, player, state.usual)[CHARACTER.index("kick")]
    for n in range(160):
        _, state = play_drums(state, beat(n, motion=0.6), BAND, player)
    assert 0.4 < state.usual < 0.6
    after = asked_of(beat(motion=0.6), BAND, player, state.usual)[CHARACTER.index("kick")]
    usual = asked_of(beat(motion=0.2), BAND, player)[CHARACTER.index("kick")]
    assert usual < after < before, "less than at first, and still more than where little moves"


def replace_controls(**values: float) -> Controls:
    return Controls(ensemble="beat", **values)  # type: ignore[arg-type]


def test_a_fill_leads_to_a_scene_that_is_known_to_begin(player: DrumPlayer) -> None:
    fills = [n for n in range(64) if asked_of(beat(n, breaths=(48,)), BAND, player)[CHARACTER.index("fill")]]
    assert fills == list(range(32, 48))
    assert asked_of(beat(), BAND, player)[CHARACTER.index("tempo")] == pytest.approx(120)


def test_a_scene_is_begun_by_crash_and_kick_and_a_strike_is_nothing_else(player: DrumPlayer) -> None:
    begun, _ = play_drums(DrumState(), beat(5, begins=True), BAND, player)
    both = {PITCHES[KIT.index(name)] for name in ("kick", "crash")}
    assert both <= {event.pitch for event in begun}
    struck, _ = play_drums(DrumState(), beat(5, struck=True), BAND, player)
    assert {event.pitch for event in struck} == both
    assert all(event.time == 5 * STEP_S for event in struck if isinstance(event, Note))


def test_after_missed_steps_drums_begin_anew(player: DrumPlayer) -> None:
    _, after = play_drums(DrumState(), beat(0), BAND, player)
    went_on = play_drums(after, beat(1), BAND, player)[1].memory
    began = play_drums(after, beat(9), BAND, player)[1].memory
    anew = play_drums(DrumState(), beat(9), BAND, player)[1].memory
    assert went_on is not None
    assert began is not None
    assert anew is not None
    np.testing.assert_array_equal(began.hidden, anew.hidden)


def test_a_stream_has_drums_where_its_ensemble_has_them(player: DrumPlayer, tmp_path: Path) -> None:
    decoder = Decoder(playable(tiny_model(tmp_path)), Players(player))
    alone = with_drums = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), SOLO)
    hits = 0
    for n in range(16):
        when = StepTime(n, n * STEP_S, STEP_S)
        ([one], alone), (two, with_drums) = step([alone, with_drums], [SOLO, BAND], when, decoder)
        assert [result.voice for result in two] == [LEAD, DRUMS]
        assert two[0].token == one.token, "drums change nothing of the melody"
        hits += len(two[1].events)
    assert hits > 0
    kept = unpack_state(pack_state(with_drums))
    assert kept.band.drums.memory is not None
    assert with_drums.band.drums.memory is not None
    np.testing.assert_array_equal(kept.band.drums.memory.hidden, with_drums.band.drums.memory.hidden)
    without = Decoder(playable(tiny_model(tmp_path)))
    assert len(step([alone], [BAND], StepTime(16, 2.0, STEP_S), without)[0][0]) == 1
