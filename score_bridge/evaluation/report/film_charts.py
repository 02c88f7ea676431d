"""Drawings of a film: its pictures over its notes, and frozen frames with what they play."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.media.roll import roll, thumbnail
from score_bridge.media.svg import CUTS, line, svg
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.vision.pixels import Rgb

WIDE = 1040.0


def timeline(strip: Sequence[Rgb], aspect: float, tokens: NDArray[np.uint8], cuts: Sequence[float]) -> str:
    """Pictures over the notes they were played as; cuts (in sixteenths) go through both."""
    each = WIDE / max(len(strip), 1)
    tall = min(each / aspect, 1.4 * each)
    top, height = tall + 8, 170.0
    pictures = [thumbnail(rgb, aspect, (i * each, 0, each, tall)) for i, rgb in enumerate(strip)]
    across = WIDE / max(len(tokens), 1)
    bars = [
        line(n * across, top, n * across, top + height, "#e4e4e4" if n % PHRASE_STEPS else "#c8c8c8")
        for n in range(0, len(tokens), PHRASE_STEPS // 2)
    ]
    marks = [line(c * across, 0, c * across, top + height, CUTS, stroke_width=1.5) for c in cuts]
    return svg(WIDE, top + height, *pictures, *bars, roll(tokens, (0, top, WIDE, height)), *marks)


def still(frame: Rgb, aspect: float, phrases: NDArray[np.uint8]) -> str:
    """A frozen frame and its phrases (P, 32); red is what is not as a phrase before, the first two never being so."""
    tall = 60.0
    wide = min(aspect * tall, 120.0)
    differs = np.zeros(phrases.shape, bool)
    differs[2:] = phrases[2:] != phrases[1:-1]
    left, width = wide + 10, WIDE - wide - 10
    seams = [line(left + width * p / len(phrases), 0, left + width * p / len(phrases), tall) for p in range(1, 4)]
    notes = roll(phrases.ravel(), (left, 0, width, tall), differs.ravel())
    return svg(WIDE, tall, thumbnail(frame, aspect, (0, 0, wide, tall)), *seams, notes)
