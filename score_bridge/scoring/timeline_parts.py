"""The drawings of a film's timeline: everything stands over the same seconds."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from score_bridge.media.roll import VOICE_COLOURS, thumbnail, voices
from score_bridge.media.svg import CUTS, el, line, path, words
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.scoring.film_score import FilmSteps
from score_bridge.scoring.shots import Shot
from score_bridge.vision.descriptors import READINGS
from score_bridge.vision.pixels import Rgb
from score_bridge.wire.ensembles import VOICE_NAMES

CHORD_WIDTH = 44.0
LEFT, WIDE = 96.0, 1304.0
GRID, INK, QUIET = "#2c313a", "#d8dee9", "#8b93a1"
SCENES = ("#5e81ac", "#a3be8c", "#d08770", "#b48ead", "#ebcb8b", "#88c0d0", "#bf616a", "#8fbcbb")
CURVES = ("#ebcb8b", "#d08770", "#b48ead", "#88c0d0", "#a3be8c", "#bf616a")
LABEL_WIDTH = 120.0


def at(seconds: float, length: float) -> float:
    """Where a time stands, from the left."""
    return LEFT + WIDE * seconds / max(length, 1e-9)


def pictures(strip: Sequence[Rgb], aspect: float, top: float, tall: float) -> str:
    """Pictures side by side."""
    each = WIDE / max(len(strip), 1)
    return "".join(thumbnail(rgb, aspect, (LEFT + i * each, top, each - 1, tall)) for i, rgb in enumerate(strip))


def scenes(shots: Sequence[Shot], length: float, top: float, tall: float) -> str:
    """Bands, one colour a scene; a scene that returns has its colour again."""
    found = []
    for shot in shots:
        x, colour = at(shot.begin, length), SCENES[(shot.scene - 1) % len(SCENES)]
        wide = max(at(shot.end, length) - x - 1, 1.0)
        found.append(el("rect", x=x, y=top, width=wide, height=tall, rx=2, fill=colour))
        found.append(words(x + 5, top + tall - 4, str(shot.scene), fill="#10131a", font_size=11))
    return "".join(found)


def cuts(steps: FilmSteps, top: float, bottom: float) -> str:
    """A line through everything at each cut."""
    return "".join(
        line(at(t, steps.seconds), top, at(t, steps.seconds), bottom, CUTS, stroke_opacity=0.7) for t in steps.cuts
    )


def bars(steps: FilmSteps, top: float, bottom: float) -> str:
    """Bar lines, every fourth with its number and its second."""
    each, found = STEPS_PER_BAR * steps.step_seconds, []
    for bar in range(int(steps.seconds / each) + 1):
        x = at(bar * each, steps.seconds)
        found.append(line(x, top, x, bottom, GRID))
        if bar % 4 == 0:
            found.append(words(x + 3, bottom + 13, f"bar {bar + 1} · {bar * each:.0f} s", fill=QUIET, font_size=11))
    return "".join(found)


def notes(steps: FilmSteps, top: float, tall: float) -> str:
    """The piano roll of all voices."""
    return voices(steps.notes, max(steps.seconds, 1e-9), (LEFT, top, WIDE, tall))


def chords(steps: FilmSteps, y: float) -> str:
    """The names of the chords, each where it begins, as far as there is room."""
    found, free, before = [], 0.0, None
    for n, chord in enumerate(steps.chords):
        x = at(n * steps.step_seconds, steps.seconds)
        if chord is not None and chord != before and x >= free:
            found.append(words(x + 2, y, chord.name, fill=INK, font_size=11))
            free = x + CHORD_WIDTH
        before = chord
    return "".join(found)


def legend(steps: FilmSteps, top: float) -> str:
    """The names of the voices in their colours, where there are several."""
    there = sorted({note.voice for note in steps.notes})
    named = [
        words(8, top + 16 * row, VOICE_NAMES[voice], fill=VOICE_COLOURS[voice], font_size=12)
        for row, voice in enumerate(there)
    ]
    return "".join(named) if len(there) > 1 else ""


def curves(steps: FilmSteps, top: float, tall: float) -> str:
    """What was read of the pictures, a curve each in a lane of its own."""
    lane, found = tall / len(READINGS), []
    for i, (name, colour) in enumerate(zip(READINGS, CURVES, strict=True)):
        low = top + (i + 1) * lane - 3
        points = [
            (at(s.time, steps.seconds), low - (lane - 6) * float(getattr(s.descriptors, name)))
            for s in steps.observations
            if s.descriptors
        ]
        found.append(words(8, low - 2, name, fill=colour, font_size=12) + path(points, colour))
        found.append(line(LEFT, low + 1, LEFT + WIDE, low + 1, GRID))
    return "".join(found)


def labels(steps: FilmSteps, top: float) -> str:
    """What the picture may show, where that changes; as many as there is room for."""
    found, free, before = [], 0.0, ""
    for seen in steps.observations:
        name, sure = seen.labels[0] if seen.labels else ("", 0.0)
        x = at(seen.time, steps.seconds)
        if not name or name == before or x < free:
            continue
        before, free = name, x + LABEL_WIDTH
        found.append(words(x + 2, top, f"{name} {sure:.0%}", fill=INK, font_size=11))
    return "".join(found)


def trajectory(latents: NDArray[np.float32], side: float) -> str:
    """The way through melody space on its two main axes, from dark to light."""
    centred = latents - latents.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes[:2].T if len(axes) > 1 else np.zeros((len(latents), 2))
    reach = float(np.abs(places).max()) or 1.0
    points = [tuple(map(float, side / 2 + place / reach * (side / 2 - 10))) for place in places]
    parts = []
    for i, (a, b) in enumerate(pairwise(points)):
        parts.append(line(a[0], a[1], b[0], b[1], _shade(i / len(points)), stroke_width=1.6))
    ends = [(points[0], "#5e81ac"), (points[-1], "#eceff4")]
    dots = "".join(el("circle", cx=x, cy=y, r=4.0, fill=colour) for (x, y), colour in ends)
    return "".join(parts) + dots


def traits(rows: Mapping[str, Sequence[float]], side: tuple[float, float]) -> str:
    """Musical attributes by bar, each over its own range, in lanes."""
    wide, tall = side
    lane, found = tall / max(len(rows), 1), []
    for i, (name, values) in enumerate(rows.items()):
        low, span = (i + 1) * lane - 4, max(max(values) - min(values), 1e-9)
        each = (wide - 190) / max(len(values) - 1, 1)
        points = [(110 + k * each, low - (lane - 12) * (v - min(values)) / span) for k, v in enumerate(values)]
        found.append(words(0, low - 4, name.replace("_", " "), fill=INK, font_size=12) + path(points, CURVES[i]))
        found.append(words(wide - 72, low - 4, f"{min(values):.3g} … {max(values):.3g}", fill=QUIET, font_size=11))
    return "".join(found)


def _shade(part: float) -> str:
    """From blue to near white."""
    first, last = np.array([70, 100, 160]), np.array([236, 239, 244])
    red, green, blue = (first + (last - first) * part).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
