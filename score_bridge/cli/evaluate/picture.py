"""`score-bridge evaluate picture`: how the music follows the pictures of some films, as JSON, a table or a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.engine.models import load_models
from score_bridge.errors import MediaError
from score_bridge.evaluation.melody.corpus import read_corpus
from score_bridge.evaluation.melody.probe import Melodies
from score_bridge.evaluation.picture.baselines import BASELINES
from score_bridge.evaluation.picture.evaluate import FilmReport, Setup, evaluate_film
from score_bridge.evaluation.picture.metrics import Figures, Yardstick
from score_bridge.evaluation.report.page import page
from score_bridge.media.film import Film
from score_bridge.scoring.score_json import provenance
from score_bridge.settings import Settings


@dataclass(frozen=True)
class Measuring:
    """corpus: of melodies to compare with (None = the tunes that music21 carries), up to `phrases` held-out phrases
    of it; limit: seconds of each film (None = all); html: a page to write.
    """

    corpus: Path | None = None
    phrases: int = 256
    limit: float | None = None
    html: Path | None = None


def evaluate_picture_command(settings: Settings, films: Sequence[Path], measuring: Measuring) -> Figures:
    """Measure films: {program, libraries, weights, settings, films: {name: figures}}.

    `evaluation.picture.evaluate` explains the keys.

    Raises MediaError for a film or page that cannot be read or written, SettingsError for a corpus.
    """
    opened = {name: Film.open(path) for name, path in _named(films).items()}
    with bar("loading the models") as show:
        setup = _setup(settings, measuring)
        reports: dict[str, FilmReport] = {}
        for name, film in opened.items():

            def report(part: float, what: str, name: str = name) -> None:
                show((len(reports) + part) / len(opened), f"{name}: {what}")

            reports[name] = evaluate_film(film, setup, measuring.limit, report)
    about = provenance(setup.models.melody.identity, settings)
    if measuring.html:
        _write(measuring.html, page(reports, about, setup.yardstick.rms))
    return {**about, "films": {name: report.figures for name, report in reports.items()}}


def print_figures(figures: Figures) -> None:
    """Show a table a film, and what was found broken."""
    for name, found in figures["films"].items():
        console.print(_table(name, found))
        if found["broken"]:
            console.print(f"[yellow]{name} is damaged: {found['broken']}; measured what is there", highlight=False)


def _named(films: Sequence[Path]) -> dict[str, Path]:
    """Films by file name; by the path as given where two have the same name."""
    names = [path.name for path in films]
    return {path.name if names.count(path.name) == 1 else str(path): path for path in films}


def _setup(settings: Settings, measuring: Measuring) -> Setup:
    models = load_models(settings)
    corpus = read_corpus(measuring.corpus, models.melody)
    melodies = Melodies.of(corpus, measuring.phrases, settings.seed)
    return Setup(models, settings, Yardstick.of(melodies, models.melody.posterior.rms))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise MediaError(f"cannot write {path}: {error.strerror}") from None


def _table(name: str, figures: Figures) -> Table:
    table = Table(name, "film", *BASELINES)
    for key, value in figures.items():
        if key in BASELINES or key in ("broken", "note_statistics", "played"):
            continue
        table.add_row(key, _said(value), *(_said(figures[way].get(key)) for way in BASELINES))
    for key, value in figures["played"].items():
        table.add_row(f"played {key}", _said(value), *(_said(figures[way]["played"][key]) for way in BASELINES))
    for statistic in _statistics(figures):
        row = [figures, *(figures[way] for way in BASELINES)]
        table.add_row(statistic, *(_said(_statistics(f).get(statistic)) for f in row))
    return table


def _statistics(figures: Mapping[str, Any]) -> dict[str, float]:
    found = figures["note_statistics"]
    return found["film"] if found else {}


def _said(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(f"{v:.2f}" for v in value)
    return "" if value is None else f"{value:.3g}"
