"""OSC 1.0 packets to values and back, and their framing on TCP. Standard library only: TouchDesigner has no more.

Bytes in, values out; nothing here knows a socket. Numbers are i and f, texts s, blobs b.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

BUNDLE = b"#bundle\0"
MAX_PACKET = 64 * 1024 * 1024
MAX_DEPTH = 4
SIZES = {"i": 4, "f": 4, "h": 8, "d": 8}

Message = tuple[str, list[Any]]


def encode(address: str, arguments: Sequence[Any] = ()) -> bytes:
    """Return one message. Arguments are int, float, str or bytes; a bool becomes 0 or 1.

    Raises TypeError for anything else, struct.error for a whole number beyond 32 bits.
    """
    tags, body = ",", b""
    for value in arguments:
        tag, data = _argument(value)
        tags += tag
        body += data
    return _text(address) + _text(tags) + body


def encode_numbers(address: str, first: str, values: Sequence[float]) -> bytes:
    """Return a message of one text and many floats, packed at once."""
    return _text(address) + _text(",s" + "f" * len(values)) + _text(first) + struct.pack(f">{len(values)}f", *values)


def decode(packet: bytes, depth: int = 0) -> Iterator[Message]:
    """Yield the messages of a packet, those inside bundles too; time tags are not heeded.

    Raises ValueError for what is not OSC, and nothing else.
    """
    try:
        if not packet.startswith(BUNDLE):
            yield _message(packet)
            return
        if depth >= MAX_DEPTH:
            raise ValueError("bundles nested too deeply")
        at = len(BUNDLE) + 8
        while at < len(packet):
            size = struct.unpack_from(">i", packet, at)[0]
            if not 0 < size <= len(packet) - at - 4:
                raise ValueError("a bundle's element is longer than the bundle")
            yield from decode(packet[at + 4 : at + 4 + size], depth + 1)
            at += 4 + size
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise ValueError(f"damaged OSC: {error}") from None


def prefixed(packet: bytes) -> bytes:
    """Return a packet as it goes over TCP: its length first, four bytes, most significant first (OSC 1.0)."""
    return struct.pack(">i", len(packet)) + packet


class Unprefixer:
    """Puts packets together from what a TCP connection delivers piece by piece."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the packets that are whole now. Raises ValueError where a length is absurd."""
        self._held += data
        while len(self._held) >= 4:
            size = struct.unpack_from(">i", self._held)[0]
            if not 0 < size <= MAX_PACKET:
                raise ValueError(f"a packet of {size} bytes")
            if len(self._held) < 4 + size:
                return
            packet, self._held = self._held[4 : 4 + size], self._held[4 + size :]
            yield packet


def _argument(value: Any) -> tuple[str, bytes]:
    if isinstance(value, bytes):
        return "b", struct.pack(">i", len(value)) + value + b"\0" * (-len(value) % 4)
    if isinstance(value, str):
        return "s", _text(value)
    if isinstance(value, int):
        return "i", struct.pack(">i", value)
    if isinstance(value, float):
        return "f", struct.pack(">f", value)
    raise TypeError(f"OSC carries numbers, texts and bytes, not {type(value).__name__}")


def _text(text: str) -> bytes:
    data = text.encode()
    return data + b"\0" * (4 - len(data) % 4)


def _message(packet: bytes) -> Message:
    address, at = _read_text(packet, 0)
    if not address.startswith("/"):
        raise ValueError("an OSC address begins with '/'")
    tags, at = _read_text(packet, at)
    arguments: list[Any] = []
    for tag in tags[1:]:
        value, at = _read(packet, at, tag)
        arguments.append(value)
    return address, arguments


def _read_text(packet: bytes, at: int) -> tuple[str, int]:
    end = packet.find(b"\0", at)
    if end < 0:
        raise ValueError("a text without an end")
    return packet[at:end].decode(), end + 4 - end % 4


def _read(packet: bytes, at: int, tag: str) -> tuple[Any, int]:
    if tag == "s":
        return _read_text(packet, at)
    if tag == "b":
        size = struct.unpack_from(">i", packet, at)[0]
        if not 0 <= size <= len(packet) - at - 4:
            raise ValueError("a blob longer than its packet")
        return packet[at + 4 : at + 4 + size], at + 4 + size + -size % 4
    if tag in "TF":
        return tag == "T", at
    if tag not in SIZES:
        raise ValueError(f"OSC type {tag!r} is not known here")
    return struct.unpack_from(f">{'q' if tag == 'h' else tag}", packet, at)[0], at + SIZES[tag]
