"""The engine's core by itself: events in, effects out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.engine.events import (
    ContentReady,
    EncodeContent,
    FeaturesGiven,
    KeepSnapshot,
    PictureSeen,
    RequestReceived,
    StateRestored,
)
from score_bridge.engine.models import EngineModels
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState, VoiceState
from score_bridge.media.film import Film
from score_bridge.music.timing import step_length
from score_bridge.scoring.film_score import AS_LIVE, DECODED_SIDE, score_film
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, Note, NoteOff, Teach
from tests.engine.rig import STEP_S, Rig
from tests.films import make_film, scene
from tests.tiny import tiny_models

SECOND = 1
FREE = Controls(temperature=1.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    torch.set_num_threads(1)
    return tiny_models(Path(tmp_path_factory.mktemp("model")))


def _live(film: Film, models: EngineModels, settings: Settings, steps: int) -> Iterator[int]:
    """Tokens of a film that is sent to the core picture by picture, each at its time."""
    rig, seconds = Rig(models, settings), step_length(settings.tempo)
    frames = film.frames(None, DECODED_SIDE)
    upcoming = next(frames, None)
    for n in range(steps):
        while upcoming is not None and upcoming.time_s <= n * seconds:
            rig.show_picture(upcoming.rgb, upcoming.time_s)
            upcoming = next(frames, None)
        part = internal.StreamStep("main", settings.controls)
        rig.handle(internal.Step(n=n, due=n * seconds, seconds_per_step=seconds, streams=(part,)))
        yield rig.of(internal.Stepped)[-1].token


@pytest.mark.parametrize("fps", [12, 50])
def test_a_film_plays_live_as_it_is_scored(models: EngineModels, tmp_path: Path, fps: int) -> None:
    """Without latency, and without what only a film can know beforehand, live and offline are one path."""
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2, 1, 3), fps=fps))
    settings = Settings(controls=Controls(temperature=1.0, variation=0.3), tempo=140.0)
    scored = score_film(film, models, settings, foresight=AS_LIVE)
    tokens = [decided.token for decided in scored.decided]
    assert len(set(tokens)) > 4
    assert list(_live(film, models, settings, len(tokens))) == tokens
    assert [d.token for d in score_film(film, models, settings).decided] != tokens


def test_every_picture_moves_the_music_though_content_is_encoded_less_often(models: EngineModels) -> None:
    rig = Rig(models)
    for i in range(10):
        rig.show_picture(scene(1, i, (90, 160)), i * 0.02)
    reports = rig.of(internal.Observed)
    own = [report for report in reports if not report.again]
    assert len(reports) - len(own) == 2
    assert [report.encoded for report in own] == [False] + [True] * 9
    assert [report.quick for report in own] == [True] * 10


def test_content_of_a_picture_is_an_event_of_its_own(models: EngineModels) -> None:
    rig = Rig(models)
    picture = models.prepare(scene(1, 0, (90, 160)))
    effects = rig.core.handle(PictureSeen("main", 7, 1.0, picture))
    [wanted] = [effect for effect in effects if isinstance(effect, EncodeContent)]
    assert (wanted.seq, wanted.time) == (7, 1.0)
    np.testing.assert_array_equal(wanted.image, picture.image)
    assert models.look is not None
    [report] = rig.core.handle(ContentReady("main", 7, 1.0, models.look(wanted.image)))
    assert isinstance(report, internal.Observed)
    assert (report.encoded, report.again, report.quick) == (True, True, False)


def test_content_of_a_stream_that_is_gone_begins_no_stream(models: EngineModels) -> None:
    rig = Rig(models)
    assert models.look is not None
    look = models.look(models.prepare(scene(1, 0, (90, 160))).image)
    assert rig.core.handle(ContentReady("gone", 1, 1.0, look)) == []
    assert rig.state("gone") == StreamState("gone")


def test_a_vector_of_another_length_is_refused_and_changes_nothing(models: EngineModels) -> None:
    rig = Rig(models)
    rig.see(np.ones(5, np.float32))
    before = rig.state()
    [report] = rig.core.handle(FeaturesGiven("main", 9, 2.0, (1.0, 2.0)))
    assert isinstance(report, internal.Observed)
    assert (report.refused_kind, report.seq, report.encoded) == ("features", 9, False)
    assert "have 5 values, got 2" in report.refused
    assert rig.state() is before


def test_a_request_that_changes_nothing_keeps_nothing(models: EngineModels) -> None:
    rig = Rig(models)
    request = internal.EngineRequest(ask=3, source=Teach(name="sea"), time=0.0)
    [answer] = rig.core.handle(RequestReceived(request))
    assert isinstance(answer, internal.EngineReply)
    assert answer.refused_kind == "teach"


def test_a_stream_is_kept_once_a_bar(models: EngineModels) -> None:
    rig = Rig(models)
    for _ in range(64):
        rig.step(FREE)
    assert len(rig.of(KeepSnapshot)) == 4


def _with_second_voice() -> StreamState:
    return StreamState("main", voices={LEAD: VoiceState(), SECOND: VoiceState()})


def test_two_voices_of_a_stream_draw_for_themselves_and_share_no_note_id(models: EngineModels) -> None:
    rig, alone = Rig(models), Rig(models)
    rig.handle(StateRestored(_with_second_voice()))
    for _ in range(128):
        rig.step(FREE)
        alone.step(FREE)
    lead, second = ([s for s in rig.of(internal.Stepped) if s.voice == voice] for voice in (LEAD, SECOND))
    assert [s.token for s in lead] == [s.token for s in alone.of(internal.Stepped)]
    assert [s.token for s in lead] != [s.token for s in second]
    ids = [{e.id for s in voice for e in s.events if isinstance(e, Note)} for voice in (lead, second)]
    assert min(map(len, ids)) > 4
    assert not ids[0] & ids[1]
    for number, voice in enumerate((lead, second)):
        sounding: list[int] = []
        for event in (event for s in voice for event in s.events):
            assert event.voice == number
            if isinstance(event, NoteOff):
                assert sounding == [event.id]
                sounding.clear()
            else:
                sounding.append(event.id)


def test_a_crash_and_a_release_concern_all_voices(models: EngineModels) -> None:
    rig, fresh = Rig(models), Rig(models)
    rig.handle(StateRestored(_with_second_voice()))
    for _ in range(40):
        rig.step(FREE)
    kept = unpack_state(pack_state(rig.state()))
    fresh.handle(StateRestored(kept))
    fresh.n = rig.n
    for _ in range(40):
        rig.step(FREE)
        fresh.step(FREE)
    went_on, restored = ([(s.voice, s.token) for s in r.of(internal.Stepped)] for r in (rig, fresh))
    assert restored == went_on[-len(restored) :]
    assert any(voice.held for voice in rig.state().voices.values())
    rig.handle(internal.Release(stream="main"))
    assert not any(voice.held for voice in rig.state().voices.values())


def test_the_same_events_give_the_same_notes(models: EngineModels) -> None:
    """The order of pictures, contents and steps is data: content that comes later is heard later."""

    def play(delay: int) -> list[int]:
        rig = Rig(models)
        late: list[tuple[int, ContentReady]] = []
        for n in range(64):
            picture = models.prepare(scene(n // 8, 0, (90, 160)))
            for effect in rig.core.handle(PictureSeen("main", n, n * STEP_S, picture)):
                if isinstance(effect, EncodeContent):
                    assert models.look is not None
                    ready = ContentReady("main", effect.seq, effect.time, models.look(effect.image))
                    late.append((n + delay, ready))
            for _, ready in [item for item in late if item[0] == n]:
                rig.core.handle(ready)
            rig.step(replace_temperature(0.0))
        return [s.token for s in rig.of(internal.Stepped)]

    assert play(0) == play(0)
    assert play(3) == play(3)
    assert play(0) != play(3)


def replace_temperature(value: float) -> Controls:
    return Controls(temperature=value, variation=0.0)


def test_a_restored_voice_keeps_its_memory_where_it_has_one(models: EngineModels) -> None:
    rig = Rig(models)
    for _ in range(8):
        rig.step(FREE)
    state = rig.state()
    rig.handle(StateRestored(replace(state, seed=5)))
    assert rig.state().lead.cache is state.lead.cache


@pytest.mark.parametrize("value", [1e5, 1e12, 1e20, -1e20, 3e38, 1e30, 1e308])
def test_one_bad_number_costs_nobody_the_music(models: EngineModels, value: float) -> None:
    """It is refused or believed in part; the stream's later vectors go on moving its music."""
    rigs = Rig(models), Rig(models)
    drawn = [np.random.default_rng(7).random((150, 3)).astype(np.float32) for _ in rigs]
    spreads = []
    for rig, vectors in zip(rigs, drawn, strict=True):
        latents = []
        for n, vector in enumerate(vectors):
            rig.see(vector)
            if n == 12 and rig is rigs[0]:
                rig.handle(FeaturesGiven("main", n, n * STEP_S, (value, 0.8, 0.3)))
            latents.append(rig.step(FREE).latent)
        spreads.append(np.ptp(np.array(latents[-30:]), axis=0).max())
    assert spreads[0] > 0.4 * spreads[1] > 0
    refusals = [report for report in rigs[0].of(internal.Observed) if report.refused]
    assert len(refusals) == (abs(value) > 1e9)


def test_arithmetic_that_fails_is_answered_and_ends_nothing(
    models: EngineModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(models)
    rig.see(np.ones(3, np.float32))

    def fail(*_: object) -> None:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")

    monkeypatch.setattr("score_bridge.engine.pipeline.learn", fail)
    [report] = rig.core.handle(FeaturesGiven("main", 2, 1.0, (0.1, 0.2, 0.3)))
    assert isinstance(report, internal.Observed)
    assert report.refused_kind == "features"
    assert "Eigenvalues did not converge" in report.refused
    assert rig.step(FREE).n == 0
