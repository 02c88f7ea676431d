"""Whether a file is a whole .tox, by its wrapper; the content is encrypted.

`00 00 00 01`, then segments: the two letters `10`, the stored and the unpacked length (four bytes each, most
significant first), and the payload.
"""

import struct
from pathlib import Path

from score_bridge.errors import MediaError

MAGIC = b"\x00\x00\x00\x01"
SEGMENT = b"10"
LFS = b"version https://git-lfs"


def check_tox(path: Path) -> int:
    """Return how many segments a .tox has. Raises MediaError that describes the file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"cannot read {path}: {error.strerror}") from None
    if data.startswith(LFS):
        raise MediaError(f"{path} is a Git LFS pointer, not the file itself: run `git lfs pull`")
    if not data.startswith(MAGIC):
        raise MediaError(f"{path} is no .tox: it begins with {data[:8].hex(' ') or 'nothing'}")
    count, at = 0, len(MAGIC)
    while at < len(data):
        at = _segment(path, data, at)
        count += 1
    if not count:
        raise MediaError(f"{path} is cut off: it holds no segment")
    return count


def _segment(path: Path, data: bytes, at: int) -> int:
    if data[at : at + 2] != SEGMENT[: len(data) - at]:
        raise MediaError(f"{path} is damaged at byte {at}: expected a segment")
    if len(data) < at + 10:
        raise MediaError(f"{path} is cut off at byte {len(data)}, inside a segment's head")
    stored = int(struct.unpack_from(">I", data, at + 2)[0])
    if at + 10 + stored > len(data):
        raise MediaError(f"{path} is cut off: {at + 10 + stored - len(data)} bytes are missing")
    return at + 10 + stored
