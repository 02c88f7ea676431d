"""The companions of a quartet: what they are given, what they may play, and that every note ends."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace as turned

from score_bridge.engine.band import NO_BAND, BandState, Lead, Players, play_band
from score_bridge.engine.companions import NO_COMPANIONS, RANGES, CompanionState, Led, play_companions
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.drumming import Beat
from score_bridge.engine.models import load_players
from score_bridge.engine.note_events import Moment
from score_bridge.engine.pipeline import StepResult, StepTime, release_notes, step
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState
from score_bridge.models.companions.player import CompanionPlayer
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.scales import SCALES
from score_bridge.music.tokens import HOLD, note_on
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import CELLO, LEAD, VIOLA, VIOLIN2, Note, NoteOff
from tests.engine.observing import observe, of_host
from tests.tiny import TOLD, tiny_model

STEP_S = 0.125
QUARTET = Controls(ensemble="quartet", variation=0.0)
STRINGS = {VIOLIN2, VIOLA, CELLO}
TUNE = (72, 76, 79, 77, 76, 74, 72, 71)
C_MAJOR = 0
Event = Note | NoteOff


@pytest.fixture(scope="module")
def players() -> Players:
    return load_players()


@pytest.fixture(scope="module")
def player(players: Players) -> CompanionPlayer:
    assert players.companions is not None
    return players.companions


def beat(n: int, motion: float = 0.4, scene: int = 0, *, begins: bool = False) -> Beat:
    return Beat("main", 0, n, n * STEP_S, STEP_S, None, motion=motion, scene=scene, begins=begins)


def led(n: int, tokens: tuple[int, int | None], tonic: int = 0, chord: int = 0) -> Led:
    moment = Moment("main", n, n * STEP_S, STEP_S, 0.4, step_s=STEP_S)
    return Led(moment, 0, 0, *tokens, chord=chord, tonic=tonic)


def run_quartet(
    players: Players, steps: int, controls: Controls = QUARTET, ends: int | None = None, motion: float = 0.4
) -> tuple[list[Event], BandState]:
    """A lead that plays up and down C major, a note every beat."""
    state, tokens, events = NO_BAND, list[int](), list[Event]()
    for n in range(steps):
        pitch = TUNE[n // 4 % 8]
        tokens.append(HOLD if n % 4 else note_on(pitch))
        played, state = play_band(state, beat(n, motion), Lead(tokens, pitch, C_MAJOR, ends), controls, players)
        events += [event for _, made in played for event in made]
    return events, state


def notes_of(events: list[Event], voice: int) -> list[Note]:
    return [event for event in events if isinstance(event, Note) and event.voice == voice]


def test_three_strings_play_each_on_its_channel_and_in_its_range(players: Players) -> None:
    events, _ = run_quartet(players, 256)
    assert {event.voice for event in events} == STRINGS
    for voice, channel in ((VIOLIN2, 4), (VIOLA, 5), (CELLO, 6)):
        notes = notes_of(events, voice)
        assert len(notes) > 16
        assert {note.channel for note in notes} == {channel}
        low, high = RANGES[voice]
        assert all(low <= note.pitch <= high for note in notes)
    means = [np.mean([note.pitch for note in notes_of(events, voice)]) for voice in (VIOLIN2, VIOLA, CELLO)]
    assert means[0] > means[1] > means[2]


def test_every_note_has_a_number_of_its_own_and_ends_before_the_next_of_its_voice(players: Players) -> None:
    events, _ = run_quartet(players, 256)
    ids = [event.id for event in events if isinstance(event, Note)]
    assert len(ids) == len(set(ids))
    for voice in STRINGS:
        kinds = [type(event) for event in events if event.voice == voice]
        assert kinds[::2] == [Note] * len(kinds[::2])
        assert kinds[1::2] == [NoteOff] * len(kinds[1::2])


def test_the_same_picture_plays_the_same_again(players: Players) -> None:
    assert run_quartet(players, 96)[0] == run_quartet(players, 96)[0]


def test_they_are_in_the_lead_s_harmony(players: Players) -> None:
    """Of what is struck on beats most is of the chord of the moment."""
    state, tokens, inside = NO_BAND, list[int](), list[bool]()
    for n in range(512):
        pitch = TUNE[n // 4 % 8]
        tokens.append(HOLD if n % 4 else note_on(pitch))
        played, state = play_band(state, beat(n), Lead(tokens, pitch, C_MAJOR), QUARTET, players)
        chord = state.harmony.sounding
        notes = [event for _, made in played for event in made if isinstance(event, Note)]
        if n % 8 == 0 and chord is not None:
            inside += [note.pitch % 12 in chord.tones for note in notes]
    assert np.mean(inside) > 0.75


def test_the_key_moves_all(player: CompanionPlayer) -> None:
    """In D they play what they play in C, a tone higher, but for what is out of range there."""
    lines = []
    for tonic in (0, 2):
        state, found = NO_COMPANIONS, list[int]()
        for n in range(96):
            pitch = TUNE[n // 4 % 8] + tonic
            step_ = led(n, (HOLD if n % 4 else note_on(pitch), pitch), tonic)
            events, state = play_companions(state, STRINGS, step_, turned(QUARTET, temperature=0.0), player)
            found += [e.pitch - tonic for made in events.values() for e in made if isinstance(e, Note)]
        lines.append(found)
    assert lines[0] == lines[1]


def test_a_stream_that_ends_closes_on_the_home_chord_and_holds_it(players: Players) -> None:
    events, state = run_quartet(players, 129, ends=128)
    last = [event for event in events if isinstance(event, Note) and event.step >= 120]
    assert {note.step for note in last} == {120}
    assert {note.voice for note in last} == STRINGS
    assert {note.pitch % 12 for note in last} <= {0, 4, 7}
    assert all(part.held is None for part in state.companions.parts.values())


def test_before_a_scene_that_is_known_to_begin_they_breathe(players: Players) -> None:
    state, tokens = NO_BAND, list[int]()
    for n in range(64):
        tokens.append(HOLD if n % 4 else note_on(72))
        breathing = replace(beat(n), breaths=(48,))
        played, state = play_band(state, breathing, Lead(tokens, 72, C_MAJOR), QUARTET, players)
        if n in (46, 47):
            assert all(part.held is None for part in state.companions.parts.values())
            assert not any(isinstance(event, Note) for _, made in played for event in made)


def test_with_the_lead_that_begins_a_scene_all_begin(players: Players) -> None:
    _, state = run_quartet(players, 30)
    lead = Lead((note_on(67),), 67, C_MAJOR)
    played, _ = play_band(state, beat(30, scene=1, begins=True), lead, QUARTET, players)
    assert {voice for voice, made in played if any(isinstance(event, Note) for event in made)} == STRINGS
    resting, _ = play_band(state, beat(30, scene=1, begins=True), replace(lead, tokens=(HOLD,)), QUARTET, players)
    assert sum(isinstance(event, Note) for _, made in resting for event in made) < 3


def test_motion_and_density_make_them_busier(players: Players) -> None:
    def onsets(motion: float, controls: Controls = QUARTET) -> int:
        return sum(isinstance(event, Note) for event in run_quartet(players, 256, controls, motion=motion)[0])

    assert onsets(0.0) < onsets(0.5) < onsets(0.9)
    sparse = turned(QUARTET, violin2_density=0.0, viola_density=0.0, cello_density=0.0)
    assert onsets(0.5, sparse) < onsets(0.5)


def test_an_artist_scale_masks_everything(players: Players) -> None:
    events, _ = run_quartet(players, 128, turned(QUARTET, root="D", scale="minor pentatonic", transpose=1))
    pitches = {event.pitch % 12 for event in events}
    assert pitches
    assert pitches <= {(2 + tone) % 12 for tone in SCALES["minor pentatonic"]}


def test_who_is_mute_ends_and_is_not_known_to_the_others(players: Players) -> None:
    _, state = run_quartet(players, 40)
    held = state.companions.parts[CELLO].held
    lead = Lead((note_on(72),), 72, C_MAJOR)
    played, after = play_band(state, beat(40), lead, turned(QUARTET, cello_volume=0.0), players)
    ended = {event.id for voice, made in played if voice == CELLO for event in made}
    assert ended == ({held.id} if held else set())
    assert set(after.companions.parts) == {VIOLIN2, VIOLA}
    events, _ = run_quartet(players, 64, turned(QUARTET, cello_volume=0.0))
    assert {event.voice for event in events} == {VIOLIN2, VIOLA}


def test_what_sounds_ends_where_the_ensemble_changes(players: Players) -> None:
    _, state = run_quartet(players, 40)
    held = {part.held.id for part in state.companions.parts.values() if part.held}
    assert held
    played, after = play_band(state, beat(40), Lead((note_on(72),), 72, C_MAJOR), Controls(), players)
    assert {event.id for _, made in played for event in made} == held
    assert after.companions.parts == {}
    assert play_band(after, beat(41), Lead((HOLD,), 72, C_MAJOR), Controls(), players)[0] == []


def test_after_steps_that_were_missed_they_begin_anew(player: CompanionPlayer) -> None:
    state = CompanionState()
    for n in (0, 1, 40):
        events, state = play_companions(state, STRINGS, led(n, (note_on(72), 72)), QUARTET, player)
    assert all(any(isinstance(event, Note) for event in made) for made in events.values())
    assert state.step == 40


def test_without_weights_the_lead_plays_on_and_is_told(players: Players) -> None:
    alone = players._replace(companions=None)
    assert run_quartet(alone, 16)[0] == []
    assert alone.absent(QUARTET) == "the ensemble quartet plays without violin2 and viola and cello: no weights"


def test_without_chords_they_still_play(players: Players) -> None:
    events, _ = run_quartet(players._replace(chords=None), 64)
    assert {event.voice for event in events} == STRINGS


def test_a_quartet_is_kept_in_snapshots_and_ends_when_released(players: Players, tmp_path: Path) -> None:
    decoder = Decoder(playable(tiny_model(tmp_path, config=TOLD)), players)
    alone = state = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), QUARTET)
    found = list[list[StepResult]]()
    for n in range(24):
        when = StepTime(n, n * STEP_S, STEP_S)
        solo = turned(QUARTET, ensemble="solo")
        ([one], alone), (all_, state) = step([alone, state], [solo, QUARTET], when, decoder)
        assert all_[0].token == one.token, "a quartet changes nothing of the melody"
        found.append(all_)
    assert [result.voice for result in found[5]] == [LEAD, VIOLIN2, VIOLA, CELLO]
    kept = unpack_state(pack_state(state)).band.companions
    assert kept.step == state.band.companions.step
    for voice, part in state.band.companions.parts.items():
        assert (kept.parts[voice].pitch, kept.parts[voice].held) == (part.pitch, None)
        assert part.memory is not None
        np.testing.assert_array_equal(kept.parts[voice].memory, part.memory)
    assert all(part.held is None for part in release_notes(state).band.companions.parts.values())
