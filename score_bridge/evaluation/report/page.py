"""One page about how the music follows the pictures: nothing in it is fetched from anywhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

from score_bridge.evaluation.picture.evaluate import FilmReport
from score_bridge.evaluation.report import film_charts, page_parts
from score_bridge.evaluation.report.colours import COLOURS
from score_bridge.evaluation.report.page_parts import WAYS
from score_bridge.media.svg import el

LEGEND = {
    "film": "as the program plays it",
    "original": "the original's map",
    "original_unnamed": "the original's map, its axes in random order",
    "random": "random places",
    "shuffled": "the film's phrases out of order",
}
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1080px; margin: 2em auto; padding: 0 1em }
svg { display: block; max-width: 100%; height: auto; font: 13px system-ui, sans-serif }
h2 { margin: 2.2em 0 .2em; border-top: 2px solid #222; padding-top: .6em }
h3 { margin: 1.6em 0 .3em; font-size: 16px }
p { margin: .2em 0 .7em; color: #555 }
.row { display: flex; flex-wrap: wrap; gap: 16px 32px; align-items: flex-start }
.row > section { width: 500px } .four { gap: 16px 20px }
table { border-collapse: collapse }
td, th { padding: 2px 14px 2px 0; text-align: right }
td:first-child, th:first-child { text-align: left }
i { display: inline-block; width: 11px; height: 11px; border-radius: 6px; margin: 0 5px 0 14px }
"""


def page(reports: Mapping[str, FilmReport], about: Mapping[str, Any], rms: float) -> str:
    """The whole document: `about` names weights and settings, rms the melodies' norm."""
    controls = about["settings"]["controls"]
    named = ", ".join(
        f"{key} {controls[key]:g}" for key in ("energy", "temperature", "variation", "memory", "smoothing")
    )
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
    aspect = watched.film.info.width / watched.film.info.height
    phrases, count = f["phrases"], f["moments"]
    summary = f"{f['seconds']:.1f} s, {phrases} whole phrases of two bars, {count} moments compared, {f['cuts']} cuts"
    cuts = [c / watched.step_seconds for c in watched.cuts]
    parts = [
        el("h2", escape(name)),
        el("p", summary),
        film_charts.timeline(report.strip, aspect, report.renditions["film"].tokens, cuts),
        page_parts.alike(f),
        page_parts.distances(report),
        el("div", page_parts.response_part(report), page_parts.norms_part(report, rms), class_="row"),
        page_parts.stills(report, aspect),
        page_parts.notes(f),
        page_parts.table(f),
    ]
    return "".join(parts)
