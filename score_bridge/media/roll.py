"""Notes as bars, and pictures small enough to stand over them."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.media.svg import CUTS, NOTES, el, line, picture
from score_bridge.music.tokens import FIRST_ON, HOLD
from score_bridge.vision.pixels import Rgb


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
            fill=CUTS if flags[n] else NOTES,
        )
        for n, end in pairwise(at)
        if tokens[n] >= FIRST_ON
    ]  # fmt: skip
    ticks = [
        line(x + n * across, y + height - 3, x + (n + 1) * across, y + height - 3, CUTS, stroke_width=3)
        for n in np.flatnonzero(flags)
    ]
    return "".join([*drawn, *ticks])


def thumbnail(rgb: Rgb, aspect: float, place: tuple[float, float, float, float]) -> str:
    """A picture of a film of that aspect over (x, y, width, height), 160 pixels wide."""
    width = 160
    small = cv2.resize(rgb, (width, max(1, round(width / aspect))), interpolation=cv2.INTER_AREA)
    return picture(np.asarray(small, np.uint8), place)
