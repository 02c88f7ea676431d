"""Made pictures for the tests: rooms that stand for shots, and what a camera does to them."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.descriptors import Descriptors, PictureMemory, describe
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import u8

Picture = NDArray[np.uint8]


def room(seed: int, width: int = 64, height: int = 64) -> Picture:
    """A picture of overlapping coloured boxes under uneven light, as unlike from seed to seed as shots are."""
    random = np.random.default_rng(seed)
    canvas = np.full((height, width, 3), random.integers(40, 200, 3), np.float32)
    for _ in range(10 * width // height):
        corner, size = random.integers(0, (width, height)), random.integers(height // 8, height // 2, 2)
        colour = tuple(float(c) for c in random.integers(10, 246, 3))
        cv2.rectangle(canvas, corner.tolist(), (corner + size).tolist(), colour, -1)
    return u8(cv2.GaussianBlur, canvas.astype(np.uint8), (0, 0), height / 90)


def noisy(picture: Picture, sigma: float, seed: int) -> Picture:
    """The picture with a camera's noise of `sigma` of 255 a channel."""
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def lit(picture: Picture, gain: float, lift: float = 0.0) -> Picture:
    """The picture under other light."""
    changed: Picture = np.clip(picture * gain + lift, 0, 255).astype(np.uint8)
    return changed


def pan(seed: int, seconds: float, fps: float, pictures_wide: float = 1.0) -> list[Picture]:
    """A camera passing over a wide room, `pictures_wide` widths of the picture in `seconds`."""
    wide = room(seed, width=int(256 * (1 + pictures_wide)), height=256)
    starts = np.linspace(0, wide.shape[1] - 256, max(int(seconds * fps), 2)).astype(int)
    return [shrink(wide[:, s : s + 256], 64) for s in starts]


def watched(pictures: Iterable[Picture], fps: float, start: float = 0.0) -> list[Descriptors]:
    """Describe pictures that come `fps` a second."""
    memory: PictureMemory | None = None
    found = []
    for n, picture in enumerate(pictures):
        descriptors, memory = describe(picture, memory, start + n / fps)
        found.append(descriptors)
    return found


def cut_places(found: Sequence[Descriptors]) -> list[int]:
    """Indices of the pictures at which a cut was told."""
    return [n for n, descriptors in enumerate(found) if descriptors.cut]
