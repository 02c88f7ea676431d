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
_ESCAPED = {b"\xdb\xdc": END, b"\xdb\xdd": ESCAPE}


class Unframing:
    """Bytes in, packets out. One for each connection; it never keeps more than MAX_PACKET and one reading."""

    def __init__(self) -> None:
        """Begin with an empty buffer."""
        self.kind: Kind | None = None
        self._heard = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the packets that are whole with `data`.

        Raises PeerError("header") or ("size") where what comes can only be misread from here on.
        """
        self._heard += data
        if self.kind is None and self._heard:
            self.kind = "length" if self._heard[0] == 0 else "slip"
        yield from self._by_length() if self.kind == "length" else self._by_ends()
        if len(self._heard) > MAX_PACKET + 4:
            raise PeerError("size", f"expected OSC packets of at most {MAX_PACKET} bytes, got more without an end")

    def _by_length(self) -> Iterator[bytes]:
        while len(self._heard) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._heard)
            if size > MAX_PACKET:
                raise PeerError("size", f"expected OSC packets of at most {MAX_PACKET} bytes, got one of {size}")
            if len(self._heard) < _SIZE.size + size:
                return
            packet = bytes(self._heard[_SIZE.size : _SIZE.size + size])
            del self._heard[: _SIZE.size + size]
            if packet:
                yield packet

    def _by_ends(self) -> Iterator[bytes]:
        *packets, rest = self._heard.split(END)
        self._heard = rest
        for packet in packets:
            if packet:
                yield _unescape(bytes(packet))


def frame_packet(packet: bytes, kind: Kind) -> bytes:
    """Return a packet as it goes onto such a stream."""
    if kind == "length":
        return _SIZE.pack(len(packet)) + packet
    return END + packet.replace(ESCAPE, b"\xdb\xdd").replace(END, b"\xdb\xdc") + END


def _unescape(packet: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        if found[0] not in _ESCAPED:
            raise PeerError("header", f"damaged SLIP: {found[0]!r} is no escape")
        return _ESCAPED[found[0]]

    return re.sub(rb"\xdb.?", plain, packet, flags=re.DOTALL)
