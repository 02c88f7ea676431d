"""OSC over TCP on real sockets of this machine."""

import socket
import subprocess
import time

import numpy as np
import pytest
import zmq
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from score_bridge.errors import PeerError, SettingsError
from score_bridge.live.actions import OscStreamPeer
from score_bridge.live.endpoints.endpoint import Heard
from score_bridge.live.endpoints.osc_tcp import CONNECTIONS
from score_bridge.live.listeners import Listeners
from score_bridge.settings import Settings
from score_bridge.wire.messages import Frame, Ping, Pong
from score_bridge.wire.osc.framing import Kind, Unframing, frame_packet
from tests.programs import needs


def _connected(front: Listeners) -> socket.socket:
    return socket.create_connection(front.osc.socket.getsockname()[:2], timeout=5)


def _heard(front: Listeners, count: int, seconds: float = 10.0) -> list[Heard]:
    """Wait for so many things to be heard."""
    found: list[Heard] = []
    end = time.monotonic() + seconds
    poller = zmq.Poller()
    while len(found) < count and time.monotonic() < end:
        for source in list(poller.sockets):
            poller.unregister(source[0])
        for connection in front.tcp.sources:
            poller.register(connection, zmq.POLLIN)
        poller.poll(100)
        found += front.hear(until=time.perf_counter() + 1)
    return found


def _picture(side: int) -> bytes:
    built = OscMessageBuilder("/score/frame")
    for value in ("main", side, side, "rgb"):
        built.add_arg(value)
    built.add_arg(np.random.default_rng(0).integers(0, 255, side * side * 3, dtype=np.uint8).tobytes())
    return bytes(built.build().dgram)


@pytest.mark.parametrize("kind", ["slip", "length"])
def test_a_picture_too_large_for_a_datagram_comes_whole_and_is_answered_on_its_connection(
    front: Listeners, kind: Kind
) -> None:
    ping = OscMessageBuilder("/score/ping")
    ping.add_arg(7)
    with _connected(front) as host:
        host.sendall(frame_packet(_picture(256), kind) + frame_packet(ping.build().dgram, kind))
        (peer, frame, pixels), (_, asked, _) = _heard(front, 2)
        assert isinstance(peer, OscStreamPeer)
        assert isinstance(frame, Frame)
        assert frame.shape == (256, 256, 3)
        assert bytes(pixels) == _picture(256)[-256 * 256 * 3 :]
        assert asked == Ping(id=7)
        front.reply(peer, Pong(id=7, time=1.0))
        [answer] = Unframing().feed(host.recv(4096))
        assert OscMessage(answer).address == "/score/pong"


def test_nonsense_ends_its_connection_with_a_reason_and_no_other(front: Listeners) -> None:
    with _connected(front) as bad, _connected(front) as good:
        bad.sendall(b"\xc0a\xdbb\xc0")
        [(peer, reason, _)] = _heard(front, 1)
        assert isinstance(reason, PeerError)
        assert bad.recv(10) == b""
        front.reply(peer, Pong(id=1, time=0.0))
        good.sendall(frame_packet(_picture(8), "slip"))
        [(_, frame, _)] = _heard(front, 1)
        assert isinstance(frame, Frame)


def test_a_flood_of_connections_is_bounded_and_those_that_end_make_room(front: Listeners) -> None:
    hosts = [_connected(front) for _ in range(CONNECTIONS + 5)]
    _heard(front, 1, seconds=0.3)
    assert len(front.tcp.sources) == 1 + CONNECTIONS
    for host in hosts:
        host.close()
    _heard(front, 1, seconds=0.3)
    assert len(front.tcp.sources) == 1


def test_a_port_that_tcp_has_lost_is_named(front: Listeners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, zmq.Context() as context:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"osc_port {port} on 127.0.0.1 is taken"):
            Listeners(Settings(zmq_port=0, osc_port=port, osc_reply_port=0), context)


@needs("oscsend")
def test_liblo_is_heard_over_tcp(front: Listeners) -> None:
    port = front.osc.socket.getsockname()[1]
    with subprocess.Popen(["oscsend", f"osc.tcp://127.0.0.1:{port}", "/score/ping", "i", "42"]) as sender:
        [(_, message, _)] = _heard(front, 1)
        sender.wait(timeout=10)
    assert message == Ping(id=42)
