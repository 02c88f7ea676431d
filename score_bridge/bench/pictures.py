"""Pictures to measure with: scenes of coloured blocks that drift, and a film of them. The same ones every time."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

BLOCKS = 6
MARGIN = 8
SCENES = 12


def scene(number: int, width: int, height: int) -> list[Picture]:
    """Return a scene's pictures, (height, width, 3) RGB: blocks that drift there and back, to be shown in turn.

    Neighbouring scenes differ in every block and are alike in brightness, so that the change is a cut and no flash.
    """
    colours = np.random.default_rng(number % SCENES).integers(0, 256, (BLOCKS, BLOCKS, 3), np.uint8)
    size = (width + width // MARGIN, height + height // MARGIN)
    whole = cv2.resize(colours, size, interpolation=cv2.INTER_NEAREST)
    there = [whole[:height, i * width // MARGIN // 8 :][:, :width] for i in range(8)]
    return [np.ascontiguousarray(picture, np.uint8) for picture in (*there, *there[::-1])]


def drifting(width: int, height: int) -> Iterator[Picture]:
    """Yield one scene's pictures for ever."""
    pictures = scene(0, width, height)
    while True:
        yield from pictures


def write_film(path: Path, seconds: float, width: int = 768, height: int = 432, fps: int = 25) -> float:
    """Write an H.264 film of a scene every two seconds; return its length in seconds."""
    count = int(seconds * fps)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, fps)
        shown: list[Picture] = []
        for i in range(count):
            if i % (2 * fps) == 0:
                shown = scene(i // (2 * fps), width, height)
            picture = shown[i // 2 % len(shown)]
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())
    return count / fps
