"""What is kept of a picture to compare the next one with: 16 x 16 of luma and 8 x 8 of colour."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 weights of red, green, blue, here of gamma-coded values."""

FLAT = 0.012
FULL_SHIFT, DARKEST = 0.42, 0.04
SAME = 0.0005


@dataclass(frozen=True, slots=True, eq=False)
class FrameSignature:
    """A picture at a glance: `luma` (16, 16) and `layout` (8, 8, 3), both means of what they cover, 0..1."""

    luma: Floats
    layout: Floats


def glance_at(rgb: Floats, luma: Floats) -> FrameSignature:
    """Take in a picture, rgb (64, 64, 3) and its luma (64, 64), both 0..1."""
    return FrameSignature(_mean(luma, 16), _mean(rgb, 8))


def structure_change(a: FrameSignature, b: FrameSignature) -> float:
    """How unlike the arrangement of light and dark is, 0..1: one minus the correlation, which no exposure alters.

    Contrast below FLAT is noise and counts as flat; two flat pictures are alike.
    """
    first, second = (x.luma.ravel() - x.luma.mean() for x in (a, b))
    noise = first.size * FLAT**2
    spread = np.sqrt((first @ first + noise) * (second @ second + noise))
    return float(np.clip(1.0 - (first @ second + noise) / spread, 0.0, 1.0))


def shift(a: FrameSignature, b: FrameSignature) -> float:
    """How far colours shifted where they were: the mean difference, 0..1."""
    return float(np.abs(a.layout - b.layout).mean())


def layout_change(a: FrameSignature, b: FrameSignature) -> float:
    """Return `shift` against the brighter picture's mean, so that dark films count, 0..1."""
    brightness = max(float(a.layout.mean()), float(b.layout.mean()))
    return min(shift(a, b) / (FULL_SHIFT * brightness + DARKEST), 1.0)


def same(a: FrameSignature, b: FrameSignature) -> bool:
    """Say whether this is one picture sent twice, as when 25 pictures a second are shown at 50."""
    return float(np.abs(a.luma - b.luma).mean()) < SAME and shift(a, b) < SAME


def _mean(plane: Floats, side: int) -> Floats:
    small: Floats = np.asarray(cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA), np.float32)
    return small
