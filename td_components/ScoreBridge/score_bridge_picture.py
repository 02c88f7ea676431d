"""Pictures as TouchDesigner gives them become what the server takes. Runs on the worker thread.

TOP.numpyArray() is float32, (height, width, planes), 0..1, its first row the bottom one. The server wants 8-bit
red, green, blue with the top row first: as JPEG where OpenCV is there (it is in TouchDesigner), raw otherwise.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

try:
    import cv2
except ImportError:  # no JPEG then; small raw pictures do
    cv2 = None  # type: ignore[assignment]

UDP_ROOM = 60_000  # bytes of picture in one datagram; UDP ends at 65,507
RAW_SIDE = 128  # 128 x 128 x 3 fits
LOWEST_QUALITY = 20
TAKEN_SIDE = 8192

Rgb = NDArray[np.uint8]


class Picture(NamedTuple):
    """A picture that is ready to go: `encoding` is "jpeg" or "raw" (rgb, top row first)."""

    encoding: str
    width: int
    height: int
    data: bytes


def to_rgb(pixels: NDArray[Any], side: int, linear: bool = False, bottom_up: bool = True) -> Rgb:
    """Return (h, w, 3) uint8, both at most `side`, from (H, W[, planes]) float 0..1 or uint8 of any size.

    Fewer than three planes become grey, alpha is left out, NaN is black and infinity white; `linear` light is
    brought to sRGB. Raises ValueError for an array that is no picture.
    """
    if pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise ValueError(f"expected (height, width, planes), got {pixels.shape}")
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    small = _shrink(planes[..., :3] if planes.shape[2] >= 3 else planes[..., :1], side)
    rgb = np.repeat(small, 3, axis=2) if small.shape[2] == 1 else small
    rgb = _bytes(rgb, linear)
    return np.ascontiguousarray(rgb[::-1] if bottom_up else rgb)


def pack(rgb: Rgb, quality: int, room: int = UDP_ROOM) -> Picture:
    """Return `rgb` as a JPEG of at most `room` bytes, lowering its quality where it must; raw without OpenCV."""
    if cv2 is None:
        return raw(_shrink(rgb, min(RAW_SIDE, int((room / 3) ** 0.5))))
    while True:
        picture = jpeg(rgb, quality)
        if len(picture.data) <= room:
            return picture
        if quality > LOWEST_QUALITY:
            quality = max(LOWEST_QUALITY, quality - 20)
        else:
            rgb = _shrink(rgb, max(rgb.shape[:2]) * 3 // 4)


def jpeg(rgb: Rgb, quality: int) -> Picture:
    """Return `rgb` as a JPEG; OpenCV is there."""
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV made no JPEG of {rgb.shape}")
    return Picture("jpeg", rgb.shape[1], rgb.shape[0], data.tobytes())


class Ready(NamedTuple):
    """A picture that was prepared: its pixels and, unless they alone are wanted or OpenCV is absent, its JPEG."""

    rgb: Rgb
    jpeg: Picture | None


def prepare(pixels: NDArray[Any], side: int, quality: int, linear: bool, raw_only: bool) -> Ready:
    """Return a picture from TOP.numpyArray() as it will go. Raises as `to_rgb` does."""
    rgb = to_rgb(pixels, side, linear)
    return Ready(rgb, None if raw_only or cv2 is None else jpeg(rgb, quality))


def raw(rgb: Rgb) -> Picture:
    """Return `rgb` as it is."""
    return Picture("raw", rgb.shape[1], rgb.shape[0], np.ascontiguousarray(rgb).tobytes())


def _shrink(pixels: NDArray[Any], side: int) -> NDArray[Any]:
    """Bring both sides down to `side`; from more than four times that by leaving out rows and columns first."""
    height, width = pixels.shape[:2]
    rows, columns = max(1, height // (4 * side)), max(1, width // (4 * side))
    pixels = pixels[::rows, ::columns]
    if max(pixels.shape[:2]) <= side:
        return pixels
    size = tuple(min(side, n) for n in pixels.shape[:2])
    if cv2 is None:
        ys, xs = (np.arange(n) * m // n for n, m in zip(size, pixels.shape[:2], strict=True))
        return pixels[ys][:, xs]
    small: NDArray[Any] = cv2.resize(np.ascontiguousarray(pixels), size[::-1], interpolation=cv2.INTER_AREA)
    return small if small.ndim == 3 else small[..., None]


def _bytes(pixels: NDArray[Any], linear: bool) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8 and not linear:
        return pixels
    unit = pixels.astype(np.float32) / (255.0 if pixels.dtype == np.uint8 else 1.0)
    unit = np.clip(np.nan_to_num(unit, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if linear:  # IEC 61966-2-1
        unit = np.where(unit <= 0.0031308, 12.92 * unit, 1.055 * unit ** (1 / 2.4) - 0.055)
    result: NDArray[np.uint8] = (unit * 255.0 + 0.5).astype(np.uint8)
    return result
