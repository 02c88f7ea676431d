"""`score-bridge calibrate`, `show` and `teach`: a show file made, read and added to at home."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from score_bridge.cli.progress_bar import bar, console
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.engine.requests.show_io import load_fitting_show
from score_bridge.engine.requests.teaching import Lesson as Taught
from score_bridge.engine.requests.teaching import directed_place, phrase_lesson
from score_bridge.errors import MediaError, ModelError, SettingsError
from score_bridge.mapping.anchors import add_anchor
from score_bridge.mapping.show import MELODY, Show
from score_bridge.mapping.show_file import save_show, show_identity
from score_bridge.media.film import Film
from score_bridge.music.midi.phrase import midi_phrase
from score_bridge.music.tokens import FIRST_ON
from score_bridge.scoring.shows import calibrate_show, picture_at, place_seen
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls, from_texts

STRONGEST = 3.0


@dataclass(frozen=True)
class Lesson:
    """The picture of `film` at `at` seconds, to be paired under `name` with a MIDI file's first two bars, or with
    what it plays already but for one direction ("density=2").
    """

    film: Film
    at: float
    name: str
    midi: Path | None = None
    direction: str | None = None


def calibrate_command(settings: Settings, films: Sequence[Film], out: Path, limit: float | None) -> None:
    """Learn films and write a show file. What a show file that is there was taught stays."""
    if not out.resolve().parent.is_dir():
        raise SettingsError(f"--out {out}: there is no folder {out.parent}")
    with bar("loading the models") as report:
        models = load_models(settings)
        before = load_fitting_show(out, settings.encoder, models) if out.exists() else None
        show = calibrate_show(films, models, settings, limit, report)
    if before is not None:
        show = keep_taught(out, show, before)
    save_show(out, show)
    for film in films:
        if film.broken:
            console.print(f"[yellow]{film.path} is damaged: {film.broken}; learned what is there")
    for line in show_words(show):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"written {out}", soft_wrap=True)


def teach_command(settings: Settings, path: Path, lesson: Lesson) -> None:
    """Teach a show file one picture of a film; a name that is there already is taught again."""
    if (lesson.midi is None) == (lesson.direction is None):
        raise SettingsError("name what to teach, one of --midi FILE and --direction NAME=VALUE")
    with bar("loading the models"):
        models = load_models(settings)
        show = after_lesson(load_fitting_show(path, settings.encoder, models), lesson, models, settings.controls)
    save_show(path, show)
    for line in show_words(show):
        console.print(line, highlight=False, soft_wrap=True)


def show_words(show: Show) -> Iterator[str]:
    """Say what is in a show."""
    known = show.calibration
    learning = "frozen" if known.frozen else "goes on learning"
    groups = ", ".join(f"{name} {size}" for name, size in show.sizes) or f"a host's own, {len(known.mean)}"
    yield f"{known.pictures:,.0f} pictures seen by encoder {show.encoder} ({groups}); {learning}"
    for role, file in show.weights.items():
        yield f"{role.replace('_', ' ')} {file}"
    yield f"identity {show_identity(show)}"
    usual = msgspec.structs.asdict(Controls())
    kept = from_texts(show.controls)
    if changed := [f"{name} {value}" for name, value in kept.items() if usual[name] != value]:
        yield f"set: {', '.join(changed)}"
    yield from (text for text in show.controls if text.startswith("tempo "))
    for line in show.bindings:
        yield f"bound: {line}"
    for anchor in show.taught.anchors:
        yield f"taught: {anchor.name} ({anchor.source})"
    if not show.taught.anchors:
        yield "nothing is taught"


def keep_taught(path: Path, show: Show, before: Show) -> Show:
    """Put what was taught and bound before into a show learned again. ModelError if the anchors do not fit."""
    was, size = len(before.calibration.mean), len(show.calibration.mean)
    if before.taught.anchors and was != size:
        raise ModelError(f"{path} was taught pictures of {was} features, these have {size}: write to another file")
    return replace(show, taught=before.taught, bindings=show.bindings or before.bindings)


def after_lesson(show: Show, lesson: Lesson, models: EngineModels, controls: Controls) -> Show:
    """Return the show with the lesson's picture taught. Raises MediaError, SettingsError or PeerError."""
    picture = picture_at(lesson.film, lesson.at, models)
    if lesson.direction is not None:
        name, value = _direction(lesson.direction)
        here = place_seen(show, picture, models.decoder.target, controls)
        phrase: tuple[int, ...] = ()
        taught, source = Taught(directed_place(here, name, value, models.decoder)), f"{name} {value:g}"
    else:
        phrase = _phrase(lesson.midi)
        taught, source = phrase_lesson(phrase, models.decoder), "midi"
    known = add_anchor(show.taught, taught.anchor(lesson.name, picture.features, source, phrase))
    return replace(show, taught=known, weights={**show.weights, MELODY: models.weights[MELODY]})


def _phrase(midi: Path | None) -> tuple[int, ...]:
    phrase = midi_phrase(midi) if midi is not None else ()
    if not any(token >= FIRST_ON for token in phrase):
        raise MediaError(f"{midi}: no note begins in the first two bars")
    return phrase


def _direction(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not -STRONGEST <= number <= STRONGEST:
        raise SettingsError(f"--direction {text!r}: expected a name and -3 to 3, as in density=2")
    return name, number
