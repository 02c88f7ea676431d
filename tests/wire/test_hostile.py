"""Any bytes at all: every decoder answers or raises PeerError, in little time and memory."""

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_message_builder import build_msg

from score_bridge.errors import PeerError
from score_bridge.wire.messages import Features, Hello, Incoming, Message, Set
from score_bridge.wire.osc.codec import decode_osc, decode_osc_outgoing, encode_osc
from score_bridge.wire.osc.packets import MAX_DATAGRAM, MAX_ELEMENTS
from score_bridge.wire.zmq_codec import Decoder, decode_incoming, decode_outgoing, decode_published, encode
from tests.wire.strategies import INCOMING, INTERNAL, OUTGOING, WITH_PAYLOAD, few, instances

DECODERS: dict[str, Callable[[list[bytes | memoryview]], Any]] = {
    "incoming": decode_incoming,
    "outgoing": decode_outgoing,
    "published": decode_published,
    **{name: Decoder[Any](union).decode for name, union in INTERNAL.items()},
}
HEADER = b"SB1"
BUNDLE = b"#bundle\0" + bytes(8)


@contextmanager
def quick(seconds: float = 2.0) -> Iterator[None]:
    """Far above what it takes, far below what the attack would cost."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def answers(decode: Callable[..., Any], data: Any) -> None:
    with suppress(PeerError):
        decode(data)


def mutated(data: bytes, draw: st.DataObject) -> bytes:
    spot = draw.draw(st.integers(0, len(data)))
    cut = draw.draw(st.integers(0, 3))
    return data[:spot] + draw.draw(st.binary(max_size=6)) + data[spot + cut :]


@pytest.mark.parametrize("name", DECODERS)
@few
@given(parts=st.lists(st.one_of(st.binary(max_size=40), st.just(HEADER)), max_size=4))
def test_any_parts(name: str, parts: list[bytes | memoryview]) -> None:
    answers(DECODERS[name], parts)


@pytest.mark.parametrize("name", DECODERS)
@few
@given(header=st.binary(max_size=60), payload=st.binary(max_size=8))
def test_any_header(name: str, header: bytes, payload: bytes) -> None:
    answers(DECODERS[name], [b"note", HEADER, header] if name == "published" else [HEADER, header, payload])


@pytest.mark.parametrize("kind", INCOMING)
@few
@given(data=st.data())
def test_damaged_headers(kind: type[Message], data: st.DataObject) -> None:
    header = bytes(encode(data.draw(instances(kind)))[1])
    answers(decode_incoming, [HEADER, mutated(header, data)])


@few
@given(st.binary(max_size=120))
def test_any_datagram(datagram: bytes) -> None:
    for data in (datagram, b"/score/" + datagram, b"/score/*" + datagram, BUNDLE + datagram):
        decode_osc(data)
        answers(decode_osc_outgoing, data)


@pytest.mark.parametrize("kind", [kind for kind in (*INCOMING, *OUTGOING) if kind not in WITH_PAYLOAD])
@few
@given(data=st.data())
def test_damaged_datagrams(kind: type[Message], data: st.DataObject) -> None:
    datagram = mutated(
        encode_osc(data.draw(instances(kind, width=32)), data.draw(st.sampled_from([None, 5.0]))), data
    )
    decode_osc(datagram)
    answers(decode_osc_outgoing, datagram)


def text(word: str) -> bytes:
    return bytes([0xA0 | len(word)]) + word.encode()


@pytest.mark.parametrize(
    "header",
    [
        b"\x82" + text("type") + text("hello") + text("x") + b"\x91" * 60_000,
        b"\x82" + text("type") + text("hello") + text("name") + b"\xa2\xff\xfe",
        b"\x81" + text("type") + b"\xa2\xff\xfe",
        b"\x82" + text("type") + text("features") + text("values") + b"\xdd\xff\xff\xff\xff",
        b"\x82" + text("type") + text("hello") + text("name") + b"\xdb\xff\xff\xff\xff",
        b"\x82" + text("type") + text("ping") + text("id") + b"\xc9\xff\xff\xff\xff\x01",
        b"\x82" + text("type") + text("ping") + text("id") + b"\x81\x90\x01",
        b"\xdf\xff\xff\xff\xff",
        b"\x82" + text("type") + text("ping") + text("type") + text("hello"),
    ],
)
def test_msgpack_bombs(header: bytes) -> None:
    with quick(), pytest.raises(PeerError):
        decode_incoming([HEADER, header])


def test_a_latent_that_claims_four_billion_values() -> None:
    header = (
        b"\x83"
        + text("type")
        + text("latent")
        + text("stream")
        + text("a")
        + text("values")
        + b"\xdd\xff\xff\xff\xff"
    )
    with quick(), pytest.raises(PeerError):
        decode_outgoing([HEADER, header])


def errors(datagram: bytes) -> list[tuple[str, str]]:
    with quick():
        decoded = decode_osc(datagram)
    assert not decoded.messages
    return [(error.kind, error.reason) for error in decoded.errors]


def test_a_bundle_element_of_negative_size_does_not_loop() -> None:
    assert errors(BUNDLE + struct.pack(">i", -4)) == [
        ("header", "bundle: expected an element of 1 to 0 bytes, got -4"),
    ]


def test_bundles_in_bundles_are_limited() -> None:
    datagram = encode_osc(Hello(name="x"))
    for _ in range(40):
        datagram = BUNDLE + struct.pack(">i", len(datagram)) + datagram
    assert errors(datagram) == [("size", "bundles nested deeper than 8")]


def test_elements_of_a_bundle_are_limited() -> None:
    element = encode_osc(Hello(name="x"))
    decoded = decode_osc(BUNDLE + (struct.pack(">i", len(element)) + element) * 600)
    assert len(decoded.messages) == MAX_ELEMENTS
    assert [error.kind for error in decoded.errors] == ["size"]


@pytest.mark.parametrize(
    ("datagram", "kind", "words"),
    [
        (bytes(MAX_DATAGRAM + 4), "size", "at most 65536 bytes"),
        (b"/score/set\0\0," + b"[" * 3000, "field", "type '[' is not taken"),
        (b"/score/set\0\0," + b"f" * 30_000, "size", "at most 4104 OSC arguments"),
        (b"/score/set\0\0," + b"b" * 3000, "field", "at most one blob, got 3000"),
        (b"/score/set\0\0,fz\0" + bytes(8), "field", "type 'z' is not taken"),
        (b"/score/set\0\0xfx\0" + bytes(8), "header", "begin with ','"),
        (b"/score/set\0\0,s\0\0\xff\xff\xff\xff\0\0\0\0", "header", "damaged OSC message"),
        (b"/score/features\0," + b"s" + b"f" * 30 + b"\0", "header", "damaged OSC message"),
        (b"/score/features\0," + b"ss" + b"f" * 30 + bytes(400), "field", "numbers alone"),
        (b"/score/*********a\0\0\0,\0\0\0", "type", "unknown OSC address '/score/*********a'"),
        (b"/score/{set,get}\0\0\0\0,\0\0\0", "field", "nothing that it matches takes these arguments"),
        (b"/score/{set,get\0,\0\0\0", "header", "'/score/{set,get': its { at 7 has no other bracket"),
        (b"/" + b"a" * 60_000, "header", "expected OSC"),
        (b"\x16\x03\x01 not osc", "header", "expected OSC"),
        (b"", "header", "got b''"),
    ],
)
def test_osc_bombs(datagram: bytes, kind: str, words: str) -> None:
    [(came, reason)] = errors(datagram)
    assert came == kind
    assert words in reason


@pytest.mark.parametrize("repeated", ["*a", "*?", "*", "{,a,e,s}", "[a-z]*", "[!q]", "*{t,p,s}", "?", "{{{{", "*/"])
def test_patterns_that_could_match_in_very_many_ways(repeated: str) -> None:
    address = f"/score/{repeated * 248}"[:248].encode()
    element = address + bytes(4 - len(address) % 4) + b",\0\0\0"
    with quick():
        decoded = decode_osc(BUNDLE + (struct.pack(">i", len(element)) + element) * 240)
    assert len(decoded.messages) + len(decoded.errors) <= MAX_ELEMENTS + 1


def test_what_a_pattern_stands_for_is_limited_with_all_else() -> None:
    element = b"/score/*\0\0\0\0,\0\0\0"
    decoded = decode_osc(BUNDLE + (struct.pack(">i", len(element)) + element) * 600)
    assert 0 < len(decoded.messages) < MAX_ELEMENTS
    assert [error.kind for error in decoded.errors] == ["size"]


def test_4096_numbers_that_never_end() -> None:
    with quick():
        assert decode_osc(encode_osc(Features(values=(0.5,) * 4096))).messages
    assert not decode_osc(build_msg("/score/features", [True] * 17).dgram).messages


@few
@given(st.one_of([instances(kind) for kind in INCOMING if kind is not Set]))
def test_messages_that_are_fit_for_one_wire_can_be_written_on_the_other(message: Incoming) -> None:
    if not isinstance(message, WITH_PAYLOAD):
        decode_osc(encode_osc(message))
