from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.errors import PeerError
from score_bridge.wire.messages import (
    MAX_FEATURES,
    MAX_MIDI,
    MAX_PAYLOAD,
    TOPICS,
    Features,
    Frame,
    Message,
    Note,
    Ping,
    TeachMidi,
    Tempo,
)
from score_bridge.wire.zmq_codec import (
    MAX_HEADER,
    Decoder,
    decode_incoming,
    decode_outgoing,
    decode_published,
    encode,
    encode_published,
)
from tests.wire.strategies import (
    INCOMING,
    INTERNAL,
    OUTGOING,
    WITH_PAYLOAD,
    few,
    instances,
    packed_frames,
    raw_frames,
)

pack = msgspec.msgpack.encode


def header(**fields: Any) -> list[bytes | memoryview]:
    return [b"SB1", pack(fields)]


def refusal(parts: Any) -> PeerError:
    with pytest.raises(PeerError) as caught:
        decode_incoming(parts)
    return caught.value


@pytest.mark.parametrize("kind", [kind for kind in INCOMING if kind not in WITH_PAYLOAD])
@few
@given(data=st.data())
def test_every_incoming_message_comes_back(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(instances(kind))
    assert decode_incoming(encode(message)) == (message, b"")


@few
@given(st.one_of(raw_frames(), packed_frames()))
def test_frames_come_back_with_their_pixels(given_frame: tuple[Frame, bytes]) -> None:
    frame, payload = given_frame
    assert decode_incoming(encode(frame, payload)) == (frame, payload)


@few
@given(message=instances(TeachMidi), midi=st.binary(min_size=1, max_size=9))
def test_midi_comes_back(message: TeachMidi, midi: bytes) -> None:
    assert decode_incoming(encode(message, midi)) == (message, midi)


@pytest.mark.parametrize("kind", OUTGOING)
@few
@given(data=st.data())
def test_every_outgoing_message_comes_back(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(instances(kind))
    assert decode_outgoing(encode(message)) == message
    if kind in TOPICS:
        assert decode_published(encode_published(message)) == message


@pytest.mark.parametrize(("union", "kind"), [(name, kind) for name in INTERNAL for kind in get_args(INTERNAL[name])])
@few
@given(data=st.data())
def test_every_internal_message_comes_back(union: str, kind: type[Message], data: st.DataObject) -> None:
    message, payload = data.draw(instances(kind)), data.draw(st.binary(max_size=9))
    decoder: Decoder[Any] = Decoder(INTERNAL[union])
    assert decoder.decode(encode(message, payload)) == (message, payload)


def test_the_bytes() -> None:
    assert encode(Ping(id=7)) == [b"SB1", b"\x82\xa4type\xa4ping\xa2id\x07"]
    assert encode_published(Note(stream="a", id=1, pitch=60, velocity=1, channel=1, seconds=1.0))[0] == b"note"


def test_the_payload_is_not_copied() -> None:
    pixels = memoryview(bytearray(12))
    assert decode_incoming(encode(Frame(shape=(2, 2, 3)), pixels))[1] is pixels


def test_fields_of_a_newer_peer_are_ignored() -> None:
    assert decode_incoming(header(type="tempo", bpm=90, swing=[0.6, {"deep": 1}]))[0] == Tempo(bpm=90.0)


def test_the_largest_feature_vector_fits() -> None:
    message = Features(values=tuple(0.1 + k for k in range(MAX_FEATURES)), stream="s" * 64)
    assert decode_incoming(encode(message))[0] == message


@pytest.mark.parametrize(
    ("parts", "kind", "words"),
    [
        ([], "magic", "got nothing"),
        ([b"GET / HTTP/1.1"], "magic", r"expected b'SB1' first, got b'GET / HTTP/1.1'"),
        ([b"SB1"], "header", "got 1 part"),
        ([b"SB1", b"\x80", b"", b""], "header", "got more parts"),
        ([b"SB1", b"\xc1"], "header", "msgpack"),
        ([b"SB1", b"\x91" * 60_000], "type", "got array"),
        ([b"SB1", bytes(MAX_HEADER + 1)], "size", f"at most {MAX_HEADER} bytes, got {MAX_HEADER + 1}"),
        (header(bpm=1), "type", "missing required field type"),
        (header(type=5), "type", "expected a msgpack map"),
        (header(type="pong"), "type", "unknown message 'pong'; there are hello, goodbye, "),
        (header(type="tempo"), "field", "tempo: object missing required field bpm"),
        (header(type="tempo", bpm=5), "field", "tempo bpm: expected float >= 20.0, got 5"),
        (header(type="tempo", bpm=float("nan")), "field", "tempo bpm: .* got nan"),
        (header(type="tempo", bpm="fast"), "field", "tempo bpm: expected float, got str"),
        (header(type="features", values=[]), "field", r"length >= 1, got \[\]"),
        (header(type="features", values=[0.0] * 4097), "field", "length <= 4096, got '36876 bytes'"),
        (header(type="features", values=[1.0, float("inf")]), "field", r"values\[1\]: .*, got inf"),
        (header(type="features", values=[1.0], time=float("nan")), "field", "time: .*, got nan"),
        (header(type="set", name="root", value=float("nan")), "field", "set root: .*, got nan"),
        (header(type="set", name="root", value=True), "field", "got bool"),
        (header(type="set", name="", value=1), "field", "length >= 1, got ''"),
        (header(type="get", name="a\nb"), "field", "without control characters, got 'a.nb'"),
        (header(type="hello", name="x", reply_port=65536), "field", "<= 65535, got 65536"),
        (header(type="frame", shape=[2, 2], time=float("inf")), "field", "frame time: .*, got inf"),
        (header(type="frame", order="rbg"), "field", "frame order: expected one of rgb, .*, got 'rbg'"),
        (header(type="frame"), "field", r"expected \(height, width\) or .*, got \(\)"),
        (header(type="frame", shape=[0, 2]), "field", r"frame shape\[0\]: expected int >= 1, got \[0, 2\]"),
        (header(type="frame", shape=[2, 2, 3, 1]), "field", "length <= 3"),
        (header(type="frame", shape=[2, 2, 3]), "payload", "frame: 2 x 2 x 3 uint8 is 12 bytes, the payload has 0"),
        ([*header(type="frame", shape=[1, 1], dtype="float32"), b"abc"], "payload", "is 4 bytes, the payload has 3"),
        (header(type="frame", encoding="jpeg"), "payload", "expected a jpeg picture as payload, got none"),
        (header(type="teach_midi", name="a"), "payload", f"a MIDI file of at most {MAX_MIDI} bytes, got 0"),
        ([*header(type="teach_midi", name="a"), bytes(MAX_MIDI + 1)], "payload", f"got {MAX_MIDI + 1}"),
        (header(type="teach", name="a" * 65), "field", "length <= 64"),
        (header(type="teach_direction", name="a", direction="up", value=1), "field", "one of density, register"),
        (header(type="teach_direction", name="a", direction="density", value=3.5), "field", "<= 3.0, got 3.5"),
        (header(type="teach_direction", name="a", direction="range", value=float("nan")), "field", "got nan"),
        (header(type="calibrate", action="melt"), "field", "expected one of freeze, adapt, reset, got 'melt'"),
        ([*header(type="ping"), b"xy"], "payload", "ping takes no payload, got 2 bytes"),
        ([*header(type="ping"), bytes(MAX_PAYLOAD + 1)], "size", "payload: expected at most"),
    ],
)
def test_refusals_name_what_was_expected_and_what_came(parts: Any, kind: str, words: str) -> None:
    error = refusal(parts)
    assert error.kind == kind
    with pytest.raises(PeerError, match=words):
        raise error
    assert len(error.reason) < 300
    assert "\n" not in error.reason


def test_published_under_another_topic() -> None:
    parts = encode_published(Note(stream="a", id=1, pitch=60, velocity=1, channel=1, seconds=1.0))
    with pytest.raises(PeerError, match="expected the topic of a Note, got b'status'"):
        decode_published([b"status", *parts[1:]])
    with pytest.raises(PeerError, match="got nothing"):
        decode_published([])
