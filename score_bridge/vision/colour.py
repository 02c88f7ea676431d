"""What colour pictures have on the whole, in six numbers that a straight line can be laid through."""

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.pixels import Rgb

GRID = 16
READINGS = ("lightness", "green_red", "blue_yellow", "saturation", "hue_x", "hue_y")


def colour_readings(pictures: Rgb) -> NDArray[np.float32]:
    """Pictures (N, H, W, 3) to (N, 6), means over 16 x 16 places.

    lightness 0..1, green_red and blue_yellow about -1..1: CIE L*a*b* (D65) / 100; saturation 0..1: max - min of red,
    green and blue, so dark pixels count less; hue_x, hue_y -1..1: cosine and sine of the hue, times that saturation.
    """
    small = np.concatenate([cv2.resize(p, (GRID, GRID), interpolation=cv2.INTER_AREA) for p in pictures])
    rgb = small.astype(np.float32) / 255
    lab, hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB) / 100, cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    saturation, angle = hsv[..., 1] * hsv[..., 2], np.radians(hsv[..., 0])
    hue = np.stack((saturation, saturation * np.cos(angle), saturation * np.sin(angle)), axis=-1)
    readings = np.concatenate((lab, hue), axis=-1).reshape(len(pictures), -1, len(READINGS))
    return np.asarray(readings.mean(1), np.float32)
