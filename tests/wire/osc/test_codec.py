import struct
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder, build_msg

from score_bridge.wire.bindings import DIRECTIONS, VOICE_CONTROLS
from score_bridge.wire.messages import (
    Attribute,
    Bind,
    Channel,
    Error,
    Expression,
    Features,
    Frame,
    Get,
    Hello,
    Incoming,
    Message,
    Note,
    Panic,
    Ping,
    Set,
    Start,
    Stop,
    Teach,
    TeachMidi,
    TeachUndo,
    Tempo,
    Value,
)
from score_bridge.wire.osc.codec import decode_osc, decode_osc_outgoing, encode_osc
from score_bridge.wire.osc.table import INCOMING, OUTGOING, PATH_NAME, Row
from tests.wire.strategies import WITH_PAYLOAD, few, instances, packed_frames, raw_frames


def carried(row: Row) -> st.SearchStrategy[Any]:
    """Messages with the fields that OSC carries, all others at their defaults."""
    return instances(row.message, 32, tuple(slot.name for slot in row.slots))


def plain(frame: Frame, *kept: str) -> Frame:
    return Frame(**{name: getattr(frame, name) for name in ("stream", "encoding", *kept)})


def one(address: str, *arguments: Any) -> Incoming:
    decoded = decode_osc(build_msg(address, list(arguments)).dgram)
    assert decoded.errors == ()
    [(message, payload)] = decoded.messages
    assert payload == b""
    return message


def refusal(address: str, *arguments: Any) -> str:
    decoded = decode_osc(build_msg(address, list(arguments)).dgram)
    assert decoded.messages == ()
    [error] = decoded.errors
    return f"{error.kind}: {error.reason}"


@pytest.mark.parametrize(
    "row",
    [row for row in INCOMING if row.message not in WITH_PAYLOAD and PATH_NAME not in row.address],
    ids=lambda row: row.address,
)
@few
@given(data=st.data())
def test_every_incoming_message_comes_back(row: Row, data: st.DataObject) -> None:
    message = data.draw(carried(row))
    assert decode_osc(encode_osc(message)).messages == ((message, b""),)


@few
@given(message=instances(TeachMidi), midi=st.binary(min_size=1, max_size=9))
def test_midi_comes_back(message: TeachMidi, midi: bytes) -> None:
    assert decode_osc(encode_osc(message, payload=midi)).messages == ((message, midi),)


@few
@given(raw_frames(("uint8",)))
def test_raw_frames_come_back(given_frame: tuple[Frame, bytes]) -> None:
    frame, payload = plain(given_frame[0], "shape", "order"), given_frame[1]
    assert decode_osc(encode_osc(frame, payload=payload)).messages == ((frame, payload),)


@few
@given(packed_frames())
def test_jpeg_and_png_come_back(given_frame: tuple[Frame, bytes]) -> None:
    frame, payload = plain(given_frame[0]), given_frame[1]
    assert decode_osc(encode_osc(frame, payload=payload)).messages == ((frame, payload),)


@pytest.mark.parametrize(
    "row", [row for row in OUTGOING if PATH_NAME not in row.address], ids=lambda row: row.address
)
@few
@given(data=st.data(), at=st.sampled_from([None, 1e9]))
def test_every_outgoing_message_comes_back(row: Row, data: st.DataObject, at: float | None) -> None:
    message = data.draw(carried(row))
    assert decode_osc_outgoing(encode_osc(message, at)) == [message]


@pytest.mark.parametrize(
    ("message", "address"),
    [
        (Expression(stream="main", name="motion", value=0.5), "/score/expression/motion"),
        (Attribute(stream="main", name="step_size", value=2.5), "/score/attribute/step_size"),
    ],
)
def test_what_is_told_by_name_has_its_own_address(message: Message, address: str) -> None:
    datagram = encode_osc(message)
    assert OscMessage(datagram).address == address
    assert decode_osc_outgoing(datagram) == [message]


def test_a_channel_is_named_by_its_address_slashes_and_all() -> None:
    assert one("/score/channel/transform1/tx", 0.5) == Channel(name="transform1/tx", value=0.5)
    assert one("/score/channel/tx", "left", 0.5) == Channel(name="tx", value=0.5, stream="left")
    assert refusal("/score/channel/", 0.5).startswith("field: /score/channel/")
    assert refusal("/score/channel/tx").startswith("field: /score/channel/tx wants [stream] value")


def test_a_note_as_others_read_it() -> None:
    note = Note(stream="main", id=3, pitch=60, velocity=90, channel=1, seconds=0.25, delay_ms=1.5, time=99.0, step=8)
    message = OscMessage(encode_osc(note))
    assert (message.address, message.params) == ("/score/note", ["main", 3, 60, 90, 1, 0.25, 1.5, 0])
    assert encode_osc(note)[12:24] == b",siiiiffi\0\0\0"


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (Hello(name="pd"), ("/score/hello", "pd")),
        (Hello(name="pd", reply_port=9902), ("/score/hello", "pd", 9902.0)),
        (Teach(name="sea"), ("/score/teach", "sea")),
        (Teach(name="sea", stream="left"), ("/score/teach", "left", "sea")),
        (TeachUndo(), ("/score/teach/undo",)),
        (Features(values=(0.5,)), ("/score/features", 0.5)),
        (Features(values=(1.0, 0.0, 0.5)), ("/score/features", 1, False, 0.5)),
        (Features(values=(1.0, 2.0), stream="left"), ("/score/features", "left", 1, 2)),
        (Features(values=(1.0,) * 40, stream="left"), ("/score/features", "left", *[1] * 20, *[1.0] * 20)),
        (Set(name="root", value="D"), ("/score/set", "root", "D")),
        (Set(name="root", value="D", stream="left"), ("/score/set", "left", "root", "D")),
        (Set(name="program", value=1), ("/score/set", "program", True)),
        (Get(name="root"), ("/score/get", "root")),
        (Get(name="root", stream="left"), ("/score/get", "left", "root")),
        (Bind(source="motion", target="density", amount=1.0), ("/score/bind", "motion", "density", 1)),
        (
            Bind(source="hue", target="step_size", amount=-0.5, stream="left"),
            ("/score/bind", "left", "hue", "step_size", -0.5),
        ),
        (Tempo(bpm=100.0), ("/score/tempo", 100)),
        (Start(), ("/score/start",)),
        (Start(stream="left"), ("/score/start", "left")),
        (Stop(), ("/score/stop",)),
        (Panic(), ("/score/panic",)),
        (Ping(), ("/score/ping",)),
        (Ping(id=1), ("/score/ping", 1.0)),
    ],
)
def test_what_may_be_left_out_and_how_numbers_may_come(message: Message, arguments: tuple[Any, ...]) -> None:
    assert one(*arguments) == message


@pytest.mark.parametrize("tag", "ifhd")
def test_numbers_of_every_kind(tag: str) -> None:
    builder = OscMessageBuilder("/score/tempo")
    builder.add_arg(100, tag)
    assert decode_osc(builder.build().dgram).messages == ((Tempo(bpm=100.0), b""),)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("field: /score/tempo bpm wants a number, got 'fast'", ("/score/tempo", "fast")),
        ("field: /score/tempo bpm: expected float >= 20.0, got 5.0", ("/score/tempo", 5)),
        ("field: /score/tempo bpm wants a number, got nan", ("/score/tempo", float("nan"))),
        ("field: /score/tempo wants bpm, got 0 arguments", ("/score/tempo",)),
        ("field: /score/panic wants no arguments, got 1 arguments", ("/score/panic", "now")),
        ("field: /score/set wants [stream] name value, got 1 arguments", ("/score/set", "root")),
        (
            f"field: /score/bind target: expected one of {', '.join((*DIRECTIONS, *VOICE_CONTROLS))}, got 'fun'",
            ("/score/bind", "motion", "fun", 1.0),
        ),
        ("field: /score/bind amount: expected float <= 2.0, got 3.0", ("/score/bind", "motion", "density", 3)),
        ("field: /score/teach/midi midi wants a blob, got 'x'", ("/score/teach/midi", "sea", "x")),
        ("field: /score/set name wants text, got 3.0", ("/score/set", 3.0, 4.0)),
        ("field: /score/get name wants text, got b'x'", ("/score/get", b"x")),
        ("field: /score/hello reply_port wants a whole number, got 9902.5", ("/score/hello", "pd", 9902.5)),
        ("field: /score/hello reply_port: expected int <= 65535, got 99020", ("/score/hello", "pd", 99020)),
        ("field: /score/ping id wants a whole number, got 1e+30", ("/score/ping", 1e30)),
        ("field: /score/features values: expected array of length >= 1, got ()", ("/score/features", "main")),
        ("field: /score/features values wants a number, got 'b'", ("/score/features", "main", "b")),
        ("field: /score/features values wants a number, got inf", ("/score/features", 1.0, float("inf"))),
        ("field: /score/frame wants [stream] picture or [stream] width height order pixels, got 3 arguments",
         ("/score/frame", 1, 2, 3)),
        ("field: /score/frame picture wants a blob, got 'x'", ("/score/frame", "main", "x")),
        ("payload: /score/frame wants a JPEG or PNG, or [stream] width height order before raw pixels",
         ("/score/frame", b"pixels")),
        ("payload: frame: 1 x 2 x 3 uint8 is 6 bytes, the payload has 1", ("/score/frame", 2, 1, "rgb", b"x")),
        ("field: /score/frame order: expected one of rgb, rgba, bgr, bgra, argb, gray, got 'rbg'",
         ("/score/frame", 2, 1, "rbg", b"x")),
    ],
)  # fmt: skip
def test_refusals_name_what_was_expected_and_what_came(words: str, arguments: tuple[Any, ...]) -> None:
    assert refusal(*arguments) == words


@pytest.mark.parametrize("address", ["/score/panic", "/score/start", "/score/stop", "/score/save", "/score/forget"])
def test_a_button_acts_when_it_goes_down_and_not_when_it_is_let_go(address: str) -> None:
    plain = one(address)
    for down in (1, 1.0, True, 127):
        assert one(address, down) == plain
    for up in (0, 0.0, False):
        decoded = decode_osc(build_msg(address, [up]).dgram)
        assert (decoded.messages, decoded.errors) == ((), ())


def test_a_button_may_name_its_stream() -> None:
    assert one("/score/stop", "second", 1.0) == Stop(stream="second")
    assert decode_osc(build_msg("/score/stop", ["second", 0]).dgram).messages == ()


def test_unknown_addresses_are_told_the_known_ones() -> None:
    assert refusal("/wek/inputs", 1.0).startswith("type: unknown OSC address '/wek/inputs'; there are /score/hello, ")


def bundle(tag: bytes, *datagrams: bytes) -> bytes:
    return b"#bundle\0" + tag + b"".join(struct.pack(">i", len(data)) + data for data in datagrams)


def ntp(at: float) -> bytes:
    return struct.pack(">Q", int((at + 2_208_988_800) * 2**32))


def test_a_bundle_dated_a_year_ahead_is_read_at_once() -> None:
    began = time.monotonic()
    datagram = encode_osc(Tempo(bpm=100.0), at=time.time() + 3e7)
    assert decode_osc(datagram).messages == ((Tempo(bpm=100.0), b""),)
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("at", [5.0, 1_700_000_000.25, time.time() + 0.5])
def test_every_message_of_a_bundle_has_its_time(at: float) -> None:
    pattern = build_msg("/score/{start,stop}", []).dgram
    datagram = encode_osc(Ping(id=1), at)
    decoded = decode_osc(datagram + struct.pack(">i", len(pattern)) + pattern)
    assert [one.message for one in decoded.dated] == [Ping(id=1), Start(), Stop()]
    assert [one.at for one in decoded.dated] == [pytest.approx(at, abs=1e-6)] * 3


def test_the_inner_bundle_says_when_its_own_messages_are_meant_for() -> None:
    now, later, last = struct.pack(">Q", 1), ntp(1000.0), ntp(1000.5)
    ping = [encode_osc(Ping(id=number)) for number in range(5)]
    inner = bundle(last, ping[1], b"junk", bundle(now, ping[2]), ping[3])
    decoded = decode_osc(bundle(later, ping[0], inner, ping[4]))
    assert decoded.messages == tuple((Ping(id=number), b"") for number in range(5))
    assert [one.at for one in decoded.dated] == [1000.0, 1000.5, None, 1000.5, 1000.0]
    assert [error.kind for error in decoded.errors] == ["header"]


def test_what_is_in_no_bundle_or_in_one_for_immediately_has_no_time() -> None:
    ping = encode_osc(Ping(id=1))
    for datagram in (ping, bundle(struct.pack(">Q", 1), ping)):
        assert [one.at for one in decode_osc(datagram).dated] == [None]


def test_one_bad_element_does_not_lose_the_others() -> None:
    bad = build_msg("/score/tempo", ["fast"]).dgram
    inner = bundle(bytes(8), bad, encode_osc(Ping(id=2)))
    decoded = decode_osc(bundle(b"\xff" * 8, encode_osc(Ping(id=1)), b"junk", inner, encode_osc(Ping(id=3))))
    assert [message for message, _ in decoded.messages] == [Ping(id=1), Ping(id=2), Ping(id=3)]
    assert [error.kind for error in decoded.errors] == ["header", "field"]


def test_a_time_tag_is_carried() -> None:
    at = 1_700_000_000.25
    assert OscBundle(encode_osc(Panic(), at)).timestamp == pytest.approx(at, abs=1e-6)


def test_zeros_in_text_and_numbers_beyond_osc_are_tamed() -> None:
    assert OscMessage(encode_osc(Error(kind="a", reason="b\0c"))).params[1] == "b c"
    value = Value(stream="s", name="n", value=1e300)
    assert OscMessage(encode_osc(value)).params[2] == pytest.approx(3.4028235e38)
    assert decode_osc_outgoing(encode_osc(msgspec.structs.replace(value, value=2**40)))[0] == Value(
        stream="s", name="n", value=2**40
    )
