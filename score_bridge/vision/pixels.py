"""Pixels of any order and transfer become red, green, blue in 8-bit sRGB."""

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import PeerError
from score_bridge.wire.messages import Order, Transfer

Rgb = NDArray[np.uint8]
"""A picture (H, W, 3): red, green, blue, sRGB, 0..255, top row first. Treat it as read-only."""

TO_RGB: dict[Order, int] = {
    "bgr": cv2.COLOR_BGR2RGB,
    "rgba": cv2.COLOR_RGBA2RGB,
    "bgra": cv2.COLOR_BGRA2RGB,
    "gray": cv2.COLOR_GRAY2RGB,
}
ARGB_TO_RGB = (1, 0, 2, 1, 3, 2)


def u8(call: Callable[..., Any], *args: Any, **kwargs: Any) -> NDArray[np.uint8]:
    """Call a function that returns 8-bit pixels, with that type (OpenCV's stubs promise less)."""
    result: NDArray[np.uint8] = call(*args, **kwargs)
    return result


def to_rgb(pixels: NDArray[Any], order: Order) -> NDArray[Any]:
    """Turn (H, W, planes of `order`) into (H, W, 3) red, green, blue of the same dtype, alpha dropped.

    "rgb" comes back as it is, every other order as a copy.
    """
    if order == "rgb":
        return pixels
    if order in TO_RGB:
        return cv2.cvtColor(pixels, TO_RGB[order])
    rgb = np.empty((*pixels.shape[:2], 3), pixels.dtype)
    cv2.mixChannels([pixels], [rgb], ARGB_TO_RGB)
    return rgb


def to_srgb8(pixels: NDArray[Any], transfer: Transfer) -> Rgb:
    """Bring uint8 0..255 or float32 0..1 pixels of either transfer to 8-bit sRGB; floats are clipped to 0..1.

    Raises PeerError("frame") for NaN or infinity.
    """
    if pixels.dtype == np.uint8:
        return u8(cv2.LUT, pixels, SRGB_OF_LINEAR_BYTE) if transfer == "linear" else pixels
    if not (math.isfinite(pixels.min()) and math.isfinite(pixels.max())):
        raise PeerError("frame", "expected finite float pixels, got NaN or infinity")
    unit = np.clip(pixels, 0.0, 1.0)
    if transfer == "linear":
        return u8(SRGB_OF_LINEAR.take, (unit * np.float32(65535) + np.float32(0.5)).astype(np.uint16))
    return u8(cv2.convertScaleAbs, unit, alpha=255.0)


def _srgb_of_linear(steps: int) -> NDArray[np.uint8]:
    """Tabulate the sRGB transfer (IEC 61966-2-1) over `steps` linear values 0..1, as 0..255."""
    x = np.linspace(0.0, 1.0, steps)
    y = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * y).astype(np.uint8)


SRGB_OF_LINEAR = _srgb_of_linear(1 << 16)
SRGB_OF_LINEAR_BYTE = _srgb_of_linear(1 << 8)
