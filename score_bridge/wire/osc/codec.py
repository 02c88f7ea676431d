"""OSC datagrams to and from the message table, by `wire.osc_table`.

python-osc packs and unpacks single messages; everything around them is done here, because its bundles can be made
to loop for ever and its dispatcher sleeps and matches patterns. Inbound time tags are ignored: everything is now.
A number may come as i, f, h, d, T or F; what a button can send acts unless a 0 or F comes last. Bad input becomes
PeerError of the kinds of `wire.zmq_codec`.
"""

from collections import defaultdict
from itertools import islice
from typing import Any

import msgspec
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from score_bridge.errors import PeerError
from score_bridge.wire.checks import check_incoming
from score_bridge.wire.faults import field_fault, short
from score_bridge.wire.messages import Frame, Incoming, Message, Outgoing
from score_bridge.wire.osc.arguments import fields_of, typed_arguments
from score_bridge.wire.osc.packets import MAX_DATAGRAM, MAX_ELEMENTS, elements, read_message
from score_bridge.wire.osc.table import BUTTONS, INCOMING, OUTGOING, PATH_NAME, Row


class Decoded(msgspec.Struct, frozen=True):
    """What one datagram held: messages with their payloads, and what could not be used, each in its order."""

    messages: tuple[tuple[Incoming, bytes], ...]
    errors: tuple[PeerError, ...]


def _by_address(rows: tuple[Row, ...]) -> dict[str, list[Row]]:
    table: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        table[row.address].append(row)
    return dict(table)


_IN, _OUT = _by_address(INCOMING), _by_address(OUTGOING)
_ROWS: dict[type[Message], Row] = {row.message: row for row in INCOMING + OUTGOING}
_PRESSED = frozenset(row.address for row in INCOMING if row.message in BUTTONS)
_JPEG_OR_PNG = _IN["/score/frame"][0]


def decode_osc(packet: bytes, most: int = MAX_DATAGRAM) -> Decoded:
    """Return everything in a packet; one bad element of a bundle does not lose the others. Raises nothing."""
    messages: list[tuple[Incoming, bytes]] = []
    errors: list[PeerError] = []
    for element in islice(elements(packet, most), MAX_ELEMENTS + 1):
        if len(messages) + len(errors) >= MAX_ELEMENTS:
            errors.append(PeerError("size", f"bundle: expected at most {MAX_ELEMENTS} messages, got more"))
            break
        try:
            if isinstance(element, PeerError):
                raise element
            if (message := _incoming(element)) is not None:
                messages.append(message)
        except PeerError as error:
            errors.append(error)
    return Decoded(tuple(messages), tuple(errors))


def decode_osc_outgoing(datagram: bytes) -> list[Outgoing]:
    """Return what a server sent (fields that OSC does not carry have their defaults). Raises PeerError."""
    messages: list[Outgoing] = []
    for element in elements(datagram):
        if isinstance(element, PeerError):
            raise element
        address, arguments = read_message(element)
        parent, _, name = address.rpartition("/")
        row = f"{parent}/{PATH_NAME}"
        named = {"name": name} if address not in _OUT and row in _OUT else {}
        message, _ = _message(_OUT, row if named else address, arguments, named)
        messages.append(message)
    return messages


def encode_osc(message: Message, at: float | None = None, payload: bytes = b"") -> bytes:
    """Return the datagram for `message`; with `at` (unix time, seconds) a bundle that carries this time tag.

    `payload` is for a Frame alone: its JPEG or PNG, or its raw uint8 pixels.
    """
    row = _JPEG_OR_PNG if isinstance(message, Frame) and message.encoding != "raw" else _ROWS[type(message)]
    builder = OscMessageBuilder(row.address.replace(PATH_NAME, getattr(message, "name", "")))
    for tag, value in typed_arguments(row, message, payload):
        builder.add_arg(value, tag)
    built = builder.build()
    if at is None:
        return bytes(built.dgram)
    bundle = OscBundleBuilder(at)
    bundle.add_content(built)
    return bytes(bundle.build().dgram)


def _incoming(element: bytes) -> tuple[Incoming, bytes] | None:
    """Read a message and its payload; None of a button that is let go."""
    address, arguments = read_message(element)
    button = address in _PRESSED and bool(arguments) and isinstance(arguments[-1], bool | int | float)
    if button and not arguments.pop():
        return None
    message, payload = _message(_IN, address, arguments, {})
    check_incoming(message, len(payload))
    return message, payload


def _message(
    table: dict[str, list[Row]], address: str, arguments: list[Any], named: dict[str, str]
) -> tuple[Any, bytes]:
    rows = table.get(address)
    if rows is None:
        raise PeerError("type", f"unknown OSC address {short(address)}; there are {', '.join(table)}")
    row = next((row for row in rows if row.least <= len(arguments) <= row.most), None)
    if row is None:
        usages = " or ".join(row.usage for row in rows)
        raise PeerError("field", f"{address} wants {usages}, got {len(arguments)} arguments")
    fields, payload = fields_of(row, arguments)
    try:
        return msgspec.convert({**fields, **named}, row.message), payload
    except msgspec.ValidationError as error:
        raise field_fault(address, row.message, error, fields) from None
