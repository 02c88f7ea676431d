"""One page that says how the music follows the pictures: nothing in it is fetched from anywhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from score_bridge.evaluation import charts, film_charts
from score_bridge.evaluation.moments import apart, between_music, between_places, moments
from score_bridge.evaluation.picture import FilmReport
from score_bridge.evaluation.stillness import changed
from score_bridge.evaluation.svg import COLOURS, el

WAYS = ("film", "original", "random", "shuffled")
LEGEND = {
    "film": "as the program plays it",
    "original": "the original's map",
    "random": "random places",
    "shuffled": "the film's phrases out of order",
}
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1080px; margin: 2em auto; padding: 0 1em }
svg { display: block; max-width: 100%; height: auto; font: 13px system-ui, sans-serif }
h2 { margin: 2.2em 0 .2em; border-top: 2px solid #222; padding-top: .6em }
h3 { margin: 1.6em 0 .3em; font-size: 16px }
p { margin: .2em 0 .7em; color: #555 }
.row { display: flex; flex-wrap: wrap; gap: 24px 40px; align-items: flex-start }
table { border-collapse: collapse }
td, th { padding: 2px 14px 2px 0; text-align: right }
td:first-child, th:first-child { text-align: left }
i { display: inline-block; width: 11px; height: 11px; border-radius: 6px; margin: 0 5px 0 14px }
"""


def page(reports: Mapping[str, FilmReport], about: Mapping[str, Any], rms: float) -> str:
    """The whole document: `about` is what is said of weights and settings, rms the melodies' norm."""
    controls = about["settings"]["controls"]
    named = ", ".join(f"{key} {controls[key]:g}" for key in ("energy", "temperature", "variation", "smoothing"))
    weights = f"{about['weights']['name']} {about['weights']['sha256'][:8]}"
    head = f"Weights {weights} · tempo {about['settings']['tempo']:g} · seed {about['settings']['seed']} · {named}"
    legend = "".join(el("i", style=f"background:{COLOURS[way]}") + escape(LEGEND[way]) for way in WAYS)
    films = "".join(_film(name, report, rms) for name, report in reports.items())
    body = el("h1", "Does the music follow the picture?") + el("p", escape(head)) + el("p", legend) + films
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Music that follows the picture</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _film(name: str, report: FilmReport, rms: float) -> str:
    f, watched = report.figures, report.watched
    info = watched.film.info
    aspect = info.width / info.height
    phrases, count = f["phrases"], f["moments"]
    said = f"{f['seconds']:.1f} s, {phrases} whole phrases of two bars, {count} moments compared, {f['cuts']} cuts"
    cuts = [c / watched.step_seconds for c in watched.cuts]
    return "".join(
        [
            el("h2", escape(name)),
            el("p", said),
            film_charts.timeline(report.strip, aspect, report.renditions["film"].tokens, cuts),
            _part("Like pictures, like music", "Right is better; the black tick is chance.", charts.dots(*_rows(f))),
            _part("How far apart any two moments are", _MATRICES, _matrices(report)),
            el("div", _answers(report), _norms(report, rms), class_="row"),
            _part("A frozen frame with a camera's noise", _still_words(f), _stills(report, aspect)),
            _part("The notes against melodies", "Whole phrases against held-out ones.", charts.ratios(_ratios(f))),
            _part("Figures", "", _table(f)),
        ]
    )


_MATRICES = (
    "Time runs right and down; dark is near. Music that follows repeats the pattern of the pictures. "
    "White along the diagonal: moments too close in time to be compared."
)


def _part(title: str, text: str, *inner: str) -> str:
    return el("section", el("h3", escape(title)), el("p", escape(text)) if text else "", *inner)


def _rows(f: Mapping[str, Any]) -> tuple[list[tuple[str, dict[str, float | None], float | None]], float, float]:
    def of(key: str) -> dict[str, float | None]:
        return {"film": f[key], **{way: f[way][key] for way in WAYS[1:]}}

    rows = [
        ("neighbours kept (kNN@5)", of("knn5"), f["knn5_chance"]),
        ("distances (Spearman)", of("spearman"), 0.0),
        ("found by ear (AUC)", of("retrieval_auc"), 0.5),
    ]
    return rows, min([0.0, *(v for _, values, _ in rows for v in values.values() if v is not None)]), 1.0


def _matrices(report: FilmReport) -> str:
    own = report.renditions["film"]
    begins = moments(len(own.tokens))
    pairs = apart(begins)
    watched = report.watched
    drawn = {
        "pictures": between_places(watched.at_steps(watched.features), begins),
        "places in melody space": between_places(own.latents, begins),
        "music": between_music(own.tokens, begins),
        "music through the original's map": between_music(report.renditions["original"].tokens, begins),
    }
    figures = [el("div", charts.matrix(found, pairs), escape(name)) for name, found in drawn.items()]
    return el("div", *figures, class_="row")


def _answers(report: FilmReport) -> str:
    f = report.figures
    if not report.response.cuts:
        text = "No cut was seen in this film. Grey: the same, at moments of it."
    else:
        text = f"Red: at {f['cuts']} cuts; grey: elsewhere. Sixteenths since, against what would have been played."
    return _part("Changed so soon", text, charts.answered(report.response.cuts, report.response.elsewhere))


def _norms(report: FilmReport, rms: float) -> str:
    values = {way: np.linalg.norm(report.renditions[way].latents, axis=1) / rms for way in ("original", "film")}
    text = "Distance from the centre over time, 1 is the melodies' RMS; the band is 0.7 to 1.3."
    return _part("Where it lies", text, charts.norms(values, (0.7, 1.3)))


def _still_words(f: Mapping[str, Any]) -> str:
    return (
        f"Four phrases each. {f['still_changed']:.1%} of the sixteenths change from the third phrase on (red), "
        f"{f['still_changed_clean']:.1%} without noise: that is the music going on by itself."
    )


def _stills(report: FilmReport, aspect: float) -> str:
    return "".join(
        film_charts.still(frame, aspect, still.noisy) + el("p", f"{changed(still.noisy):.1%} changed")
        for frame, still in report.stills
    )


def _ratios(f: Mapping[str, Any]) -> dict[str, float | None]:
    costs = {"token cost": f["cost_ratio"], "interval cost": f["event_cost_ratio"], "variety": f["variety_ratio"]}
    if f["note_statistics"] is None:
        return costs
    film, theirs = f["note_statistics"]["film"], f["note_statistics"]["melodies"]
    return {
        **costs,
        **{k.replace("_", " "): film[k] / theirs[k] if theirs[k] else None for k in film if k != "variety"},
    }


def _table(f: Mapping[str, Any]) -> str:
    """Every plain figure, of the film and of what it is held against."""
    keys = [key for key, value in f.items() if not isinstance(value, dict | list | str)]
    head = el("tr", el("th", "figure"), *(el("th", way) for way in WAYS))
    rows = [
        el("tr", el("td", key), *(el("td", _cell(part.get(key))) for part in (f, *(f[way] for way in WAYS[1:]))))
        for key in keys
    ]
    return el("table", head, *rows)


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else ""
