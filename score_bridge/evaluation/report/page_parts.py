"""The parts of a film's page, each with its title and a line on how to read it."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from score_bridge import geometry
from score_bridge.evaluation.picture import static_geometry
from score_bridge.evaluation.picture.baselines import BASELINES
from score_bridge.evaluation.picture.evaluate import FilmReport
from score_bridge.evaluation.picture.static_stability import changed_share
from score_bridge.evaluation.report import charts, film_charts
from score_bridge.media.svg import el

WAYS = ("film", *BASELINES)

Figures = Mapping[str, Any]


def alike(f: Figures) -> str:
    """Faithfulness of every way of playing, beside chance."""
    rows = [
        ("neighbours kept (kNN@5)", _each(f, "knn5"), f["knn5_chance"]),
        ("distances (Spearman)", _each(f, "spearman"), 0.0),
        ("neighbours as heard (kNN@5)", _each(f, "knn5_heard"), f["knn5_chance"]),
        ("distances as heard (Spearman)", _each(f, "spearman_heard"), 0.0),
        ("found by ear (AUC)", _each(f, "retrieval_auc"), 0.5),
    ]
    known = [value for _, values, _ in rows for value in values.values() if value is not None]
    drawn = charts.dots(rows, min([0.0, *known]), 1.0)
    return _part("Like pictures, like music", "Right is better; the black tick is chance.", drawn)


def distances(report: FilmReport) -> str:
    """Distances between moments: of pictures, of places, of the music, and of the original's music."""
    own, watched = report.held["film"], report.watched
    drawn = {
        "pictures": geometry.distances(static_geometry.means(watched, watched.attended)),
        "places in melody space": geometry.distances(own.latents),
        "music": static_geometry.between_phrases(own.phrases),
        "music by the original's map": static_geometry.between_phrases(report.held["original"].phrases),
    }
    others = ~np.eye(len(own.phrases), dtype=bool)
    figures = [el("div", charts.matrix(found, others), escape(name)) for name, found in drawn.items()]
    text = (
        "Every second, what its picture would play if it stayed. Time runs right and down; dark is near. "
        "Music that follows repeats the pattern of the pictures."
    )
    return _part("How far apart any two moments are", text, el("div", *figures, class_="row four"))


def response_part(report: FilmReport) -> str:
    """How soon the music changes after cuts, and elsewhere."""
    cuts, elsewhere = report.response.cuts, report.response.elsewhere
    text = f"Red: at {len(cuts)} cuts; grey: elsewhere." if cuts else "No cut was seen; grey: at any moment."
    text += " Sixteenths since, against what would have been played."
    return _part("Changed so soon", text, charts.draw_response(cuts, elsewhere))


def norms_part(report: FilmReport, rms: float) -> str:
    """Norms over time."""
    values = {way: np.linalg.norm(report.renditions[way].latents, axis=1) / rms for way in ("original", "film")}
    text = "Distance from the centre over time; 1 is the RMS of melodies, the band 0.7 to 1.3."
    return _part("Where it lies", text, charts.norms(values, (0.7, 1.3)))


def stills(report: FilmReport, aspect: float) -> str:
    """What frozen frames play."""
    f = report.figures
    text = (
        f"Four phrases each. {f['still_changed']:.1%} of the sixteenths change from the third phrase on (red), "
        f"{f['still_changed_clean']:.1%} without noise: that is the music going on by itself."
    )
    drawn = [
        film_charts.still(frame, aspect, still.noisy) + el("p", f"{changed_share(still.noisy):.1%} change")
        for frame, still in report.stills
    ]
    return _part("A frozen frame with a camera's noise", text, *drawn)


def notes(f: Figures) -> str:
    """Costs and note statistics as shares of the melodies' own."""
    ratios = {"token cost": f["cost_ratio"], "interval cost": f["event_cost_ratio"], "variety": f["variety_ratio"]}
    film, theirs = (f["note_statistics"][of] if f["note_statistics"] else {} for of in ("film", "melodies"))
    named = [key for key in film if key != "variety"]
    ratios |= {key.replace("_", " "): film[key] / theirs[key] if theirs[key] else None for key in named}
    return _part("The notes against melodies", "Whole phrases against held-out ones.", charts.ratios(ratios))


def table(f: Figures) -> str:
    """Every plain figure, of the film and of what it is held against."""
    keys = [key for key, value in f.items() if key not in ("broken", *WAYS) and not isinstance(value, dict | list)]
    head = el("tr", el("th", "figure"), *(el("th", way) for way in WAYS))
    ways = [f, *(f[way] for way in BASELINES)]
    rows = [el("tr", el("td", key), *(el("td", _said(way.get(key))) for way in ways)) for key in keys]
    return _part("Figures", "", el("table", head, *rows))


def _each(f: Figures, key: str) -> dict[str, float | None]:
    return {"film": f[key], **{way: f[way][key] for way in BASELINES}}


def _said(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else ""


def _part(title: str, text: str, *inner: str) -> str:
    return el("section", el("h3", escape(title)), el("p", escape(text)) if text else "", *inner)
