"""Drawings of a film's figures, each a piece of SVG that needs nothing else."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.picture.cut_response import Answer
from score_bridge.evaluation.report.colours import COLOURS
from score_bridge.media.svg import FAINT, INK, el, line, path, picture, svg, words
from score_bridge.music.tokens import PHRASE_STEPS

Floats = NDArray[np.float64]

_CUTS = "#d1495b"


def dots(rows: Sequence[tuple[str, Mapping[str, float | None], float | None]], low: float, high: float) -> str:
    """One row a figure: its name, a dot for each way of playing, and a tick where chance lies."""
    left, right, each = 170.0, 500.0, 42.0
    height = each * len(rows) + 22

    def x(value: float) -> float:
        return left + (right - left) * (min(max(value, low), high) - low) / (high - low)

    drawn = []
    for i, (name, values, chance) in enumerate(rows):
        y = each * (i + 0.6)
        drawn += [words(0, y + 4, name), line(left, y, right, y)]
        drawn += [line(x(chance), y - 11, x(chance), y + 11, INK, stroke_width=2)] if chance is not None else []
        known = [(key, value) for key, value in values.items() if value is not None]
        for key, value in reversed(known):
            mark = el("title", f"{key} {value:.3f}")
            size = 7 if key == "film" else 5
            drawn.append(el("circle", mark, cx=x(value), cy=y, r=size, fill=COLOURS[key], opacity=0.9))
        if values.get("film") is None:
            drawn.append(words(left + 8, y - 5, "the film is too short or too still", fill=FAINT))
    marks = np.arange(np.ceil(low * 4) / 4, high + 0.01, 0.25) + 0.0
    scale = [words(x(v), height - 3, f"{v:g}", fill="#777", text_anchor="middle") for v in marks]
    return svg(right + 20, height, *drawn, *scale)


def matrix(distances: Floats, pairs: NDArray[np.bool_], side: float = 236.0) -> str:
    """Distances (N, N) by rank, near dark and far light; what is not compared is left white."""
    shades = np.full((*distances.shape, 3), 255, np.uint8)
    if pairs.any():
        known = np.sort(distances[pairs])
        below, through = (np.searchsorted(known, distances[pairs], side) for side in ("left", "right"))
        order = (below + through) / (2 * len(known))
        coloured = cv2.applyColorMap((255 * order).astype(np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)
        shades[pairs] = coloured[:, 0, ::-1]
    return svg(side, side, picture(shades, (0, 0, side, side), crisp=True)) if distances.size else svg(side, side)


def draw_response(cuts: Sequence[Answer], elsewhere: Sequence[Answer]) -> str:
    """Share of cuts, and of moments elsewhere, whose music has changed by each number of sixteenths later."""
    width, height, left, bottom = 480.0, 200.0, 40.0, 24.0

    def at(step: int, share: float) -> tuple[float, float]:
        return left + (width - left - 10) * step / PHRASE_STEPS, 10 + (height - bottom - 10) * (1 - share)

    grid = [line(*at(0, s), *at(PHRASE_STEPS, s), "#e4e4e4") for s in (0, 0.5, 1)]
    grid += [words(0, at(0, s)[1] + 4, f"{s:.0%}", fill="#777") for s in (0, 0.5, 1)]
    grid += [words(at(n, 0)[0], height - 6, f"{n}", fill="#777", text_anchor="middle") for n in range(0, 33, 8)]
    drawn = [
        path([at(n, float(np.mean([a.did is not None and a.did < n for a in found]))) for n in range(33)], colour)
        for found, colour in ((elsewhere, COLOURS["random"]), (cuts, _CUTS))
        if found
    ]
    return svg(width, height, *grid, *drawn)


def norms(values: Mapping[str, Floats], span: tuple[float, float]) -> str:
    """|z| over time, in RMS norms of melodies, for each way of playing; the band is where melodies lie."""
    width, height, left = 490.0, 200.0, 72.0
    top = 3.0

    def y(value: float) -> float:
        return 10 + (height - 20) * (1 - min(value, top) / top)

    band = el("rect", x=left, y=y(span[1]), width=width - left, height=y(span[0]) - y(span[1]), fill="#e8f0fe")
    marks = {0: "0", 1: "1", 2: "2", 3: "3 or more"}
    grid = [line(left, y(v), width, y(v), "#ddd") for v in marks]
    grid += [words(0, y(v) + 4, text, fill="#777") for v, text in marks.items()]
    drawn = [
        path([(left + (width - left) * n / len(v), y(float(r))) for n, r in enumerate(v)], COLOURS[name])
        for name, v in values.items()
        if len(v)
    ]
    return svg(width, height, band, *grid, *drawn)


def ratios(rows: Mapping[str, float | None]) -> str:
    """How much more or less than melodies have, one bar a figure, from a quarter to four times."""
    left, width, each = 170.0, 500.0, 22.0
    middle, unit = left + (width - left) / 2, (width - left) / 4
    drawn = []
    for i, (name, ratio) in enumerate(rows.items()):
        y = each * i
        away = unit * float(np.clip(np.log2(ratio), -2, 2)) if ratio else 0.0
        drawn += [
            words(0, y + 15, name),
            el("rect", x=min(middle, middle + away), y=y + 4, width=abs(away), height=13, fill=COLOURS["film"]),
            words(width + 8, y + 15, "none" if not ratio else f"×{ratio:.2f}", fill="#777"),
        ]
    height = each * len(rows) + 18
    scale = [
        line(middle + unit * k, 0, middle + unit * k, height - 16, INK if k == 0 else "#ddd") for k in range(-2, 3)
    ]
    scale += [
        words(middle + unit * k, height - 3, t, fill="#777", text_anchor="middle")
        for k, t in ((-2, "¼"), (-1, "½"), (0, "as melodies"), (1, "2"), (2, "4"))
    ]
    return svg(width + 70, height, *scale, *drawn)
