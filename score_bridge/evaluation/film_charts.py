"""Drawings of a film: its pictures over its notes, and frozen frames with what they play."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.svg import COLOURS, el, line, picture, svg
from score_bridge.music.tokens import FIRST_ON, HOLD, PHRASE_STEPS
from score_bridge.vision.pixels import Rgb

WIDE = 1040.0
_CHANGED = "#d1495b"


def timeline(strip: Sequence[Rgb], aspect: float, tokens: NDArray[np.uint8], cuts: Sequence[float]) -> str:
    """Pictures over the notes they were played as; cuts (in sixteenths) go through both."""
    each = WIDE / max(len(strip), 1)
    tall = min(each / aspect, 1.4 * each)
    top, height = tall + 8, 170.0
    pictures = [_thumbnail(rgb, aspect, (i * each, 0, each, tall)) for i, rgb in enumerate(strip)]
    across = WIDE / max(len(tokens), 1)
    bars = [
        line(n * across, top, n * across, top + height, "#e4e4e4" if n % PHRASE_STEPS else "#c8c8c8")
        for n in range(0, len(tokens), PHRASE_STEPS // 2)
    ]
    marks = [line(c * across, 0, c * across, top + height, _CHANGED, stroke_width=1.5) for c in cuts]
    return svg(WIDE, top + height, *pictures, *bars, roll(tokens, (0, top, WIDE, height)), *marks)


def roll(
    tokens: NDArray[np.uint8],
    place: tuple[float, float, float, float],
    marked: NDArray[np.bool_] | None = None,
) -> str:
    """Notes of tokens (T,) as bars in (x, y, width, height); marked (T,) ones in red, ends and holds as ticks."""
    x, y, width, height = place
    sounding = tokens[tokens >= FIRST_ON]
    low, high = (int(sounding.min()), int(sounding.max())) if len(sounding) else (0, 1)
    across, each = width / max(len(tokens), 1), height / (high - low + 3)
    at = [*np.flatnonzero(tokens != HOLD).tolist(), len(tokens)]
    flags = np.zeros(len(tokens), bool) if marked is None else marked
    drawn = [
        el(
            "rect", x=x + n * across, y=y + (high - int(tokens[n]) + 1) * each, rx=1,
            width=max((end - n) * across - 0.8, 0.8), height=max(each, 2.5),
            fill=_CHANGED if flags[n] else COLOURS["film"],
        )
        for n, end in pairwise(at)
        if tokens[n] >= FIRST_ON
    ]  # fmt: skip
    ticks = [
        line(x + n * across, y + height - 3, x + (n + 1) * across, y + height - 3, _CHANGED, stroke_width=3)
        for n in np.flatnonzero(flags)
    ]
    return "".join([*drawn, *ticks])


def still(frame: Rgb, aspect: float, phrases: NDArray[np.uint8]) -> str:
    """A frozen frame and its phrases (P, 32); red is what is not as a phrase before, the first two never being so."""
    tall = 60.0
    wide = min(aspect * tall, 120.0)
    differs = np.zeros(phrases.shape, bool)
    differs[2:] = phrases[2:] != phrases[1:-1]
    left, width = wide + 10, WIDE - wide - 10
    seams = [line(left + width * p / len(phrases), 0, left + width * p / len(phrases), tall) for p in range(1, 4)]
    notes = roll(phrases.ravel(), (left, 0, width, tall), differs.ravel())
    return svg(WIDE, tall, _thumbnail(frame, aspect, (0, 0, wide, tall)), *seams, notes)


def _thumbnail(rgb: Rgb, aspect: float, place: tuple[float, float, float, float]) -> str:
    width = 160
    small = cv2.resize(rgb, (width, max(1, round(width / aspect))), interpolation=cv2.INTER_AREA)
    return picture(np.asarray(small, np.uint8), place)
