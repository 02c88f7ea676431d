"""Teaching, calibrating and saving by the engine's own messages, with a small model."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.events import KeepSnapshot, StateRestored
from score_bridge.engine.models import EngineModels
from score_bridge.engine.requests.show_io import bindings_of, show_at_start
from score_bridge.engine.requests.teaching import directed_place, phrase_lesson, playing_phrase
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.errors import ModelError, SettingsError
from score_bridge.mapping.anchors import MOST_ANCHORS
from score_bridge.mapping.bindings import apply_bindings, smooth_readings
from score_bridge.mapping.show_file import load_show
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.midi.phrase import midi_phrase
from score_bridge.music.midi.writer import midi_bytes
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire import internal
from score_bridge.wire.bindings import Binding
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import (
    Anchors,
    Calibrate,
    Calibrated,
    Save,
    Saved,
    Teach,
    TeachDirection,
    TeachList,
    TeachMidi,
    TeachRemove,
    TeachUndo,
)
from tests.engine.rig import Rig as CoreRig
from tests.music.midi.test_phrase import notes
from tests.tiny import tiny_model, tiny_models

STEP_S = 0.125
BOUND = (Binding("motion", "density", 0.5),)
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


def features(i: int) -> Floats:
    return np.random.default_rng(i).standard_normal(24).astype(np.float32)


class Rig(CoreRig):
    """A rig that plays what it is likeliest to, bound."""

    def play(self, steps: int, stream: str = "main") -> list[int]:
        """Decide steps; return their tokens."""
        return [self.step(Controls(temperature=0.0), BOUND, stream).token for _ in range(steps)]

    def latent(self) -> Floats:
        return np.array(self.step(Controls(temperature=0.0), BOUND).latent, np.float32)


@pytest.fixture
def rig(models: EngineModels) -> Rig:
    made = Rig(models)
    for i in range(20):
        made.see(features(i))
        made.play(2)
    return made


def test_what_plays_is_taught_with_its_picture_and_comes_back_with_it(rig: Rig, models: EngineModels) -> None:
    rig.see(*[features(3)] * 30)
    rig.play(40)
    state = rig.state()
    assert rig.ask(Teach(name="sea")) == Anchors(stream="main", anchors=("sea", "played"))
    [anchor] = rig.picture.anchors.anchors
    phrase = playing_phrase(state.lead)
    assert [phrase[n % 32] for n in range(rig.n - 32, rig.n)] == list(state.lead.tokens[-32:])
    np.testing.assert_array_equal(anchor.place, phrase_lesson(phrase, models.decoder).place)
    assert state.picture.features is not None
    np.testing.assert_array_equal(anchor.features, state.picture.features.value)
    away = np.linalg.norm(rig.latent() - anchor.place)
    assert away < 1e-3 * np.linalg.norm(anchor.place)


def test_a_change_is_with_the_bridge_before_it_is_answered_and_a_question_is_not(rig: Rig) -> None:
    rig.ask(Teach(name="sea"))
    snapshot, _ = rig.wanted[-2:]
    assert isinstance(snapshot, KeepSnapshot)
    [anchor] = snapshot.state.picture.anchors.anchors
    assert (anchor.name, anchor.source) == ("sea", "played")
    before = len(rig.wanted)
    rig.ask(TeachList())
    rig.ask(TeachRemove(name="land"))
    assert [type(effect) for effect in rig.wanted[before:]] == [internal.EngineReply] * 2


def test_a_fresh_engine_knows_what_was_taught_just_before_the_crash(rig: Rig, models: EngineModels) -> None:
    rig.ask(Teach(name="sea"))
    kept = rig.of(KeepSnapshot)[-1]
    other = Rig(models)
    other.handle(StateRestored(unpack_state(pack_state(kept.state))))
    assert other.ask(TeachList()) == Anchors(stream="main", anchors=("sea", "played"))


def test_midi_is_taught_as_the_model_hears_it(rig: Rig, models: EngineModels) -> None:
    midi = midi_bytes(notes())
    assert rig.ask(TeachMidi(name="tune"), midi) == Anchors(stream="main", anchors=("tune", "midi"))
    wanted = phrase_lesson(midi_phrase(midi), models.decoder).place
    [anchor] = rig.picture.anchors.anchors
    np.testing.assert_array_equal(anchor.place, wanted)


def test_what_bindings_add_is_not_taught_twice(rig: Rig, models: EngineModels) -> None:
    midi = midi_bytes(notes())
    felt = smooth_readings(None, Descriptors(0.5, 0.2, 0.5, 0.3, 0.2, 0.9, 0.0, False), 0.9, 0.0)
    rig.change(readings=felt)
    rig.ask(TeachMidi(name="tune"), midi)
    [anchor] = rig.picture.anchors.anchors
    wanted = phrase_lesson(midi_phrase(midi), models.decoder).place
    assert abs(anchor.place[0] - wanted[0]) > 0.2
    np.testing.assert_allclose(apply_bindings(anchor.place, felt, BOUND, models.decoder.target), wanted, atol=1e-6)


def test_a_direction_is_set_in_deviations_and_the_rest_stays(rig: Rig, models: EngineModels) -> None:
    target = models.decoder.target
    now = target.mean + np.float32(0.01)
    moved = directed_place(now, "range", -1.5, models.decoder)
    assert moved[2] == pytest.approx(target.mean[2] - 1.5 * target.named[2], rel=1e-5)
    np.testing.assert_array_equal(np.delete(moved, 2), np.delete(now, 2))
    answer = rig.ask(TeachDirection(name="calm", direction="density", value=-2.0))
    assert answer == Anchors(stream="main", anchors=("calm", "density -2"))


def test_undo_takes_back_removing_and_teaching(rig: Rig) -> None:
    rig.ask(Teach(name="a"))
    rig.ask(TeachDirection(name="b", direction="density", value=1.0))
    assert rig.ask(TeachRemove(name="a")).anchors == ("b", "density 1")
    assert rig.ask(TeachUndo()).anchors == ("a", "played", "b", "density 1")
    assert rig.ask(TeachUndo()).anchors == ("a", "played")
    assert rig.ask(TeachUndo()).anchors == ()
    assert rig.ask(TeachUndo()) == "teach: there is nothing to undo"


def test_what_cannot_be_taught_is_refused_in_words(rig: Rig, models: EngineModels) -> None:
    early = Rig(models)
    midi = midi_bytes(notes())
    for request, payload in ((Teach(name="a"), b""), (TeachMidi(name="a"), midi)):
        assert early.ask(request, payload) == "teach: there is no picture to teach yet: send one first"
    early.see(features(0))
    assert early.ask(Teach(name="a")).startswith("teach: teaching takes two bars")
    assert early.ask(TeachMidi(name="a"), b"garbage") == (
        "midi: MIDI data is not a MIDI file that can be used: it has no header"
    )
    for i in range(MOST_ANCHORS):
        assert not isinstance(rig.ask(TeachDirection(name=f"{i:064d}", direction="density", value=0.5)), str)
    assert rig.ask(TeachDirection(name="more", direction="density", value=0.5)).startswith("teach: 128 pictures")


def test_freezing_stops_learning_and_adapting_goes_on(rig: Rig) -> None:
    assert rig.ask(Calibrate(action="freeze")) == Calibrated(stream="main", state="frozen", pictures=20)
    frozen = rig.picture.calibration
    rig.see(*map(features, range(50, 60)))
    assert rig.picture.calibration is frozen
    assert rig.ask(Calibrate(action="adapt")).state == "adapting"
    rig.see(*map(features, range(60, 70)))
    assert rig.ask(Calibrate(action="freeze")).pictures == 30


def test_resetting_begins_anew_at_the_next_picture_and_keeps_what_was_taught(rig: Rig) -> None:
    rig.ask(Teach(name="sea"))
    assert rig.ask(Calibrate(action="reset")) == Calibrated(stream="main", state="new", pictures=0)
    assert rig.ask(Calibrate(action="freeze")).startswith("calibrate: no picture was seen yet")
    rig.play(2)
    rig.see(features(90), features(91))
    assert rig.ask(Calibrate(action="adapt")).pictures == 2
    assert rig.ask(TeachList()).anchors == ("sea", "played")


# --- show files ------------------------------------------------------------------------------------------------


def test_a_saved_show_is_how_new_streams_and_new_servers_begin(models: EngineModels, tmp_path: Path) -> None:
    path = tmp_path / "show.safetensors"
    first = Rig(models, Settings(show=str(path)))
    assert first.ask(Save()) == "save: there is nothing to save: the stream has seen no picture yet"
    for i in range(20):
        first.see(features(i))
        first.play(2)
    first.ask(Teach(name="sea"))
    dorian = Controls(scale="dorian", energy=0.5)
    answer = first.ask(Save(), controls=dorian, bindings=BOUND, tempo=90.0)
    assert answer == Saved(stream="main", path=str(path), anchors=1)
    saved = load_show(path)
    assert saved.bindings == ("motion density 0.5",)
    assert {"scale dorian", "energy 0.5", "tempo 90"} <= set(saved.controls)
    known = first.picture
    second = Rig(models, Settings(show=str(path)))
    assert bindings_of(second.show, models) == BOUND
    for made in (first, second):
        made.see(features(3), stream="new")
        assert made.ask(TeachList(stream="new")).anchors == ("sea", "played")
        assert made.ask(Calibrate(action="freeze", stream="new")).pictures == 21
    assert known.calibration is not None
    begun = second.state("new").picture.calibration
    assert begun is not None
    np.testing.assert_array_equal(begun.basis.axes, known.calibration.basis.axes)


def test_a_frozen_show_stays_as_it_is_until_told_to_adapt(models: EngineModels, tmp_path: Path) -> None:
    path = tmp_path / "show.safetensors"
    first = Rig(models, Settings(show=str(path)))
    first.see(*map(features, range(20)))
    first.ask(Calibrate(action="freeze"))
    first.ask(Save())
    second = Rig(models, Settings(show=str(path)))
    second.see(*map(features, range(30, 35)))
    assert second.ask(Calibrate(action="adapt")).pictures == 20
    second.see(*map(features, range(35, 40)))
    assert second.ask(Calibrate(action="freeze")).pictures == 25


def test_features_of_another_length_begin_without_the_show_and_say_so_once(
    models: EngineModels, tmp_path: Path
) -> None:
    path = tmp_path / "show.safetensors"
    first = Rig(models, Settings(show=str(path)))
    first.see(*map(features, range(9)))
    first.ask(Save())
    second = Rig(models, Settings(show=str(path)))
    second.see(features(0)[:5], features(1)[:5])
    complaints = second.of(internal.StreamWarning)
    reason = "the show is for 24 features, this stream has 5: it begins without the show"
    assert complaints == [internal.StreamWarning(stream="main", kind="show", reason=reason)]
    assert second.ask(Calibrate(action="freeze")).pictures == 2


def test_saving_without_a_file_and_into_a_folder_that_went_away(models: EngineModels, tmp_path: Path) -> None:
    none = Rig(models)
    none.see(features(0))
    assert none.ask(Save()) == "save: the server was started without --show FILE: there is no file to save to"
    folder = tmp_path / "gone"
    folder.mkdir()
    made = Rig(models, Settings(show=str(folder / "show.safetensors")))
    folder.rmdir()
    made.see(features(0))
    assert made.ask(Save()).startswith("save: cannot write the show file ")


def test_a_show_that_cannot_be_used_ends_the_start_in_one_line(models: EngineModels, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no folder"):
        show_at_start(Settings(show=str(tmp_path / "no" / "show.safetensors")), models)
    (tmp_path / "bad").write_bytes(b"garbage" * 9)
    with pytest.raises(ModelError, match="show file"):
        show_at_start(Settings(show=str(tmp_path / "bad")), models)
    made = Rig(models, Settings(show=str(tmp_path / "good")))
    made.see(features(0))
    made.ask(Save())
    with pytest.raises(ModelError, match="was made with encoder"):
        show_at_start(replace(made.settings, encoder="vae"), models)


def test_phrases_find_their_places_in_another_melody_model(models: EngineModels, tmp_path: Path) -> None:
    path = tmp_path / "show.safetensors"
    first = Rig(models, Settings(show=str(path)))
    for i in range(20):
        first.see(features(i))
        first.play(2)
    first.ask(Teach(name="sea"))
    first.ask(TeachMidi(name="tune"), midi_bytes(notes()))
    first.ask(Save())
    melody = tiny_model(tmp_path, seed=1)
    others = dataclasses.replace(models, melody=melody.info, decoder=Decoder(playable(melody)))
    second = Rig(others, Settings(show=str(path)))
    assert second.show is not None
    sea, tune = second.show.taught.anchors
    np.testing.assert_array_equal(tune.place, phrase_lesson(midi_phrase(midi_bytes(notes())), others.decoder).place)
    np.testing.assert_array_equal(sea.place, phrase_lesson(sea.phrase, others.decoder).place)
    assert not np.allclose(sea.place, first.picture.anchors.anchors[0].place)
    first.ask(TeachDirection(name="calm", direction="density", value=-2.0))
    first.ask(Save())
    with pytest.raises(ModelError, match=r"was taught with melody_model tiny .*teach 'calm' anew"):
        Rig(others, Settings(show=str(path)))
