"""score.html: a film's music at a glance, in one file that fetches nothing."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from score_bridge.media.film import Film
from score_bridge.media.svg import el, svg, words
from score_bridge.music.attributes import ATTRIBUTES, attributes
from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BAR
from score_bridge.scoring import timeline_parts as parts
from score_bridge.scoring.film_score import FilmSteps
from score_bridge.vision.pixels import Rgb

STRIP = 20
PICTURES_TOP, SCENES_TALL, NOTES_TALL, CURVES_TALL = 8.0, 16.0, 220.0, 210.0
_STYLE = """
body { background: #14171e; color: #d8dee9; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 1420px; margin: 2em auto; padding: 0 1em }
svg { display: block; max-width: 100%; height: auto; font-family: system-ui, sans-serif }
h1 { font-size: 24px; margin: 0 0 .1em } h2 { font-size: 16px; margin: 2em 0 .3em }
p { color: #8b93a1; margin: .1em 0 1em }
.row { display: flex; flex-wrap: wrap; gap: 24px 48px; align-items: flex-start }
.row > section:first-child { width: 440px }
"""


def timeline(film: Film, steps: FilmSteps, about: Mapping[str, Any]) -> str:
    """The page. `about`: the score's document."""
    strip = steps.pictures.at([steps.seconds * (i + 0.5) / STRIP for i in range(STRIP)])
    aspect = film.info.width / max(film.info.height, 1)
    scenes = len({shot.scene for shot in steps.shots})
    caption = (
        f"{steps.seconds:.1f} s · {len(steps.notes)} notes · "
        f"{_count(len(steps.shots), 'shot')} of {_count(scenes, 'scene')} · "
        f"tempo {about['settings']['tempo']:g} · weights {about['weights']['name']} {about['weights']['sha256'][:8]}"
    )
    body = el("h1", escape(film.path.name)) + el("p", escape(caption)) + _timeline(steps, strip, aspect)
    body += el("div", _way(steps), _music(steps), class_="row")
    title = escape(f"{film.path.name}: score")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _timeline(steps: FilmSteps, strip: Sequence[Rgb], aspect: float) -> str:
    tall = min(parts.WIDE / STRIP / aspect, 110.0)
    scenes_top = PICTURES_TOP + tall + 6
    labels_at = scenes_top + SCENES_TALL + 16
    chords_at = labels_at + (18 if any(steps.chords) else 0)
    notes_top = chords_at + 12
    curves_top = notes_top + NOTES_TALL + 30
    bottom = curves_top + CURVES_TALL
    drawn = [
        parts.pictures(strip, aspect, PICTURES_TOP, tall),
        parts.scenes(steps.shots, steps.seconds, scenes_top, SCENES_TALL),
        parts.labels(steps, labels_at),
        parts.chords(steps, chords_at),
        parts.bars(steps, notes_top, notes_top + NOTES_TALL),
        parts.notes(steps, notes_top, NOTES_TALL),
        parts.legend(steps, notes_top + 34),
        parts.curves(steps, curves_top, CURVES_TALL),
        parts.cuts(steps, PICTURES_TOP, bottom),
    ]
    names = {"scenes": scenes_top + 12, "labels": labels_at, "notes": notes_top + 14}
    names |= {"chords": chords_at} if any(steps.chords) else {}
    named = [words(8, y, name, fill=parts.QUIET, font_size=12) for name, y in names.items()]
    return svg(parts.LEFT + parts.WIDE, bottom + 8, *drawn, *named)


def _way(steps: FilmSteps) -> str:
    text = "The way through melody space, on its two main axes; it begins blue and ends white."
    if len(steps.decided) < 2:
        return ""
    drawn = svg(420, 420, parts.trajectory(np.stack([d.place for d in steps.decided]), 420.0))
    return el("section", el("h2", "Where it goes"), el("p", text), drawn)


def _music(steps: FilmSteps) -> str:
    """What two bars are like, bar after bar."""
    tokens = np.array([d.token for d in steps.decided], np.uint8)
    begins = range(0, len(tokens) - PHRASE_STEPS + 1, STEPS_PER_BAR)
    if len(begins) < 2:
        return ""
    found = attributes(np.stack([tokens[b : b + PHRASE_STEPS] for b in begins]))
    rows = {name: found[:, i].tolist() for i, name in enumerate(ATTRIBUTES)}
    text = "Notes, mean pitch, range, syncopation and step size of every two bars, each over its own range."
    drawn = svg(760, 300, parts.traits(rows, (760.0, 300.0)))
    return el("section", el("h2", "What the music is like"), el("p", text), drawn)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
