"""ZeroMQ messages: `[b"SB1", msgpack header, payload?]`, and `[topic, b"SB1", header]` where they are published.

Bytes in, values out, and back. Any bytes decode or raise PeerError, never anything else. Its kinds:
"magic" (not our protocol), "header" (not msgpack, or a wrong number of parts), "type" (no such message), "field"
(a field is missing, of a wrong type or out of range), "payload" (does not fit the frame), "size" (over a limit).
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, get_args

import msgspec

from score_bridge.errors import PeerError
from score_bridge.wire.checks import check_incoming
from score_bridge.wire.faults import field_fault, short
from score_bridge.wire.messages import MAGIC, MAX_PAYLOAD, TOPICS, Incoming, Message, Outgoing

MAX_HEADER = 64 * 1024  # 4096 features take 37 KB
MAX_INTERNAL_HEADER = 1024 * 1024
MAX_SHOWN = 256

Part = bytes | memoryview
LARGE = 65_536  # bytes; a smaller part is copied faster than it is referred to
T = TypeVar("T", bound=Message)

_ENCODER = msgspec.msgpack.Encoder()


class _Tag(msgspec.Struct, frozen=True):
    type: str


_TAG_DECODER = msgspec.msgpack.Decoder(_Tag)
_FIELDS_DECODER = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def encode(message: Message, payload: Part = b"") -> list[Part]:
    """Return the parts to send; an empty payload is left out."""
    header: list[Part] = [MAGIC, _ENCODER.encode(message)]
    return [*header, payload] if len(payload) else header


def encode_published(message: Outgoing) -> list[Part]:
    """Return `[topic, b"SB1", header]` for a message that has a topic."""
    return [TOPICS[type(message)], *encode(message)]


def parts_of(frames: Sequence[Any]) -> list[Part]:
    """Return the parts of a message that was received as frames: large ones, pictures, are not copied."""
    return [frame.buffer if len(frame.buffer) >= LARGE else frame.bytes for frame in frames]


class Decoder(Generic[T]):
    """Decodes one union of messages, e.g. `Decoder[ToEngine](ToEngine)`. Build it once."""

    def __init__(self, union: Any, max_header: int = MAX_INTERNAL_HEADER) -> None:
        """Know the union's classes by their tags; refuse headers longer than `max_header` bytes."""
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(union)
        self._known: dict[str, type[Message]] = {
            str(kind.__struct_config__.tag): kind for kind in get_args(union) or (union,)
        }
        self._max_header = max_header

    def decode(self, parts: Sequence[Part]) -> tuple[T, Part]:
        """Return the message and its payload (b"" where there is none), which is not copied.

        Raises PeerError.
        """
        if not parts or parts[0] != MAGIC:
            raise PeerError("magic", f"expected {MAGIC!r} first, got {_start(parts)}")
        if len(parts) not in (2, 3):
            raise PeerError("header", f"expected {MAGIC!r}, header and perhaps a payload, got {_count(parts)}")
        payload = parts[2] if len(parts) == 3 else b""
        if len(payload) > MAX_PAYLOAD:
            raise PeerError("size", f"payload: expected at most {MAX_PAYLOAD} bytes, got {len(payload)}")
        return self._header(parts[1]), payload

    def _header(self, header: Part) -> T:
        if len(header) > self._max_header:
            raise PeerError("size", f"header: expected at most {self._max_header} bytes, got {len(header)}")
        try:
            return self._decoder.decode(header)
        except _BROKEN as error:
            raise self._fault(header, error) from None

    def _fault(self, header: Part, error: Exception) -> PeerError:
        try:
            tag = _TAG_DECODER.decode(header).type
        except _BROKEN as worse:
            kind = "type" if isinstance(worse, msgspec.ValidationError) else "header"
            return PeerError(kind, f'expected a msgpack map with a "type": {_words(worse)}')
        if tag not in self._known:
            return PeerError("type", f"unknown message {short(tag)}; there are {', '.join(self._known)}")
        if not isinstance(error, msgspec.ValidationError):
            return PeerError("header", f"{tag}: {_words(error)}")
        return field_fault(tag, self._known[tag], error, _shown(header))


_INCOMING: Decoder[Incoming] = Decoder(Incoming, MAX_HEADER)
_OUTGOING: Decoder[Outgoing] = Decoder(Outgoing)


def decode_incoming(parts: Sequence[Part]) -> tuple[Incoming, Part]:
    """Return what a host sent and its payload, whole and checked. Raises PeerError."""
    message, payload = _INCOMING.decode(parts)
    check_incoming(message, len(payload))
    return message, payload


def decode_outgoing(parts: Sequence[Part]) -> Outgoing:
    """Return what a server answered. Raises PeerError."""
    return _OUTGOING.decode(parts)[0]


def decode_published(parts: Sequence[Part]) -> Outgoing:
    """Return what a server published under a topic. Raises PeerError."""
    message = decode_outgoing(parts[1:])
    if TOPICS.get(type(message)) != parts[0]:
        raise PeerError(
            "magic", f"expected the topic of a {type(message).__name__}, got {short(bytes(parts[0][:32]))}"
        )
    return message


def _count(parts: Sequence[Part]) -> str:
    return "more parts" if len(parts) > 3 else f"{len(parts)} part"


def _start(parts: Sequence[Part]) -> str:
    return short(bytes(parts[0][:16])) if parts else "nothing"


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return "text is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).replace("`", "")


def _shown(header: Part) -> dict[str, Any]:
    """Return the header's fields for showing, long ones as their length only."""
    try:
        raw = _FIELDS_DECODER.decode(header)
        return {name: _show(value) for name, value in raw.items()}
    except _BROKEN:
        return {}


def _show(value: msgspec.Raw) -> Any:
    size = len(memoryview(value))
    return msgspec.msgpack.decode(value) if size <= MAX_SHOWN else f"{size} bytes"
