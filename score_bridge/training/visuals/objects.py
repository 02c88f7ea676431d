"""Generated visuals with things in them that move: each `(rng, count, side)` to frames (count, side, side, 3)."""

import cv2
import numpy as np

from score_bridge.training.visuals.drawing import a_colour, a_palette, bytes_of, pixels, places, wander
from score_bridge.training.visuals.fields import noise_field
from score_bridge.vision.pixels import Rgb

LETTERS = "ABCDEFGHKLMNOPRSTUVXYZ0123456789#&%?+*<>/"
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_PLAIN)


def ground(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """What is behind the things: mostly one colour, often black, now and then clouds."""
    if rng.random() < 0.2:
        return noise_field(rng, count, side)
    colour = np.zeros(3) if rng.random() < 0.4 else a_colour(rng)
    return np.ascontiguousarray(np.broadcast_to(pixels(colour), (count, side, side, 3)))


def shapes(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Discs, boxes and polygons, filled or in outline, that wander and turn."""
    frames = ground(rng, count, side)
    for _ in range(int(rng.integers(1, 7))):
        corners, size = int(rng.choice([3, 4, 4, 5, 6, 40])), rng.uniform(0.08, 0.5) * side
        path, ink = (0.5 + 0.5 * wander(rng, count)) * side, bytes_of(a_colour(rng))
        turn, stretch, line = rng.uniform(-0.2, 0.2), rng.uniform(0.4, 1), int(rng.choice([-1, -1, 1, 2]))
        around = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        for t, frame in enumerate(frames):
            angles = around + turn * t
            outline = path[t] + size * np.stack((np.cos(angles), stretch * np.sin(angles)), axis=1)
            polygon = [np.rint(outline).astype(np.int32)]
            if line < 0:
                cv2.fillPoly(frame, polygon, ink, cv2.LINE_AA)
            else:
                cv2.polylines(frame, polygon, True, ink, line * max(side // 64, 1), cv2.LINE_AA)
    return frames


def particles(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Sparks that fly, fall or swirl, and leave trails."""
    number, palette, fade = int(rng.integers(10, 160)), a_palette(rng), rng.uniform(0.3, 0.95)
    place, speed = rng.uniform(0, side, (number, 2)), rng.normal(0, 0.02 * side, (number, 2))
    pull, swirl = rng.uniform(-0.002, 0.01) * side, rng.uniform(-0.1, 0.1)
    inks = [bytes_of(c) for c in palette(rng.random(number, np.float32))]
    radius = max(1, int(rng.uniform(0.006, 0.025) * side))
    picture, frames = np.zeros((side, side, 3), np.uint8), []
    for _ in range(count + 6):
        speed = speed + (0, pull) + swirl * (place - side / 2)[:, ::-1] * (0.05, -0.05)
        place = (place + speed) % side
        picture = pixels(picture * (fade / 255))
        for (x, y), ink in zip(place, inks, strict=True):
            cv2.circle(picture, (int(x), int(y)), radius, ink, -1, cv2.LINE_AA)
        frames.append(picture)
    return np.stack(frames[6:])


def glyphs(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Letters and signs, large or in rows, that scroll."""
    frames = ground(rng, count, side)
    ink, font = bytes_of(a_colour(rng)), int(rng.choice(FONTS))
    rows, scale = int(rng.integers(1, 7)), side / 64
    height, drift = side / rows, rng.uniform(-2, 2) * scale
    words = ["".join(rng.choice(list(LETTERS), 12 if rows > 1 else 3)) for _ in range(rows)]
    for t, frame in enumerate(frames):
        for row, word in enumerate(words):
            at = (int(drift * t * (1 + row % 2) - 0.1 * side), int((row + 0.85) * height))
            cv2.putText(frame, word, at, font, 0.033 * height, ink, max(1, int(height / 14)), cv2.LINE_AA)
    return frames


def lines(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """A mesh of thin lines between points that wander, as of a wire model or a plexus."""
    frames = ground(rng, count, side)
    points = np.stack([(0.5 + 0.5 * wander(rng, count)) * side for _ in range(int(rng.integers(4, 16)))])
    ink, near, thick = bytes_of(a_colour(rng)), rng.uniform(0.3, 0.9) * side, max(1, side // 64)
    for t, frame in enumerate(frames):
        now = points[:, t]
        for i, a in enumerate(now):
            for b in now[i + 1 :][np.hypot(*(now[i + 1 :] - a).T) < near]:
                cv2.line(frame, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), ink, thick, cv2.LINE_AA)
    return frames


def blobs(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Soft lights, or drops that merge."""
    (x, y), palette, ink = places(side), a_palette(rng), a_colour(rng)
    paths = [(wander(rng, count), rng.uniform(0.02, 0.25)) for _ in range(int(rng.integers(1, 8)))]
    merging = rng.random() < 0.5
    frames = []
    for t in range(count):
        field = sum(size**2 * 4 / ((x - p[t, 0]) ** 2 + (y - p[t, 1]) ** 2 + size**2) for p, size in paths)
        level = np.clip(np.asarray(field) / 2, 0, 1).astype(np.float32)
        inside = np.clip((level - 0.4) * 12, 0, 1)[..., None]
        frames.append(palette(level) * inside + 0.3 * ink * (1 - inside) if merging else palette(level))
    return pixels(np.stack(frames))


def strobe(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Flashes of two colours over the whole picture or parts of it."""
    first, other = pixels(a_colour(rng)), pixels(a_colour(rng))
    every, parts = int(rng.integers(1, 5)), int(rng.choice([1, 1, 2, 3, 8]))
    columns = np.arange(side) * parts // side
    rows = columns if rng.random() < 0.5 else np.zeros(side, int)
    on = (np.arange(count)[:, None, None] // every + columns[None, None] + rows[None, :, None]) % 2 == 0
    frames: Rgb = np.where(on[..., None], first, other)
    return frames
