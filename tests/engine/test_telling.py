"""What the melody model is told: the picture's character, a key and a motif for every scene, and what was taught."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace as replace_fields

from score_bridge.engine.core import EngineCore
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.events import StateRestored
from score_bridge.engine.observing import Observation
from score_bridge.engine.pipeline import StepTime, play, step
from score_bridge.engine.requests.teaching import phrase_lesson
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.engine.telling import HEIGHT, HEIGHT_STEPS, Passage
from score_bridge.mapping.anchors import UNTAUGHT, Anchor, add_anchor
from score_bridge.mapping.scenes import Scene, Scenes
from score_bridge.models.melody.condition import Told
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.character import DESCRIPTORS, KEYLESS, TONAL
from score_bridge.music.keys import KEY_NAMES
from score_bridge.music.tokens import HOLD, pitch_of
from score_bridge.wire import internal
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Note
from tests.engine.observing import observe
from tests.tiny import TOLD, some_phrases, tiny_model

STEP_S = 0.125
PLAIN = Controls()
BEGINNING = Passage()
PLACE = np.zeros(len(DESCRIPTORS), np.float32)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return Decoder(playable(tiny_model(tmp_path_factory.mktemp("told"), config=TOLD)))


def _told(
    decoder: Decoder,
    state: StreamState,
    controls: Controls = PLAIN,
    place: np.ndarray = PLACE,
    passage: Passage = BEGINNING,
) -> Told:
    condition = decoder.teller.condition(place, state, controls, passage)
    return Told.unpack(torch.from_numpy(condition), TOLD.latent, TOLD.descriptors)


def _in(key: str, now: int = 0, stream: str = "main") -> StreamState:
    """A stream in its scene number `now`, all in one key."""
    scenes = tuple(Scene(np.zeros(4, np.float32), 1.0, 0.0, KEY_NAMES.index(key)) for _ in range(now + 1))
    return StreamState(stream, picture=PictureState(scenes=Scenes(scenes, now)))


def _key(told: Told) -> str:
    return KEY_NAMES[int(told.key.argmax())] if told.key.any() else "none"


def test_a_character_is_told_with_the_motif_s_place_in_its_key_which_pictures_do_not_move(decoder: Decoder) -> None:
    told, other = (_told(decoder, _in("G major"), place=PLACE + by) for by in (0, 1))
    tonal, rest = slice(len(KEYLESS), len(KEYLESS) + len(TONAL)), slice(len(KEYLESS) + len(TONAL), None)
    assert told.told[: tonal.stop].all()
    torch.testing.assert_close(told.scores[tonal], other.scores[tonal])
    assert not told.told[rest].any()
    assert not told.scores[rest].any()
    assert torch.isfinite(told.pack()).all()


def test_the_key_is_the_scene_s_until_the_artist_chooses_one(decoder: Decoder) -> None:
    scene = _in("G major")
    assert _key(_told(decoder, scene)) == "G major"
    assert _key(_told(decoder, scene, Controls(root="D"))) == "D major"
    assert _key(_told(decoder, scene, Controls(root="D", scale="dorian"))) == "D minor"
    assert _key(_told(decoder, scene, Controls(scale="blues"))) == "C minor"
    assert _key(_told(decoder, scene, Controls(root="D", transpose=2))) == "C major"  # what sounds is in D
    assert _key(_told(decoder, StreamState("main"))) == "none"


def test_every_scene_of_every_stream_has_its_own_motif_and_a_scene_that_returns_has_it_back(decoder: Decoder) -> None:
    def detail(state: StreamState) -> tuple[float, ...]:
        return tuple(_told(decoder, state, Controls(freedom=0.0)).detail.tolist())

    scenes = [detail(_in("C major", scene)) for scene in range(6)]
    assert len(set(scenes)) > 3
    assert detail(_in("C major", 0)) == scenes[0]
    assert len({detail(_in("C major", 0, stream)) for stream in "abcdefgh"}) > 4


def test_a_stream_whose_end_is_known_closes_on_its_key_s_tonic_and_holds_it(decoder: Decoder) -> None:
    assert _told(decoder, _in("G major"), passage=Passage(closes=True)).ending.tolist() == [1.0] + [0.0] * 11
    assert not _told(decoder, StreamState("main"), passage=Passage(closes=True)).ending.any()
    state = replace(_in("G major"), ends=50)
    played = []
    for n in range(50):
        [([result], state)] = play([state], [PLACE], [PLAIN], StepTime(n, n * STEP_S, STEP_S), decoder)
        played.append(result)
    last = played[40]
    assert (pitch_of(last.token) or 0) % 12 == 7
    [note] = [event for event in last.events if isinstance(event, Note)]
    assert note.seconds == pytest.approx(10 * STEP_S)
    assert {result.token for result in played[41:]} == {HOLD}
    for result in played[:40]:
        assert all(n.time + n.seconds <= 50 * STEP_S + 1e-9 for n in result.events if isinstance(n, Note))


def test_freedom_and_follow_are_told_as_they_are_set(decoder: Decoder) -> None:
    way = _told(decoder, _in("C major"), Controls(freedom=0.25, follow=2.0)).way.tolist()
    assert way == pytest.approx([0.25, 1.0, 1.0])


def test_places_beyond_all_melodies_are_told_no_further_than_three_deviations(decoder: Decoder) -> None:
    told = _told(decoder, _in("C major"), place=PLACE + 100)
    assert told.scores.abs().max() == 3.0


def test_height_follows_within_a_bar_and_at_once_where_a_scene_begins_all_else_at_once(
    decoder: Decoder,
) -> None:
    state = _in("C major")
    [(_, state)] = play([state], [PLACE], [PLAIN], StepTime(0, 0.0, STEP_S), decoder)
    low = _told(decoder, state).scores
    higher = PLACE + np.float32(0.125)
    soon, begin = (_told(decoder, state, place=higher, passage=Passage(since)).scores - low for since in (64, 0))
    height = torch.tensor([name in HEIGHT for name in KEYLESS])
    torch.testing.assert_close(soon[: len(KEYLESS)][height], torch.full((len(HEIGHT),), 0.125 / HEIGHT_STEPS))
    assert (soon[: len(KEYLESS)][~height] > 0.124).all()
    assert (begin[: len(KEYLESS)] > 0.124).all()


def test_a_phrase_that_was_taught_is_told_note_for_note_with_its_picture_and_less_away_from_it(
    decoder: Decoder,
) -> None:
    rng = np.random.default_rng(0)
    film = rng.standard_normal((60, 12)).astype(np.float32)
    state = StreamState("main")
    for n, features in enumerate(film):
        state = observe(state, Observation.of_host(features.tolist(), n, n * 0.1), Controls())
    phrase = tuple(int(token) for token in some_phrases(1, seed=9)[0])
    lesson = phrase_lesson(phrase, decoder)
    calibration = state.picture.calibration
    assert calibration is not None
    anchor = Anchor("a", film[30], lesson.place, "midi", phrase, lesson.latent, lesson.key)

    def at(features: np.ndarray) -> Told:
        shown = StreamState("s", picture=PictureState(calibration=calibration, anchors=add_anchor(UNTAUGHT, anchor)))
        shown = observe(shown, Observation.of_host(features.tolist(), 0, 99.0), Controls())
        place = step([shown], [Controls()], StepTime(0, 99.0, STEP_S), decoder)[0][0][0].place
        return _told(decoder, shown, Controls(), place)

    exact, away = at(film[30]), at(film[30] + 40)
    np.testing.assert_allclose(exact.detail.numpy(), lesson.latent, atol=1e-4)
    assert exact.way[0] < 1e-3
    assert exact.way[1] == 0
    assert away.way[1] == 1
    assert not np.allclose(away.detail.numpy(), lesson.latent, atol=0.1)


def test_what_is_drawn_belongs_to_the_scene_and_a_scene_s_first_step_looks_back_a_beat(decoder: Decoder) -> None:
    before = _in("C major", 0)
    for n in range(40):
        [(_, before)] = step([before], [Controls()], StepTime(n, n * STEP_S, STEP_S), decoder)
    begun = 40 * STEP_S
    scene = Scene(np.zeros(4, np.float32), 1.0, begun, 0)
    known = (*before.picture.scenes.known, scene)
    after = StreamState("main", picture=PictureState(scenes=Scenes(known, 1)), voices=before.voices)
    [(_, after)] = step([after], [Controls()], StepTime(40, begun, STEP_S), decoder)
    assert after.lead.reaches[-1] == 4
    [(_, after)] = step([after], [Controls()], StepTime(41, begun + STEP_S, STEP_S), decoder)
    assert after.lead.reaches[-2:] == (4, 5)
    assert before.lead.reaches[-1] == 128


def test_a_condition_is_kept_so_that_a_crash_changes_no_note(decoder: Decoder, tmp_path: Path) -> None:
    del tmp_path
    state = _in("C major")
    for n in range(50):
        [(_, state)] = step([state], [Controls()], StepTime(n, n * STEP_S, STEP_S), decoder)
    rebuilt = decoder.rebuilt(state.lead)
    assert rebuilt.cache is not None
    assert state.lead.cache is not None
    for one, other in zip(rebuilt.cache, state.lead.cache, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def _played_in(decoder: Decoder, n: int, core: EngineCore, **controls: Controls) -> dict[str, str]:
    """In which keys these streams play step n."""
    parts = tuple(internal.StreamStep(name, c) for name, c in controls.items())
    core.handle(internal.Step(n=n, due=n * STEP_S, seconds_per_step=STEP_S, streams=parts))
    told = {name: core.state(name).lead.conditions[-1] for name in controls}
    unpacked = {name: Told.unpack(torch.from_numpy(one), TOLD.latent, TOLD.descriptors) for name, one in told.items()}
    return {name: _key(one) for name, one in unpacked.items()}


def test_a_group_plays_in_the_key_of_its_first_stream_that_plays(decoder: Decoder) -> None:
    core = EngineCore(decoder, (), PLAIN)
    for name, key in (("first", "G major"), ("second", "C minor"), ("third", "D minor"), ("alone", "E major")):
        core.handle(StateRestored(_in(key, stream=name)))
    grouped = Controls(group=3)
    streams = {"first": grouped, "second": grouped, "third": Controls(group=3, root="A"), "alone": PLAIN}
    assert _played_in(decoder, 0, core, **streams) == {
        "first": "G major", "second": "G major", "third": "A major", "alone": "E major",
    }  # fmt: skip
    up = replace_fields(grouped, transpose=2)
    assert _played_in(decoder, 1, core, first=up, second=grouped)["second"] == "A major", "what sounds is one key"
    assert _played_in(decoder, 2, core, second=grouped) == {"second": "A major"}, "the first just played"
    late = _played_in(decoder, 40, core, second=grouped, third=grouped)
    assert late == {"second": "C minor", "third": "C minor"}, "the first has long been silent"
