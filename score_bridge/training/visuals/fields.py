"""Generated visuals that fill the picture with a function of place and time: each `(rng, count, side)` to frames."""

import cv2
import numpy as np

from score_bridge.training.visuals.drawing import Floats, a_colour, a_palette, pixels, places, smooth_noise, wander
from score_bridge.vision.pixels import Rgb


def noise_field(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Clouds: octaves of noise, each drifting its own way."""
    palette, first = a_palette(rng), rng.integers(1, 6)
    octaves = [(smooth_noise(rng, 2 * side, int(first) << k), rng.uniform(-3, 3, 2), 0.55**k) for k in range(4)]
    frames = []
    for t in range(count):
        field: Floats = np.zeros((side, side), np.float32)
        for noise, drift, weight in octaves:
            x, y = (drift * t).astype(int) % side
            field += weight * noise[y : y + side, x : x + side]
        frames.append(palette((field - field.min()) / max(float(np.ptp(field)), 1e-6)))
    return pixels(np.stack(frames))


def gradient(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """A slow gradient that turns, straight or round, with a little grain."""
    (x, y), palette = places(side), a_palette(rng)
    angle, turn, bend = rng.uniform(0, 2 * np.pi), rng.uniform(-0.1, 0.1), rng.uniform(0, 0.6)
    grain = rng.normal(0, rng.uniform(0, 0.04), (side, side, 1))
    angles = angle + turn * np.arange(count)
    across = np.cos(angles)[:, None, None] * x + np.sin(angles)[:, None, None] * y
    field = ((1 - bend) * across + bend * np.hypot(x, y)).astype(np.float32)
    return pixels(palette(0.5 + 0.4 * field) + grain)


def stripes(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Bars, checks or crossing waves that slide, with hard or soft edges."""
    (x, y), palette = places(side), a_palette(rng)
    tilt, turn, rate = rng.uniform(0, np.pi), rng.uniform(-0.05, 0.05), rng.uniform(4, 26)
    slide, hard, crossed = rng.uniform(-0.8, 0.8), rng.random() < 0.5, rng.random() < 0.4
    time = np.arange(count)[:, None, None]
    along = x * np.cos(tilt + turn * time) + y * np.sin(tilt + turn * time)
    wave = np.sin(rate * along + slide * time)
    if crossed:
        wave = wave * np.sin(rate * (y * np.cos(tilt) - x * np.sin(tilt)) - slide * time)
    wave = np.sign(wave) if hard else wave
    return pixels(palette((0.5 + 0.5 * wave).astype(np.float32)))


def tunnel(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """A flight through a tube with rings and spokes; dark, or light, in its depth."""
    (x, y), palette = places(side), a_palette(rng)
    spokes, twist, speed = int(rng.integers(0, 9)), rng.uniform(-3, 3), rng.uniform(-0.5, 0.5)
    rings, glow = rng.uniform(1, 5), rng.random() < 0.3
    frames = []
    for t, (cx, cy) in enumerate(wander(rng, count, 0.4)):
        depth = 1 / (np.hypot(x - cx, y - cy) + 0.08)
        angle = np.arctan2(y - cy, x - cx)
        wall = np.sin(rings * depth + speed * t) * np.cos(spokes * angle + twist * depth / 3)
        light = np.clip(depth / 6 if glow else 1.6 / depth, 0, 1)[..., None]
        frames.append(palette((0.5 + 0.5 * wall).astype(np.float32)) * (light if not glow else 0.4 + 0.6 * light))
    return pixels(np.stack(frames))


def plasma(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Waves from wandering centres that meet, folded like a kaleidoscope now and then."""
    (x, y), palette = places(side), a_palette(rng)
    if rng.random() < 0.5:
        x, y = np.abs(x), np.abs(y)
    centres = [wander(rng, count, 1.2) for _ in range(int(rng.integers(2, 5)))]
    rate, scale = rng.uniform(3, 14), rng.uniform(0.2, 0.5)
    frames = []
    for t in range(count):
        field = sum(np.sin(rate * np.hypot(x - c[t, 0], y - c[t, 1]) + 0.2 * t) for c in centres)
        frames.append(palette((0.5 + scale * np.asarray(field)).astype(np.float32)))
    return pixels(np.stack(frames))


def landscape(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """Ridges before a sky with a sun, gliding by at their own pace."""
    (x, y), sky, ground = places(side), a_palette(rng), a_colour(rng)
    ridges = int(rng.integers(1, 5))
    hills = [smooth_noise(rng, 4 * side, int(rng.integers(6, 40)))[0] for _ in range(ridges)]
    sun, sun_colour, size = wander(rng, count, 0.7, 0.05), a_colour(rng), rng.uniform(0.05, 0.4)
    horizon, columns = rng.uniform(-0.3, 0.5), np.arange(side)
    frames = []
    for t in range(count):
        picture = sky(0.5 + 0.5 * y)
        picture[np.hypot(x - sun[t, 0], y - sun[t, 1] * 0.5 + 0.3) < size] = sun_colour
        for k, hill in enumerate(hills):
            top = horizon + 0.5 * k / ridges - 0.6 * hill[(columns + t * (k + 1)) % (4 * side)]
            picture[y > top[None]] = ground * (0.3 + 0.7 * (k + 1) / ridges)
        frames.append(picture)
    return pixels(np.stack(frames))


def rough_texture(rng: np.random.Generator, count: int, side: int) -> Rgb:
    """A surface lit from the side: grain of several sizes, moved and slowly turned under the camera."""
    (x, y), colour, other = places(side), a_colour(rng), a_colour(rng)
    octaves = [np.float32(0.6**k) * smooth_noise(rng, 2 * side, 4 << k) for k in range(int(rng.integers(2, 5)))]
    height: Floats = np.stack(octaves).sum(0)
    relief = cv2.Sobel(height, cv2.CV_32F, 1, 1, ksize=3)
    shade = np.clip(0.55 + rng.uniform(1, 5) * relief, 0, 1)[..., None]
    surface = (shade * (colour + (other - colour) * np.clip(height, 0, 1)[..., None])).astype(np.float32)
    angle, turn, drift = rng.uniform(0, 360), rng.uniform(-2, 2), rng.uniform(-1, 1, 2)
    vignette = (1 - rng.uniform(0, 0.5) * (x**2 + y**2) / 2)[..., None]
    frames = []
    for t in range(count):
        move = cv2.getRotationMatrix2D((float(side), float(side)), angle + turn * t, 1.0)
        move[:, 2] = move[:, 2] + drift * t - side / 2
        frames.append(cv2.warpAffine(surface, move, (side, side), borderMode=cv2.BORDER_REFLECT) * vignette)
    return pixels(np.stack(frames))
