"""OSC packets on a stream of bytes (TCP): found by one of two framings, distinguished by the first byte. Sans-I/O.

SLIP (RFC 1055, as OSC 1.1 has it: END before and after a packet) begins with 0xC0 or, from older programs, with the
packet itself; a length before each packet, 32 bits big-endian (OSC 1.0; liblo), begins with 0 for as long as packets
are below 16 MB.
"""

import re
import struct
from collections.abc import Iterator
from typing import Literal

from score_bridge.errors import PeerError

Kind = Literal["slip", "length"]
END, ESCAPE = b"\xc0", b"\xdb"
MAX_PACKET = 16 * 1024 * 1024 - 1
_SIZE = struct.Struct(">I")
_ZEROS = re.compile(rb"\0*")


class Unframing:
    """Bytes in, packets out. One for each connection; it never keeps more than MAX_PACKET and one reading.

    Every byte is looked at once, when it comes, however the bytes are cut into pieces.
    """

    def __init__(self) -> None:
        """Begin with an empty buffer."""
        self.kind: Kind | None = None
        self._heard = bytearray()
        self._carried = b""  # SLIP: an escape whose second byte is yet to come

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the packets that are whole with `data`.

        Raises PeerError("header") or ("size") where what comes can only be misread from here on.
        """
        if self.kind is None and data:
            self.kind = "length" if data[0] == 0 else "slip"
        yield from self._by_length(data) if self.kind == "length" else self._by_ends(data)
        if len(self._heard) > MAX_PACKET + 4:
            raise PeerError("size", f"expected OSC packets of at most {MAX_PACKET} bytes, got more without an end")

    def _by_length(self, data: bytes) -> Iterator[bytes]:
        self._heard += data
        at = _zeros(self._heard, 0)
        while len(self._heard) - at >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._heard, at)
            if size > MAX_PACKET:
                raise PeerError("size", f"expected OSC packets of at most {MAX_PACKET} bytes, got one of {size}")
            end = at + _SIZE.size + size
            if len(self._heard) < end:
                break
            yield bytes(memoryview(self._heard)[at + _SIZE.size : end])
            at = end + _zeros(self._heard, end)
        del self._heard[:at]

    def _by_ends(self, data: bytes) -> Iterator[bytes]:
        data = self._carried + data
        self._carried = ESCAPE if data.endswith(ESCAPE) else b""
        first, *others = data.removesuffix(ESCAPE).split(END)
        self._heard += _unescape(first)
        if not others:
            return
        if self._heard:
            yield bytes(self._heard)
            self._heard.clear()
        *whole, rest = others
        yield from map(_unescape, filter(None, whole))
        self._heard += _unescape(rest)


def frame_packet(packet: bytes, kind: Kind) -> bytes:
    """Return a packet as it goes onto such a stream."""
    if kind == "length":
        return _SIZE.pack(len(packet)) + packet
    return END + packet.replace(ESCAPE, b"\xdb\xdd").replace(END, b"\xdb\xdc") + END


def _zeros(heard: bytearray, at: int) -> int:
    """How many bytes of empty packets follow at `at`."""
    found = _ZEROS.match(heard, at)
    return (found.end() - at) // _SIZE.size * _SIZE.size if found else 0


def _unescape(packet: bytes) -> bytes:
    """Bytes without escapes. Two passes suffice: neither can make a pair that the other reads."""
    known = packet.count(b"\xdb\xdc") + packet.count(b"\xdb\xdd")
    if packet.count(ESCAPE) != known:
        raise PeerError("header", "damaged SLIP: what follows an escape byte is no escape")
    return packet.replace(b"\xdb\xdc", END).replace(b"\xdb\xdd", ESCAPE) if known else packet
