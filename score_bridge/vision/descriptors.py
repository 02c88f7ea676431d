"""Cheap readings of every frame: light, colour, edges, motion, and cuts."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.cuts import CutMemory, detect_cut
from score_bridge.vision.motion import MotionMemory, track_motion
from score_bridge.vision.onsets import OnsetMemory, detect_onset
from score_bridge.vision.signature import LUMA, Floats, glance_at

SIDE = 64
DARK = 0.12
GREY = 0.004
EDGE_FROM, EDGE_TO = 0.04, 0.16
READINGS = ("brightness", "saturation", "hue", "contrast", "edges", "motion")


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Readings of one picture, each 0..1.

    brightness: mean luma; saturation: how colourful, dark pixels counting less; hue: that of the mean colour, which
    is the circular mean weighed by saturation (red 0, green 1/3, blue 2/3; a grey picture keeps the hue before it);
    contrast: spread of luma; edges: share of the picture on an edge; motion: see `motion`; cut: a new shot began
    here, see `cuts`; cut_score: change since the picture before; onset: something begins to move, see `onsets`.
    """

    brightness: float
    saturation: float
    hue: float
    contrast: float
    edges: float
    motion: float
    cut_score: float
    cut: bool
    onset: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PictureMemory:
    """What the next picture is compared with: some 900 floats. hue: the last one that there was, 0..1.

    cells: the picture's own 8 x 8 colours, (8, 8, 3) RGB 0..1.
    """

    cuts: CutMemory
    motion: MotionMemory
    onsets: OnsetMemory
    hue: float
    cells: Floats


def describe(
    rgb: NDArray[np.uint8], previous: PictureMemory | None, time: float
) -> tuple[Descriptors, PictureMemory]:
    """Read a (64, 64, 3) RGB picture seen at `time` seconds, and what was kept of those before it (None at first)."""
    unit = rgb.astype(np.float32) * np.float32(1 / 255)
    luma: Floats = np.asarray(cv2.transform(unit, LUMA[None]), np.float32)
    glance = glance_at(unit, luma)
    cut_score, cut, cuts = detect_cut(glance, previous.cuts if previous else None, time)
    motion = track_motion(glance, previous.motion if previous else None, time, cut)
    onset, onsets = detect_onset(motion.motion, previous.onsets if previous else None, time, cut)
    hue = _hue(glance.layout.mean((0, 1)), previous.hue if previous else 0.0)
    found = Descriptors(
        brightness=min(float(luma.mean()), 1.0),
        saturation=_saturation(unit),
        hue=hue,
        contrast=min(2.0 * float(luma.std()), 1.0),
        edges=_edges(luma),
        motion=motion.motion,
        cut_score=cut_score,
        cut=cut,
        onset=onset,
    )
    return found, PictureMemory(cuts, motion, onsets, hue, glance.layout)


def _hue(mean: Floats, before: float) -> float:
    """Return the hue 0..1 of the mean (red, green, blue), or `before` if that is grey.

    The hexagon's projection is linear, so the mean colour's angle is the chroma-weighted circular mean of all.
    """
    red, green, blue = (float(x) for x in mean)
    x, y = red - 0.5 * (green + blue), math.sqrt(0.75) * (green - blue)
    return math.atan2(y, x) / math.tau % 1.0 if math.hypot(x, y) > GREY else before


def _saturation(rgb: Floats) -> float:
    """Chroma against value over the whole picture: HSV saturation weighed by value, so noise in black is little."""
    red, green, blue = cv2.split(rgb)
    value = cv2.max(cv2.max(red, green), blue)
    chroma = cv2.subtract(value, cv2.min(cv2.min(red, green), blue))
    return cv2.mean(chroma)[0] / max(cv2.mean(value)[0], DARK)


def _edges(luma: Floats) -> float:
    """Mean strength of the gradient (Sobel, per pixel), ramped from EDGE_FROM (noise) to EDGE_TO (surely an edge)."""
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.125)
    strength = np.asarray(cv2.magnitude(across, down), np.float32)
    return float(np.clip((strength - EDGE_FROM) / (EDGE_TO - EDGE_FROM), 0.0, 1.0).mean())


def readings(descriptors: Descriptors) -> dict[str, float]:
    """Return the readings that are published, by name, each 0..1."""
    return {name: float(getattr(descriptors, name)) for name in READINGS}
