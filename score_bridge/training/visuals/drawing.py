"""What generated visuals are drawn with: places in the picture, colours, smooth noise."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.pixels import Rgb

Floats = NDArray[np.float32]
Palette = Callable[[Floats], Floats]
"""Values, 0..1 (beyond that they wrap around or stay), to colours (..., 3), 0..1."""
Colour = tuple[float, float, float]


def places(side: int) -> tuple[Floats, Floats]:
    """Return x and y (side, side) of every pixel, -1..1, y downwards."""
    line = np.linspace(-1, 1, side, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def a_palette(rng: np.random.Generator) -> Palette:
    """Draw a palette: a wave a colour channel, a ramp through three colours, or shades of one."""
    kind = rng.integers(3)
    if kind == 0:
        phase, turns = rng.uniform(0, 1, 3).astype(np.float32), rng.uniform(0.4, 1.2, 3).astype(np.float32)
        return lambda v: 0.5 + 0.5 * np.cos(2 * np.pi * (v[..., None] * turns + phase))
    ramp = np.stack([a_colour(rng) for _ in range(3)]) if kind == 1 else np.outer([0.02, 0.5, 1.0], a_colour(rng))
    stops = np.linspace(0, 1, len(ramp))

    def mix(v: Floats) -> Floats:
        return np.stack([np.interp(v, stops, ramp[:, c]) for c in range(3)], axis=-1).astype(np.float32)

    return mix


def a_colour(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a colour (3,), 0..1: any hue, often strong, now and then grey, black or white."""
    hue, grey = rng.uniform(0, 360), rng.random() < 0.2
    saturation, value = 0.0 if grey else rng.beta(2, 1), rng.beta(1.5, 1)
    hsv = np.array([[[hue, saturation, value]]], np.float32)
    colour: NDArray[np.float32] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]
    return colour


def bytes_of(colour: NDArray[np.float32]) -> Colour:
    """A colour 0..1 as OpenCV draws it, 0..255."""
    r, g, b = (float(c) for c in 255 * colour)
    return r, g, b


def pixels(colours: NDArray[np.floating]) -> Rgb:
    """Colours 0..1 of any shape to 8 bits."""
    rounded: Rgb = np.clip(255 * colours + 0.5, 0, 255).astype(np.uint8)
    return rounded


def smooth_noise(rng: np.random.Generator, side: int, cells: int) -> Floats:
    """Noise (side, side) 0..1 with about `cells` hills a side."""
    rough = rng.random((cells + 3, cells + 3), np.float32)
    noise: Floats = np.clip(cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC), 0, 1)
    return noise


def wander(rng: np.random.Generator, count: int, reach: float = 0.9, speed: float = 0.1) -> NDArray[np.float64]:
    """A smooth path (count, 2) within -reach..reach: two slow waves."""
    start, rate = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0.2, 1, 2) * speed
    path: NDArray[np.float64] = reach * np.sin(start + np.outer(np.arange(count), rate))
    return path
