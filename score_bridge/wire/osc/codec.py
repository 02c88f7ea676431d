"""OSC datagrams to and from the message table, by `wire.osc_table`.

python-osc packs and unpacks single messages; everything around them is done here, because its bundles can be made
to loop for ever, its dispatcher sleeps, and its patterns become regular expressions. A pattern stands for every
address that it matches and that takes the arguments. A time tag is handed on with each message of its bundle. A
number may come as i, f, h, d, T or F; what a button can send acts unless a 0 or F comes last. Bad input becomes
PeerError of the kinds of `wire.zmq_codec`.
"""

from collections import defaultdict
from collections.abc import Iterator
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
from score_bridge.wire.osc.patterns import Addresses, is_pattern
from score_bridge.wire.osc.table import BUTTONS, INCOMING, OUTGOING, PATH_NAME, Row


class Dated(msgspec.Struct, frozen=True):
    """A message with its payload, and when it is meant for: unix time in seconds, None = at once."""

    message: Incoming
    payload: bytes
    at: float | None = None


class Decoded(msgspec.Struct, frozen=True):
    """What one datagram held: messages, and what could not be used, each in its order."""

    dated: tuple[Dated, ...]
    errors: tuple[PeerError, ...]

    @property
    def messages(self) -> tuple[tuple[Incoming, bytes], ...]:
        """The messages with their payloads, whatever they are meant for."""
        return tuple((one.message, one.payload) for one in self.dated)


def _by_address(rows: tuple[Row, ...]) -> dict[str, list[Row]]:
    table: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        table[row.address].append(row)
    return dict(table)


_IN, _OUT = _by_address(INCOMING), _by_address(OUTGOING)
_ADDRESSES = Addresses(address for address in _IN if PATH_NAME not in address)
_ROWS: dict[type[Message], Row] = {row.message: row for row in INCOMING + OUTGOING}
_PRESSED = frozenset(row.address for row in INCOMING if row.message in BUTTONS)
_JPEG_OR_PNG = _IN["/score/frame"][0]


def decode_osc(packet: bytes, most: int = MAX_DATAGRAM) -> Decoded:
    """Return everything in a packet; one bad element of a bundle does not lose the others. Raises nothing."""
    dated: list[Dated] = []
    errors: list[PeerError] = []
    for count, one in enumerate(_each(packet, most)):
        if count >= MAX_ELEMENTS:
            errors.append(PeerError("size", f"bundle: expected at most {MAX_ELEMENTS} messages, got more"))
            break
        if isinstance(one, PeerError):
            errors.append(one)
        elif one is not None:
            dated.append(one)
    return Decoded(tuple(dated), tuple(errors))


def decode_osc_outgoing(datagram: bytes) -> list[Outgoing]:
    """Return what a server sent (fields that OSC does not carry have their defaults). Raises PeerError."""
    messages: list[Outgoing] = []
    for element, _ in elements(datagram):
        if isinstance(element, PeerError):
            raise element
        message, _ = _message(_OUT, *read_message(element))
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


def _each(packet: bytes, most: int) -> Iterator[Dated | PeerError | None]:
    """Yield what is in a packet, in its order; None for a button that is let go, or an address that does not fit."""
    for element, at in elements(packet, most):
        try:
            if isinstance(element, PeerError):
                raise element
            for message in _read(element):
                yield message and Dated(*message, at)
        except PeerError as error:
            yield error


def _read(element: bytes) -> Iterator[tuple[Incoming, bytes] | None]:
    address, arguments = read_message(element)
    if is_pattern(address):
        yield from _matched(address, arguments)
    else:
        yield _incoming(address, arguments)


def _matched(pattern: str, arguments: list[Any]) -> Iterator[tuple[Incoming, bytes] | None]:
    """Yield the message for each address that a pattern matches; None where it does not take the arguments."""
    addresses = _ADDRESSES.matching(pattern)
    if not addresses:
        raise _unknown(pattern, _IN)
    refused = 0
    for address in addresses:
        try:
            message = _incoming(address, arguments.copy())
        except PeerError:
            refused += 1
            message = None
        yield message
    if refused == len(addresses):
        usages = "; ".join(f"{address} {_usage(_IN[address])}" for address in addresses)
        raise PeerError("field", f"{short(pattern)}: nothing that it matches takes these arguments: {usages}")


def _incoming(address: str, arguments: list[Any]) -> tuple[Incoming, bytes] | None:
    """Return a message and its payload; None of a button that is let go."""
    button = address in _PRESSED and bool(arguments) and isinstance(arguments[-1], bool | int | float)
    if button and not arguments.pop():
        return None
    message, payload = _message(_IN, address, arguments)
    check_incoming(message, len(payload))
    return message, payload


def _message(table: dict[str, list[Row]], address: str, arguments: list[Any]) -> tuple[Any, bytes]:
    rows, named = table.get(address), dict[str, str]()
    if rows is None:
        rows, named = _by_name(table, address)
    row = next((row for row in rows if row.least <= len(arguments) <= row.most), None)
    if row is None:
        raise PeerError("field", f"{address} wants {_usage(rows)}, got {len(arguments)} arguments")
    fields, payload = fields_of(row, arguments)
    try:
        return msgspec.convert({**fields, **named}, row.message), payload
    except msgspec.ValidationError as error:
        raise field_fault(address, row.message, error, fields) from None


def _by_name(table: dict[str, list[Row]], address: str) -> tuple[list[Row], dict[str, str]]:
    """Return the rows of an address that ends with a name, which may have slashes itself, and the name."""
    for known, rows in table.items():
        begin = known.removesuffix(PATH_NAME)
        if begin != known and address.startswith(begin):
            return rows, {"name": address.removeprefix(begin)}
    raise _unknown(address, table)


def _unknown(address: str, table: dict[str, list[Row]]) -> PeerError:
    return PeerError("type", f"unknown OSC address {short(address)}; there are {', '.join(table)}")


def _usage(rows: list[Row]) -> str:
    return " or ".join(row.usage for row in rows)
