"""A show prepared at home: calibrated on films, taught, listed, and scored with."""

from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest

from score_bridge.cli.shows import Lesson, after_lesson, keep_taught, show_words
from score_bridge.engine.models import EngineModels
from score_bridge.engine.requests.show_io import load_fitting_show
from score_bridge.engine.requests.teaching import phrase_lesson
from score_bridge.errors import MediaError, ModelError, PeerError, SettingsError
from score_bridge.mapping.anchors import UNTAUGHT, Anchor, AnchorSet, add_anchor
from score_bridge.mapping.calibration import calibrate
from score_bridge.mapping.show import Show
from score_bridge.mapping.show_file import save_show
from score_bridge.media.film import Film
from score_bridge.music.midi.phrase import midi_phrase
from score_bridge.scoring.film_score import Foresight, score_film
from score_bridge.scoring.shows import calibrate_show, picture_at
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls, to_texts
from tests.films import make_film
from tests.tiny import tiny_models

PLAIN = Settings(controls=Controls(temperature=0.0, variation=0.0))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "a.mp4", (1, 2, 3, 1))


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, track = tmp_path_factory.mktemp("midi") / "tune.mid", mido.MidiTrack()
    for pitch in (60, 62, 64, 65, 67, 65, 64, 62):
        track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=480)]
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)
    return path


@pytest.fixture
def show(models: EngineModels, film: Path) -> Show:
    return calibrate_show([Film.open(film)], models, PLAIN, None, lambda part, what: None)


def test_a_show_learns_all_of_its_films_and_is_frozen(models: EngineModels, film: Path, tmp_path: Path) -> None:
    other, told = make_film(tmp_path / "b.mp4", (7, 8)), list[float]()
    both = calibrate_show(
        [Film.open(film), Film.open(other)], models, PLAIN, None, lambda part, what: told.append(part)
    )
    alone = calibrate_show([Film.open(film)], models, PLAIN, None, lambda part, what: None)
    assert both.calibration.frozen
    assert both.calibration.pictures == pytest.approx(1.5 * alone.calibration.pictures, abs=4)
    assert sum(size for _, size in both.sizes) == len(both.calibration.mean)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=0.05)
    short = calibrate_show([Film.open(film)], models, PLAIN, 1.0, lambda part, what: None)
    assert short.calibration.pictures == pytest.approx(alone.calibration.pictures / 4, abs=3)


def test_scored_by_its_own_show_a_film_sounds_as_scored_by_itself(models: EngineModels, film: Path) -> None:
    own = [d.token for d in score_film(Film.open(film), models, PLAIN, limit=2.9).decided]  # no scene comes back
    short = calibrate_show([Film.open(film)], models, PLAIN, 2.9, lambda part, what: None)
    assert [
        d.token for d in score_film(Film.open(film), models, PLAIN, 2.9, foresight=Foresight(show=short)).decided
    ] == own


def test_scored_by_a_show_the_same_picture_sounds_the_same_in_another_film(
    models: EngineModels, film: Path, show: Show, tmp_path: Path
) -> None:
    other = Film.open(make_film(tmp_path / "b.mp4", (1, 9, 8)))
    here = [d.place for d in score_film(Film.open(film), models, PLAIN, foresight=Foresight(show=show)).decided]
    there = [d.place for d in score_film(other, models, PLAIN, foresight=Foresight(show=show)).decided]
    without = [d.place for d in score_film(other, models, PLAIN).decided]
    np.testing.assert_allclose(there[4], here[4], atol=0.02)
    assert np.linalg.norm(without[4] - here[4]) > 0.5


def test_a_taught_picture_and_the_show_s_bindings_reach_the_score(
    models: EngineModels, film: Path, show: Show, tune: Path
) -> None:
    latent = phrase_lesson(midi_phrase(tune), models.decoder).place
    known = add_anchor(UNTAUGHT, Anchor("two", picture_at(Film.open(film), 1.5, models).features, latent, "midi"))
    z = score_film(Film.open(film), models, PLAIN, foresight=Foresight(show=_with(show, known))).decided[12].place
    np.testing.assert_allclose(z, latent, atol=0.05)
    bound = score_film(
        Film.open(film), models, PLAIN, foresight=Foresight(show=_with(show, known, ("brightness density 1",)))
    )
    assert np.abs(bound.decided[12].place - z)[0] > 0.05


def _with(show: Show, known: AnchorSet, bindings: tuple[str, ...] = ()) -> Show:
    return replace(show, taught=known, bindings=bindings)


def _after(show: Show, models: EngineModels, *lessons: Lesson) -> Show:
    for lesson in lessons:
        show = after_lesson(show, lesson, models, PLAIN.controls)
    return show


def test_lessons_are_listed_and_a_name_is_taught_anew(
    models: EngineModels, show: Show, film: Path, tune: Path
) -> None:
    one, two = (
        Lesson(Film.open(film), 0.5, "one", midi=tune),
        Lesson(Film.open(film), 1.5, "two", direction="density=2"),
    )
    after = _after(show, models, one, two, Lesson(Film.open(film), 2.5, "one", midi=tune))
    set_here = to_texts(Controls(temperature=0.5, scale="dorian"))
    after = replace(after, controls=(*set_here, "tempo 90"))
    words = list(show_words(_with(after, after.taught, ("motion density 0.5",))))
    assert words[0].startswith(
        f"{show.calibration.pictures:.0f} pictures seen by encoder {PLAIN.encoder} (content 192, "
    )
    assert words[1].startswith("melody model tiny")
    assert words[2].startswith("identity ")
    assert words[3:5] == ["set: temperature 0.5, scale dorian", "tempo 90"]
    assert words[5:] == ["bound: motion density 0.5", "taught: two (density 2)", "taught: one (midi)"]
    np.testing.assert_array_equal(after.taught.anchors[1].features, picture_at(Film.open(film), 2.5, models).features)


def test_a_show_learned_anew_keeps_what_was_taught(models: EngineModels, show: Show, film: Path, tune: Path) -> None:
    before = _with(
        show, _after(show, models, Lesson(Film.open(film), 0.5, "one", midi=tune)).taught, ("motion density 0.5",)
    )
    anew = keep_taught(Path("show"), show, before)
    assert (anew.taught, anew.bindings) == (before.taught, before.bindings)
    bound = keep_taught(Path("show"), _with(show, UNTAUGHT, ("edges range 1",)), before)
    assert bound.bindings == ("edges range 1",)
    fewer = replace(show, calibration=calibrate(np.eye(9, dtype=np.float32)))
    with pytest.raises(ModelError, match="write to another file"):
        keep_taught(Path("show"), fewer, before)


def test_a_direction_is_set_in_what_the_picture_plays(models: EngineModels, show: Show, film: Path) -> None:
    lessons = [Lesson(Film.open(film), 1.5, f"at {value}", direction=f"register={value}") for value in (-1, 1)]
    low, high = (anchor.place for anchor in _after(show, models, *lessons).taught.anchors)
    assert high[1] - low[1] == pytest.approx(2 * models.decoder.target.named[1], rel=0.02)
    np.testing.assert_allclose(np.delete(high, 1), np.delete(low, 1), atol=0.05)


@pytest.mark.parametrize(
    ("lesson", "error", "words"),
    [
        ({"direction": "density=4"}, SettingsError, "-3 to 3"),
        ({"direction": "density=nan"}, SettingsError, "-3 to 3"),
        ({"direction": "density"}, SettingsError, "-3 to 3"),
        ({"direction": "loudness=1"}, PeerError, "no direction named loudness"),
        ({"direction": "density=1", "at": 60.0}, MediaError, "no picture at 60 s"),
        ({"direction": "density=1", "name": "a" * 65}, PeerError, "printable"),
        ({"midi": Path("none.mid")}, MediaError, "none.mid"),
    ],
)
def test_a_lesson_that_cannot_be_given_is_refused_in_one_line(
    lesson: dict[str, object], error: type[Exception], words: str, models: EngineModels, show: Show, film: Path
) -> None:
    given = Lesson(**{"film": Film.open(film), "at": 1.0, "name": "x", **lesson})  # type: ignore[arg-type]
    with pytest.raises(error, match=words) as caught:
        after_lesson(show, given, models, PLAIN.controls)
    assert "\n" not in str(caught.value)


def test_the_show_of_another_encoder_is_not_used(models: EngineModels, show: Show, tmp_path: Path) -> None:
    save_show(tmp_path / "show.safetensors", show)
    with pytest.raises(ModelError, match="this is 'vae'"):
        load_fitting_show(tmp_path / "show.safetensors", "vae", models)
