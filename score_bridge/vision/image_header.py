"""The size of a JPEG or PNG, read from its first bytes, so that a bomb is refused before anything decodes it."""

import struct
from typing import Literal

from score_bridge.errors import PeerError
from score_bridge.wire.messages import SIGNATURES

JPEG_SIGNATURE, PNG_SIGNATURE = SIGNATURES
JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
JPEG_FILL = 0xFF
JPEG_TOO_LATE = frozenset({0x00, 0xD9, 0xDA})
JPEG_SCAN, JPEG_END = b"\xff\xda", b"\xff\xd9"
MAX_SCANS = 64


def read_size(data: bytes, encoding: Literal["jpeg", "png"]) -> tuple[int, int]:
    """Return (height, width) in pixels as the header claims them, before any rotation.

    Raises PeerError("frame") if `data` is not a whole picture of that encoding, or a JPEG of over 64 scans
    (progressive bombs: each scan costs a pass over all pixels).
    """
    return _png_size(data) if encoding == "png" else _jpeg_size(data)


def _png_size(data: bytes) -> tuple[int, int]:
    if len(data) < 33 or not data.startswith(PNG_SIGNATURE) or data[12:16] != b"IHDR":
        raise PeerError("frame", f"expected a PNG, got {_glimpse(data)}")
    if b"IEND" not in data[-64:]:
        raise PeerError("frame", f"expected a whole PNG, got {len(data)} bytes without its end")
    width, height = struct.unpack(">II", data[16:24])
    return height, width


def _jpeg_size(data: bytes) -> tuple[int, int]:
    if not data.startswith(JPEG_SIGNATURE):
        raise PeerError("frame", f"expected a JPEG, got {_glimpse(data)}")
    if data.count(JPEG_SCAN) > MAX_SCANS:
        raise PeerError("frame", f"expected a JPEG of at most {MAX_SCANS} scans, got {data.count(JPEG_SCAN)}")
    if data.rfind(JPEG_END) < data.rfind(JPEG_SCAN):
        raise PeerError("frame", f"expected a whole JPEG, got {len(data)} bytes without its end")
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF and data[at + 1] not in JPEG_TOO_LATE:
        if data[at + 1] in JPEG_SIZE_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return height, width
        at += _segment_length(data[at + 1], data[at + 2 : at + 4])
    raise PeerError("frame", f"expected a JPEG that says its size, got {len(data)} bytes without one")


def _segment_length(marker: int, length: bytes) -> int:
    """Return the bytes from one marker to the next, stepping as libjpeg does: over fill bytes and bare markers."""
    if marker == JPEG_FILL:
        return 1
    return 2 if marker in JPEG_BARE_MARKERS else 2 + int.from_bytes(length, "big")


def _glimpse(data: bytes) -> str:
    return f"{len(data)} bytes starting {data[:8].hex(' ')}" if data else "no bytes"
