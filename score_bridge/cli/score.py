"""What the offline commands do: load, run with a progress bar, write, print the paths."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from score_bridge.cli.progress_bar import bar, console
from score_bridge.corpus.build import build_corpus, builtin_paths
from score_bridge.corpus.gather import CorpusReport
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import load_melody_only, load_models, load_players
from score_bridge.engine.pipeline import StepResult
from score_bridge.engine.requests.show_io import load_fitting_show
from score_bridge.errors import SettingsError
from score_bridge.mapping.show_file import load_show, show_identity
from score_bridge.media.film import Film, readers
from score_bridge.media.picture_files import DEFAULT_FPS
from score_bridge.media.sheet import NOT_INSTALLED
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.scoring.export import PLAIN, Rendering, Score, write_score
from score_bridge.scoring.film_score import AS_LIVE, FORESIGHT, FilmSteps, score_film
from score_bridge.scoring.generate import play_path, sample_path, slerp_path
from score_bridge.scoring.score_json import document, step_rows, weights_card
from score_bridge.scoring.timeline import timeline
from score_bridge.settings import Settings, as_shown
from score_bridge.wire.voices import programs_of


@dataclass(frozen=True)
class Making:
    """How a film is scored and rendered; as_live: without looking ahead; fps: of pictures that know no times."""

    rendering: Rendering = PLAIN
    as_live: bool = False
    fps: float = DEFAULT_FPS


def score_command(settings: Settings, film: Path, out: Path, limit: float | None, making: Making) -> None:
    """Score a film into a folder."""
    opened = Film.open(film, readers(making.fps))
    with bar("loading the models") as show:
        models = load_models(settings)
        known = load_fitting_show(Path(settings.show), settings.encoder, models) if settings.show else None
        settings = as_shown(settings, known.controls) if known else settings
        foresight = replace(AS_LIVE if making.as_live else FORESIGHT, show=known)
        steps = score_film(
            opened, models, settings, limit, lambda part: show(0.7 * part, "looking and playing"), foresight
        )
        about: dict[str, Any] = {"film": _film_card(opened, steps), "models": weights_card(models.weights)}
        if known is not None:
            about["show"] = {
                "file": Path(settings.show).name,
                "identity": show_identity(load_show(Path(settings.show))),
            }
        about["steps"] = step_rows(steps)
        made = document(models.melody.identity, settings, **about)
        page = timeline(opened, steps, made)
        score = replace(_score(steps, settings, made), page=page, title=film.stem, cuts=steps.cuts)
        paths = write_score(
            out, score, film=opened, rendering=making.rendering,
            progress=lambda what, part: show(0.9 + 0.1 * part if what == "film" else 0.8, f"making the {what}"),
        )  # fmt: skip
    if steps.broken:
        console.print(f"[yellow]the film is damaged: {steps.broken}; scored what is there ({steps.seconds:.1f} s)")
    _print_paths(score, paths)


def free_command(settings: Settings, out: Path, phrases: int, interpolate: bool, rendering: Rendering) -> None:
    """Play random phrases, or the way between two, into a folder."""
    melody = load_melody_only(settings)
    decoder, seed = Decoder(melody, load_players()), settings.seed
    path = slerp_path(decoder.target, seed, phrases) if interpolate else sample_path(decoder.target, seed)
    step_seconds, total = step_length(settings.tempo), phrases * PHRASE_STEPS
    with bar("playing") as show:
        decided: list[StepResult] = []
        for result in play_path(path, phrases, settings, decoder):
            decided.append(result)
            show(0.7 * len(decided) / total, "playing")
        steps = FilmSteps(
            total * step_seconds, step_seconds, (), tuple(decided), (None,) * total,
            programs=programs_of(settings.controls),
        )  # fmt: skip
        rows = step_rows(steps)
        about = document(melody.info.identity, settings, steps=rows)
        title = f"{'Interpolation' if interpolate else 'Sample'} {seed}"
        score = replace(_score(steps, settings, about), title=title)
        paths = write_score(
            out,
            score,
            rendering=rendering,
            progress=lambda what, _: show(0.8, f"making the {what}"),
        )
    _print_paths(score, paths)


def _score(steps: FilmSteps, settings: Settings, about: dict[str, Any]) -> Score:
    return Score(steps.notes, steps.seconds, settings.tempo, about)


def corpus_command(paths: list[Path], out: Path, builtin: bool, parts: str) -> None:
    """Gather a corpus and report what was kept and why not."""
    if parts not in ("melody", "all"):
        raise SettingsError(f"--parts must be melody or all, got {parts!r}")
    sources = [*paths, *(builtin_paths() if builtin else [])]
    if not sources:
        raise SettingsError("name a folder of scores, or --builtin for the tunes that music21 carries")
    with bar("reading scores") as show:
        report = build_corpus(
            sources, out, parts=cast(Literal["melody", "all"], parts),
            progress=lambda done, total: show(done / max(total, 1), f"reading scores {done}/{total}"),
        )  # fmt: skip
    for line in corpus_words(report):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    console.print(f"written {out}", soft_wrap=True, markup=False)


def corpus_words(report: CorpusReport) -> Iterator[str]:
    """Say what was read, what was kept, and why the rest was not."""
    for path, reason in report.skipped:
        yield f"skipped {path}: {reason}"
    for count in report.sources:
        read = f"{count.files} files, {count.pieces} pieces"
        yield f"{count.source}: {read}, {count.lines} lines, {count.steps // 16} bars"
    yield f"kept {report.lines} lines of {report.pieces} pieces, {report.steps // 16} bars"
    yield from (f"left out {number}: {reason}" for reason, number in report.dropped.items() if number)


def _film_card(film: Film, steps: FilmSteps) -> dict[str, Any]:
    info = film.info
    return {
        "name": film.path.name,
        "width": info.width,
        "height": info.height,
        "fps": info.fps,
        "seconds": steps.seconds,
        "pictures": sum(s.descriptors is not None for s in steps.observations),
        "cuts": [round(t, 3) for t in steps.cuts],
        "shots": [{"begin": round(s.begin, 3), "end": round(s.end, 3), "scene": s.scene} for s in steps.shots],
        "damage": steps.broken,
    }


def _print_paths(score: Score, paths: dict[str, Path]) -> None:
    pitches = {n.pitch for n in score.notes}
    console.print(f"{len(score.notes)} notes of {len(pitches)} pitches in {score.seconds:.1f} s")
    for path in paths.values():
        console.print(f"  {path}")
    if "musicxml" not in paths:
        console.print(NOT_INSTALLED, markup=False)
