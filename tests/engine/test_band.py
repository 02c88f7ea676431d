"""A band beside the lead: chords, bass and drums, who plays, and that every note ends."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace as turned

from score_bridge.engine.accompaniment import SILENT, Bar, Plan, play_bass, play_chords
from score_bridge.engine.band import NO_BAND, Lead, Players, play_band
from score_bridge.engine.core import EngineCore
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.drumming import Beat
from score_bridge.engine.harmony import NO_HARMONY, Harmony, Place, follow_harmony
from score_bridge.engine.models import load_players
from score_bridge.engine.note_events import Moment
from score_bridge.engine.pipeline import StepResult, StepTime, release_notes, step
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState
from score_bridge.mapping.bindings import USUAL, SmoothedReadings
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.chords import Chord
from score_bridge.music.scales import SCALES
from score_bridge.music.tokens import HOLD, note_on
from score_bridge.wire import internal
from score_bridge.wire.bindings import Binding
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import BASS, CHORDS, DRUMS, LEAD, Note, NoteOff
from tests.engine.observing import observe, of_host
from tests.tiny import TOLD, tiny_model

STEP_S = 0.125
BAND = Controls(ensemble="band", variation=0.0)
C_MAJOR, A_MINOR, C = 0, 21, Chord(0, 0)
Event = Note | NoteOff


@pytest.fixture(scope="module")
def players() -> Players:
    return load_players()


def beat(n: int, motion: float = 0.4, scene: int = 0) -> Beat:
    readings = np.array([0.45, 0.2, 0.5, 0.35, 0.2, 0.0], np.float32)
    return Beat("main", 0, n, n * STEP_S, STEP_S, readings=readings, motion=motion, scene=scene, begins=False)


def bar(n: int, chord: Chord = C, motion: float = 0.4, **more: bool) -> Bar:
    return Bar(
        Moment("main", n, n * STEP_S, STEP_S, motion, step_s=STEP_S), 0, 0, chord, **{"changes": False, **more}
    )


def run_band(players: Players, steps: range, controls: Controls = BAND, ends: int | None = None) -> list[Event]:
    """A lead that plays up and down C major, a note every beat."""
    state, tokens, events = NO_BAND, list[int](), list[Event]()
    tune = (60, 64, 67, 65, 64, 62, 60, 59)
    for n in steps:
        tokens.append(HOLD if n % 4 else note_on(tune[n // 4 % 8]))
        lead = Lead(tokens, tune[n // 4 % 8], C_MAJOR, ends)
        played, state = play_band(state, beat(n), lead, controls, players)
        events += [event for _, made in played for event in made]
    return events


def test_every_note_has_a_number_of_its_own_and_all_but_those_that_sound_end(players: Players) -> None:
    events = run_band(players, range(128))
    begun = [event.id for event in events if isinstance(event, Note)]
    ended = [event.id for event in events if isinstance(event, NoteOff)]
    assert len(begun) == len(set(begun)) > 100
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(begun)
    sounding = [e for e in events if isinstance(e, Note) and e.id in set(begun) - set(ended)]
    assert all(event.step > 100 for event in sounding)
    assert {event.voice for event in events} == {CHORDS, BASS, DRUMS}
    assert {event.channel for event in events if event.voice == CHORDS} == {2}
    assert {event.channel for event in events if event.voice == BASS} == {3}


def test_the_same_picture_plays_the_same_again(players: Players) -> None:
    assert run_band(players, range(64)) == run_band(players, range(64))


def test_a_stream_that_ends_closes_at_home(players: Players) -> None:
    events = run_band(players, range(128), ends=128)
    last = [event for event in events if isinstance(event, Note) and event.voice != DRUMS and event.step >= 120]
    assert {event.step for event in last} == {120}
    assert {event.pitch % 12 for event in last if event.voice == CHORDS} == {0, 4, 7}
    assert {event.pitch % 12 for event in last if event.voice == BASS} == {0}


def test_voices_that_are_mute_or_left_out_end_and_play_no_more(players: Players) -> None:
    mute = turned(BAND, bass_volume=0.0)
    assert {event.voice for event in run_band(players, range(64), mute)} == {CHORDS, DRUMS}
    assert run_band(players, range(64), turned(BAND, rests=1.0)) == []
    quiet = run_band(players, range(64), turned(BAND, chords_volume=0.5, drums_volume=0.5))
    usual = run_band(players, range(64))
    for voice in (CHORDS, DRUMS):
        mean = [
            np.mean([e.velocity for e in one if isinstance(e, Note) and e.voice == voice]) for one in (quiet, usual)
        ]
        assert mean[0] == pytest.approx(mean[1] / 2, abs=1)


def test_a_voice_can_play_alone_and_a_picture_can_bring_one_in(players: Players, tmp_path: Path) -> None:
    assert {event.voice for event in run_band(players, range(64), turned(BAND, solo="bass"))} == {BASS}
    assert run_band(players, range(64), turned(BAND, solo="lead")) == []
    decoder = Decoder(playable(tiny_model(tmp_path, config=TOLD)), players)
    band = turned(BAND, drums_volume=0.0)
    begun = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), band)
    states = []
    for motion in (0.9, 0.0):
        readings = np.array([*USUAL[:-1], motion], np.float32)
        picture = replace(begun.picture, readings=SmoothedReadings(readings, readings, 0.0))
        states.append(replace(begun, picture=picture, bindings=(Binding("motion", "drums_volume", 2.0),)))
    heard = [{one.voice for one in found} for found, _ in step(states, [band] * 2, StepTime(0, 0.0, STEP_S), decoder)]
    assert heard[0] == {LEAD, CHORDS, BASS, DRUMS}
    assert heard[1] == {LEAD, CHORDS, BASS}


def test_what_sounds_ends_where_a_voice_leaves_the_ensemble(players: Players) -> None:
    lead = Lead((note_on(60),), 60, C_MAJOR)
    _, state = play_band(NO_BAND, beat(0), lead, BAND, players)
    held = {note.id for note in (*state.chords.held, *state.bass.held)}
    assert held
    played, after = play_band(state, beat(1), lead, Controls(), players)
    assert {event.id for _, events in played for event in events if isinstance(event, NoteOff)} == held
    assert (after.chords.held, after.bass.held) == ((), ())
    assert play_band(after, beat(2), lead, Controls(), players)[0] == []


def harmony_of(players: Players, key: int, tune: list[int], controls: Controls = BAND) -> list[Harmony]:
    assert players.chords is not None
    found, harmony = [], NO_HARMONY
    for n, pitch in enumerate(np.repeat(tune, 4)):
        harmony = follow_harmony(harmony, Place("main", 0, n, key, 0, int(pitch)), controls, players.chords)
        found.append(harmony)
    return found


@pytest.mark.parametrize(("key", "tune"), [(C_MAJOR, [60, 64, 67, 64] * 8), (A_MINOR, [69, 72, 76, 72] * 8)])
def test_a_broken_chord_is_heard_as_such(players: Players, key: int, tune: list[int]) -> None:
    chords = [one.sounding for one in harmony_of(players, key, tune)]
    inside = [
        chord is not None and pitch % 12 in chord.tones
        for chord, pitch in zip(chords, np.repeat(tune, 4), strict=True)
    ]
    assert np.mean(inside) > 0.75
    changes = [n for n in range(1, len(chords)) if chords[n] != chords[n - 1]]
    assert all(n % 8 == 0 for n in changes)


def test_a_half_bar_that_begins_with_a_rest_waits_for_its_first_note(players: Players) -> None:
    assert players.chords is not None
    harmony, names = NO_HARMONY, list[str | None]()
    for n in range(24):
        pitch = None if n < 12 or n >= 16 else 67
        harmony = follow_harmony(harmony, Place("main", 0, n, C_MAJOR, 0, pitch), BAND, players.chords)
        names.append(harmony.sounding.name if harmony.sounding else None)
    assert names[:7] == [None] * 7, "nothing is known before the lead plays, for half a bar"
    assert names[7] is not None
    assert harmony.since in (7, 12)
    assert names[16:] == [names[15]] * 8, "where the lead is silent the chord goes on"


def test_a_scene_begins_with_the_same_chord_whenever_it_begins(players: Players) -> None:
    assert players.chords is not None
    for root in range(12):
        places = [Place("main", 0, n, root, scene, 60 + root) for n, scene in ((0, 0), (64, 1), (176, 2))]
        chords = [follow_harmony(NO_HARMONY, place, BAND, players.chords).sounding for place in places]
        assert {chord.name if chord else None for chord in chords} == {Chord(root, 0).name}


def test_a_melody_that_is_plainly_in_another_key_is_followed(players: Players) -> None:
    d_minor = [62, 65, 69, 62, 65, 64, 62, 61] * 6
    assert {one.tonic for one in harmony_of(players, A_MINOR, d_minor)[-32:]} == {2}
    assert {one.tonic for one in harmony_of(players, 14, d_minor)} == {2}
    assert {one.tonic for one in harmony_of(players, C_MAJOR, [60, 64, 67, 65] * 8)} == {0}


def test_an_artist_scale_keeps_chords_in_it(players: Players) -> None:
    strict = turned(BAND, root="C", scale="minor")
    allowed = set(SCALES["minor"])
    for one in harmony_of(players, 12, [60, 63, 67, 61] * 8, strict):
        assert one.sounding is not None
        assert set(one.sounding.tones) <= allowed


def test_a_new_scene_is_answered_at_once_and_keys_move_chords(players: Players) -> None:
    assert players.chords is not None
    before = harmony_of(players, C_MAJOR, [60, 64, 67])[-1]
    place = Place("main", 0, 13, 7, 1, 67)
    after = follow_harmony(before, place, BAND, players.chords)
    assert (after.since, after.scene, after.tonic) == (13, 1, 7)
    moved = harmony_of(players, 7, [67, 71, 74])[-1].sounding
    assert before.sounding is not None
    assert moved == before.sounding.moved(7)


def test_a_pad_holds_until_the_chord_changes_and_voices_move_little() -> None:
    pad = turned(BAND, chords_figure="pad")
    begun, state = play_chords(SILENT, bar(0, changes=True), pad)
    assert [type(event) for event in begun] == [Note] * 3
    for n in range(1, 16):
        events, state = play_chords(state, bar(n), pad)
        assert events == ()
    changed, after = play_chords(state, bar(16, Chord(9, 1), changes=True), pad)
    assert [type(event) for event in changed] == [NoteOff] * 3 + [Note] * 3
    moves = [abs(a - b) for a, b in zip(sorted(state.last), sorted(after.last), strict=True)]
    assert sum(moves) <= 3, "C major to A minor: one tone moves by two semitones"


def test_the_bass_begins_chords_on_their_root_and_goes_with_the_kick() -> None:
    for root in range(12):
        events, _ = play_bass(SILENT, bar(4, Chord(root, 2), changes=True), BAND)
        assert [event.pitch % 12 for event in events] == [root]
        assert 26 <= events[0].pitch <= 62
    still = replace(SILENT, plan=Plan("pad", 0, 0))
    moving = replace(SILENT, plan=Plan("pulse", 1, 0))
    assert play_bass(still, bar(5, kick=True), BAND)[0] == ()
    assert len(play_bass(moving, bar(5, kick=True), BAND)[0]) == 1


def test_motion_and_density_make_a_bar_busier() -> None:
    def onsets(motion: float, controls: Controls) -> int:
        state, found = SILENT, 0
        for n in range(16):
            events, state = play_bass(state, bar(n, motion=motion, changes=n == 0), controls)
            found += sum(isinstance(event, Note) for event in events)
        return found

    assert onsets(0.0, BAND) == 1 < onsets(0.2, BAND) < onsets(0.9, BAND)
    assert onsets(0.9, turned(BAND, bass_density=0.0)) == 1


def test_a_stream_has_a_band_where_its_ensemble_says_so(players: Players, tmp_path: Path) -> None:
    decoder = Decoder(playable(tiny_model(tmp_path, config=TOLD)), players)
    start = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), BAND)
    alone, state, found = start, start, list[list[StepResult]]()
    for n in range(32):
        when = StepTime(n, n * STEP_S, STEP_S)
        ([one], alone), (all_, state) = step([alone, state], [turned(BAND, ensemble="solo"), BAND], when, decoder)
        assert all_[0].token == one.token, "a band changes nothing of the melody"
        found.append(all_)
    assert [result.voice for result in found[5]] == [LEAD, CHORDS, BASS, DRUMS]
    kept = unpack_state(pack_state(state)).band
    assert kept.chords.held == ()
    assert kept.harmony.chord == state.band.harmony.chord
    assert kept.harmony.memory is not None
    np.testing.assert_array_equal(kept.harmony.memory, state.band.harmony.memory)
    released = release_notes(state).band
    assert (released.chords.held, released.bass.held) == ((), ())


def test_a_stream_is_told_once_who_cannot_play_and_its_lead_plays_on(tmp_path: Path) -> None:
    decoder = Decoder(playable(tiny_model(tmp_path, config=TOLD)))
    core = EngineCore(decoder, (), BAND)
    stream = internal.StreamStep("main", BAND, ())
    told, voices = [], set()
    for n in range(4):
        for effect in core.handle(internal.Step(n=n, due=n * STEP_S, seconds_per_step=STEP_S, streams=(stream,))):
            told += [effect.reason] if isinstance(effect, internal.StreamWarning) else []
            voices |= {effect.voice} if isinstance(effect, internal.Stepped) else set()
    assert told == ["the ensemble band plays without chords and bass and drums: no weights"]
    assert voices == {LEAD}


def test_a_lead_that_is_mute_rests_and_its_melody_goes_on(players: Players, tmp_path: Path) -> None:
    decoder = Decoder(playable(tiny_model(tmp_path, config=TOLD)), players)
    usual = mute = observe(StreamState("main"), of_host(np.ones(8, np.float32), 0, 0.0), BAND)
    solo = Controls(variation=0.0)
    for n in range(16):
        when = StepTime(n, n * STEP_S, STEP_S)
        ([one], usual), ([other], mute) = step([usual, mute], [solo, turned(solo, lead_volume=0.0)], when, decoder)
        assert one.token == other.token
        assert other.events == ()
