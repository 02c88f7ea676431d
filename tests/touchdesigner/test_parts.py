"""The parts that the component is made of, each by itself, as they are: standard library and numpy."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.touchdesigner.modules  # noqa: F401  they are found by name
from score_bridge.wire.messages import Label, Note, NoteOff, Set, Status
from score_bridge.wire.osc.codec import decode_osc, encode_osc
from score_bridge.wire.zmq_codec import decode_incoming
from tests.touchdesigner.rig import picture, wait_until

import score_bridge_osc as osc  # isort: skip
import score_bridge_picture as pictures  # isort: skip
import score_bridge_route as routes  # isort: skip
import score_bridge_sockets as sockets  # isort: skip
import score_bridge_state as states  # isort: skip
import score_bridge_status as statuses  # isort: skip
import score_bridge_zmq as zmq  # isort: skip

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
VALUES = st.one_of(
    TEXT, st.integers(-(2**31), 2**31 - 1), st.floats(width=32, allow_nan=False), st.binary(max_size=99)
)


@given(TEXT, st.lists(VALUES, max_size=8))
def test_osc_comes_back_as_it_went(name: str, values: list[Any]) -> None:
    assert list(osc.decode(osc.encode("/" + name, values))) == [("/" + name, values)]


@given(st.binary(max_size=200))
def test_any_bytes_are_osc_or_not(data: bytes) -> None:
    for packet in (data, b"#bundle\0" + data, b"/a\0\0,sibfhd\0" + data):
        with suppress(ValueError):
            list(osc.decode(packet))


def test_the_server_reads_what_the_component_writes_and_the_other_way_round() -> None:
    ((message, _),) = decode_osc(osc.encode("/score/set", ("main", "temperature", 0.5))).messages
    assert message == Set(stream="main", name="temperature", value=0.5)
    ((features, _),) = decode_osc(osc.encode_numbers("/score/features", "s", [0.25] * 500)).messages
    assert features.values == (0.25,) * 500  # type: ignore[union-attr]
    note = Note(stream="main", id=7, pitch=60, velocity=80, channel=1, seconds=0.5)
    bundled = encode_osc(note, at=0.0)
    expected = ("/score/note", ["main", 7, 60, 80, 1, 0.5, 0.0, 0])
    assert [*osc.decode(bundled), *osc.decode(encode_osc(note))] == [expected, expected]


def test_what_osc_does_not_carry_is_refused() -> None:
    with pytest.raises(TypeError, match="not list"):
        osc.encode("/a", ([1],))


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), st.integers(1, 20))
def test_packets_come_out_of_a_tcp_stream_whole(packets: list[bytes], step: int) -> None:
    stream, whole = b"".join(map(osc.prefixed, packets)), osc.Unprefixer()
    found = [packet for at in range(0, len(stream), step) for packet in whole.feed(stream[at : at + step])]
    assert found == packets


def test_absurd_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        list(osc.Unprefixer().feed(b"\x7f\xff\xff\xff"))


def test_a_picture_is_turned_over_and_brought_to_bytes() -> None:
    pixels = np.zeros((4, 2, 4), np.float32)
    pixels[3] = (1.0, 0.5, 0.0, 1.0)  # the top row
    rgb = pictures.to_rgb(pixels, 64)
    assert rgb.tolist() == [[[255, 128, 0]] * 2, *[[[0, 0, 0]] * 2] * 3]
    assert pictures.to_rgb(pixels, 64, linear=True)[0, 0].tolist() == [255, 188, 0]
    assert pictures.to_rgb(pixels[..., :1], 64)[0, 0].tolist() == [255, 255, 255]
    assert pictures.to_rgb(pixels[..., 0], 64, bottom_up=False)[3, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("shape", [(0, 4, 3), (4,), (2, 2, 2, 2)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        pictures.to_rgb(np.zeros(shape, np.float32), 64)


@pytest.mark.parametrize("has_cv2", [True, False])
@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 80))
def test_shrinking_keeps_within_the_side(has_cv2: bool, height: int, width: int, side: int) -> None:
    with without(not has_cv2):
        rgb = pictures.to_rgb(np.ones((height, width, 4), np.float32), side)
    assert max(rgb.shape[:2]) <= side
    assert rgb.min() == 255


@contextmanager
def without(absent: bool) -> Iterator[None]:
    """Let OpenCV be absent for a while."""
    for module in (pictures, routes):
        module.cv2 = None if absent else cv2  # type: ignore[attr-defined]
    yield
    for module in (pictures, routes):
        module.cv2 = cv2  # type: ignore[attr-defined]


@pytest.mark.parametrize("side", [64, 512, 1024])
def test_noise_is_lowered_until_it_fits_a_datagram(side: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    packed = pictures.pack(noise, 95)
    assert packed.encoding == "jpeg"
    assert len(packed.data) <= pictures.UDP_ROOM
    with without(True):
        bare = pictures.pack(noise, 95)
    assert (bare.encoding, len(bare.data)) == ("raw", bare.width * bare.height * 3)
    assert len(bare.data) <= pictures.UDP_ROOM


def test_a_raw_picture_is_what_the_server_expects() -> None:
    with without(True), route_and_sink() as (route, udp, sink):
        assert route.send(ready_of(picture(1, 300, 200), 256), udp)
        ((frame, payload),) = decode_osc(sink.recv(65_535)).messages
        assert frame.shape == (128, 128, 3)  # type: ignore[union-attr]
        assert len(payload) == 128 * 128 * 3
        assert route.name == "OSC/UDP, raw"


def ready_of(pixels: Any, side: int) -> Any:
    return pictures.prepare(pixels, side, 95, linear=False, raw_only=False)


@contextmanager
def route_and_sink(**options: Any) -> Iterator[tuple[Any, Any, socket.socket]]:
    """A way to a UDP socket of ours."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        sink.settimeout(10)
        port = sink.getsockname()[1]
        route = routes.Route(routes.Options(osc_port=port, transport="osc", **options))
        udp = sockets.Udp("127.0.0.1", port, 0)
        try:
            yield route, udp, sink
        finally:
            route.close()
            udp.close()


def test_a_picture_too_large_for_udp_goes_by_tcp_and_without_it_is_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "RETRY_S", 0.1)
    pixels = np.random.default_rng(2).random((600, 600, 4)).astype(np.float32)
    with route_and_sink(side=600, quality=95) as (route, udp, sink):
        noise = ready_of(pixels, 600)
        assert route.send(noise, udp)  # nobody listens on TCP
        assert route.name == "OSC/UDP, JPEG, lowered to fit"
        assert len(sink.recv(65_535)) <= 60_100
        with socket.create_server(("127.0.0.1", sink.getsockname()[1])) as listener:
            listener.settimeout(10)
            got: list[bytes] = []
            thread = threading.Thread(target=_take_one, args=(listener, got))
            thread.start()
            wait_until(lambda: got, lambda: (route.send(noise, udp), route.pump()))
            thread.join()
    ((frame, payload),) = decode_osc_whole(got[0])
    assert (frame.stream, frame.encoding) == ("main", "jpeg")
    seen = cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape == (600, 600, 3)


def decode_osc_whole(packet: bytes) -> list[tuple[Any, bytes]]:
    """Read a packet that may be larger than the server takes on UDP."""
    ((_, (stream, blob)),) = osc.decode(packet)
    small = decode_osc(osc.encode("/score/frame", (stream, blob[:9_000]))).messages
    return [(small[0][0], blob)]


def _take_one(listener: socket.socket, got: list[bytes]) -> None:
    connection, _ = listener.accept()
    whole = osc.Unprefixer()
    with connection:
        connection.settimeout(10)
        while not got:
            got += whole.feed(connection.recv(65_536))


def test_the_zeromq_header_is_what_the_server_expects() -> None:
    header = {"type": "frame", "stream": "s" * 60, "shape": [2, 300, 3], "time": 1.5}
    message, payload = decode_incoming([zmq.MAGIC, zmq.pack(header), b"\0" * 1800])
    assert (message.shape, message.stream, message.time) == ((2, 300, 3), "s" * 60, 1.5)  # type: ignore[union-attr]
    assert len(payload) == 1800


def told(state: Any, message: Any, now: float = 10.0) -> list[Any]:
    ((address, arguments),) = osc.decode(encode_osc(message))
    events: list[Any] = state.take(address, arguments, now)
    return events


def test_the_state_keeps_what_it_is_told() -> None:
    state = states.State("main")
    on = Note(stream="main", id=1, pitch=60, velocity=80, channel=2, seconds=0.5, delay_ms=20.0)
    (event,) = told(state, on)
    assert (event.kind, event.at, event.note.pitch) == ("on", pytest.approx(10.02), 60)
    assert told(state, Note(stream="other", id=2, pitch=61, velocity=80, channel=2, seconds=0.5)) == []
    again = told(state, on)
    assert [one.kind for one in again] == ["off", "on"]
    assert [one.kind for one in told(state, NoteOff(stream="main", id=1, pitch=60, channel=2))] == ["off"]
    assert told(state, NoteOff(stream="main", id=1, pitch=60, channel=2)) == []
    told(state, Label(stream="main", rank=1, name="castle", probability=0.5))
    told(state, Label(stream="main", rank=2, name="church", probability=0.25))
    assert state.labels == {1: ("castle", 0.5), 2: ("church", 0.25)}
    told(state, Label(stream="main", rank=1, name="bee", probability=0.75))
    assert state.labels == {1: ("bee", 0.75)}
    told(state, Label(stream="main", rank=1, name="", probability=0.0))
    assert state.labels == {}


def test_a_stream_that_stops_holds_nothing() -> None:
    state = states.State("main")
    told(state, Note(stream="main", id=1, pitch=60, velocity=80, channel=2, seconds=0.5))
    stopped = Status(
        stream="main", state="stopped", message="stopped", tempo=120.0, frames_per_second=0.0, latency_ms=0.0,
        dropped_frames=0,
    )  # fmt: skip
    assert [one.kind for one in told(state, stopped)] == ["off"]
    assert not state.held


def test_status_says_how_it_goes_and_every_trouble_names_a_cure() -> None:
    up = statuses.Standing("up", route="OSC/UDP, JPEG", round_trip_ms=1.25, sent_per_second=29.7)
    assert statuses.in_words(up, "x:1", "playing", 1) == "playing (OSC/UDP, JPEG, 30 pictures a second, 1.2 ms)"
    for phase, cure in (
        ("off", "Switch Active on"), ("unknown", "Check Address"), ("taken", "Set Reply Port"),
        ("lost", "start it anew"), ("waiting", "Start one"),
        ("fault", "Pulse Reconnect"), ("version", "install the same major version"),
    ):  # fmt: skip
        assert cure in statuses.in_words(statuses.Standing(phase, fault="boom"), "x:1", "", 1)


def test_a_length_prefix_is_four_bytes() -> None:
    assert osc.prefixed(b"abcd") == struct.pack(">i", 4) + b"abcd"
