"""OSC packets as hostile bytes: bundles taken apart, one message's address and arguments read. No meaning here."""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from pythonosc.osc_message import OscMessage, ParseError

from score_bridge.errors import PeerError
from score_bridge.wire.faults import short
from score_bridge.wire.messages import MAX_FEATURES

MAX_DATAGRAM = 65_536
MAX_ELEMENTS = 256
MAX_DEPTH = 8
MAX_ADDRESS = 256
MAX_ARGUMENTS = MAX_FEATURES + 8
FEW = 16
TAKEN = frozenset("ifhdTFsb")
NUMBERS = frozenset("ifhd")
_BUNDLE = b"#bundle\x00"
_SIZE = struct.Struct(">i")
_TAG = struct.Struct(">Q")
_AT_ONCE = 1
_NTP_EPOCH = 2_208_988_800  # how long before that of unix time, seconds


class Element(NamedTuple):
    """One message of a packet, or why it was lost; `at` is when it is meant for, in unix seconds (None = at once)."""

    data: bytes | PeerError
    at: float | None = None


def elements(packet: bytes, most: int = MAX_DATAGRAM, depth: int = 0, at: float | None = None) -> Iterator[Element]:
    """Yield the messages of a packet of at most `most` bytes, unpacking bundles within bundles.

    A message has the time of the innermost bundle that it is in, `at` where it is in none.
    """
    if len(packet) > most:
        yield Element(PeerError("size", f"expected at most {most} bytes of OSC, got {len(packet)}"))
    elif not packet.startswith(_BUNDLE):
        yield Element(packet, at)
    elif depth >= MAX_DEPTH:
        yield Element(PeerError("size", f"bundles nested deeper than {MAX_DEPTH}"))
    elif len(packet) < len(_BUNDLE) + _TAG.size:
        yield Element(PeerError("header", f"bundle: expected a time tag, got {len(packet)} bytes in all"))
    else:
        yield from _contents(packet, most, depth)


def _contents(bundle: bytes, most: int, depth: int) -> Iterator[Element]:
    (tag,) = _TAG.unpack_from(bundle, len(_BUNDLE))
    at = None if tag == _AT_ONCE else tag / 2**32 - _NTP_EPOCH
    index = len(_BUNDLE) + _TAG.size
    while index < len(bundle):
        size = _SIZE.unpack_from(bundle, index)[0] if index + 4 <= len(bundle) else -1
        index += 4
        if not 0 < size <= len(bundle) - index:
            words = f"bundle: expected an element of 1 to {len(bundle) - index} bytes, got {size}"
            yield Element(PeerError("header", words))
            return
        yield from elements(bundle[index : index + size], most, depth + 1, at)
        index += size


def read_message(element: bytes) -> tuple[str, list[Any]]:
    """Return one message's address and arguments, strings, numbers, booleans and at most one blob.

    Raises PeerError("header") for what is not OSC, ("size") for too much, ("field") for other types of argument.
    """
    address, tags, index = _head(element)
    try:
        if len(tags) > FEW:
            return address.decode(), _long_list(element, tags, index)
        message = OscMessage(element)
        return message.address, message.params
    except (ParseError, UnicodeDecodeError, struct.error) as error:
        raise PeerError("header", f"damaged OSC message: {short(str(error.args[-1]))}") from None


def _head(element: bytes) -> tuple[bytes, str, int]:
    """Look before python-osc does: it would build nested lists, log, or copy all its input once a number."""
    end = element.find(b"\0", 0, MAX_ADDRESS)
    if not element.startswith(b"/") or end < 0:
        raise PeerError("header", f"expected OSC, an address that begins with '/', got {short(element[:16])}")
    start = _align(end)
    raw = element[start : start + MAX_ARGUMENTS + 2].partition(b"\0")[0]
    tags = raw.decode("latin-1")[1:]
    if raw and not raw.startswith(b","):
        raise PeerError("header", f"expected OSC type tags that begin with ',', got {short(raw[:16])}")
    if len(tags) > MAX_ARGUMENTS:
        raise PeerError("size", f"expected at most {MAX_ARGUMENTS} OSC arguments, got more")
    foreign = set(tags) - TAKEN
    if foreign:
        raise PeerError(
            "field", f"OSC argument type {short(min(foreign))} is not taken, only {' '.join(sorted(TAKEN))}"
        )
    if tags.count("b") > 1:
        raise PeerError("field", f"expected at most one blob, got {tags.count('b')}")
    return element[:end], tags, _align(start + len(raw))


def _long_list(element: bytes, tags: str, index: int) -> list[Any]:
    """Read perhaps a stream's name, then numbers."""
    first: list[Any] = []
    if tags.startswith("s"):
        end = element.find(b"\0", index)
        if end < 0:
            raise PeerError("header", "damaged OSC message: its first text has no end")
        first, tags, index = [element[index:end].decode()], tags[1:], _align(end)
    if not NUMBERS.issuperset(tags):
        raise PeerError("field", f"more than {FEW} OSC arguments are taken as numbers alone (i f h d)")
    return [*first, *struct.unpack_from(">" + tags.replace("h", "q"), element, index)]


def _align(end: int) -> int:
    return end + 4 - end % 4
