"""Generated visuals of the kinds that AV artists make: short clips, drawn by a seed, free of any licence."""

from collections.abc import Callable

import cv2
import numpy as np

from score_bridge.training.visuals.fields import (
    gradient,
    landscape,
    noise_field,
    plasma,
    rough_texture,
    stripes,
    tunnel,
)
from score_bridge.training.visuals.objects import blobs, glyphs, lines, particles, shapes, strobe
from score_bridge.vision.pixels import Rgb

SIDE = 64
CLIP = 8
Kind = Callable[[np.random.Generator, int, int], Rgb]
KINDS: dict[str, Kind] = {
    "noise": noise_field, "gradient": gradient, "stripes": stripes, "tunnel": tunnel, "plasma": plasma,
    "landscape": landscape, "texture": rough_texture, "shapes": shapes, "particles": particles, "glyphs": glyphs,
    "lines": lines, "blobs": blobs, "strobe": strobe,
}  # fmt: skip
TURNS = (0.25, 0.1, 0.15)
"""How often a clip is fed back into itself, mirrored, or shown over another clip."""


def clip(seed: int, number: int, count: int = CLIP, side: int = SIDE) -> Rgb:
    """Draw clip `number` of a seed: (count, side, side, 3), consecutive frames. The same numbers, the same clip.

    The kinds take turns; some clips are fed back into themselves, mirrored, or laid over the next kind's.
    """
    rng = np.random.default_rng((seed, number))
    kinds = list(KINDS.values())
    frames = kinds[number % len(kinds)](rng, count, side)
    fed, mirrored, laid = rng.random(3) < TURNS
    if laid:
        over = kinds[int(rng.integers(len(kinds)))](rng, count, side)
        frames = np.maximum(frames, over) if rng.random() < 0.5 else frames // 2 + over // 2
    if fed:
        frames = feedback(rng, frames)
    if mirrored:
        frames = np.concatenate((frames[:, :, : side // 2], frames[:, :, side // 2 - 1 :: -1][:, :, : side // 2]), 2)
    return frames


def visuals(seed: int, clips: int, count: int = CLIP, side: int = SIDE) -> Rgb:
    """Draw clips one after the other: (clips * count, side, side, 3)."""
    return np.concatenate([clip(seed, number, count, side) for number in range(clips)])


def feedback(rng: np.random.Generator, frames: Rgb) -> Rgb:
    """A camera on its own screen: every frame shows the last one behind it, zoomed, turned and faded."""
    side = frames.shape[1]
    zoom, turn, keep = rng.uniform(0.85, 1.15), rng.uniform(-12, 12), rng.uniform(0.6, 0.95)
    move = cv2.getRotationMatrix2D((side / 2, side / 2), turn, zoom)
    seen, last = [], frames[0]
    for frame in frames:
        behind = cv2.warpAffine(last, move, (side, side), borderMode=cv2.BORDER_REFLECT)
        last = np.maximum(frame, (keep * behind).astype(np.uint8))
        seen.append(last)
    return np.stack(seen)
