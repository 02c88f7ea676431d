"""Subscribers and OSC hosts on real sockets of this machine."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest
import zmq

from score_bridge.live.player import sinks
from score_bridge.live.player.schedule import Cue
from score_bridge.live.player.sinks import OscSink, PubSink
from score_bridge.wire.internal import Listener
from score_bridge.wire.osc.codec import decode_osc_outgoing
from score_bridge.wire.zmq_codec import decode_published
from tests.live.player.test_schedule import note, off

PATIENCE = 15.0


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made = zmq.Context()
    yield made
    made.destroy(linger=0)


def until(happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if happened():
            return True
    return False


def test_a_flood_of_subscriptions_is_let_go_and_subscribers_come_back(
    context: "zmq.Context[zmq.Socket[bytes]]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "MOST_SUBSCRIPTIONS", 300)
    sink = PubSink(context, "127.0.0.1", 0)
    address, first = sink.address, sink.source
    listener, flood = context.socket(zmq.SUB), context.socket(zmq.SUB)
    listener.connect(address)
    listener.setsockopt(zmq.SUBSCRIBE, b"note")
    for n in range(400):
        flood.setsockopt(zmq.SUBSCRIBE, b"x%d" % n)
    flood.connect(address)

    def crowded() -> bool:
        sink.tend(0.0)
        return sink.source is None

    def heard() -> bool:
        sink.tend(0.0)
        sink.play(Cue(note(1, 0.0)))
        return bool(listener.poll(20))

    assert until(crowded)
    flood.close()
    sink.play(Cue(note(1, 0.0)))  # nobody to send to: nothing is raised
    assert until(heard)
    assert decode_published(listener.recv_multipart()) == note(1, 0.0)
    assert sink.address == address
    assert sink.source is not first
    for opened in (listener, sink.source):
        if opened is not None:
            opened.close(linger=0)


def hear(udp: socket.socket) -> list[tuple[str, str]]:
    """What came: kinds and streams."""
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found += [(type(m).__name__, m.stream) for m in decode_osc_outgoing(udp.recv(65_535))]  # type: ignore[union-attr]
    return found


def address(udp: socket.socket) -> tuple[str, int]:
    host, port = udp.getsockname()
    return host, port


def listener(udp: socket.socket, *streams: str) -> Listener:
    return Listener(*address(udp), streams)


def test_osc_hosts_are_told_of_the_streams_they_want_and_of_each_note_s_end_if_of_its_begin() -> None:
    ours, left, both = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
    for udp in (left, both):
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
    sink = OscSink(ours)
    sink.peers = (listener(left, "left"), listener(both))
    for stream in ("left", "right"):
        sink.play(Cue(note(1, 0.0, stream)))
    assert hear(left) == [("Note", "left")]
    assert len(hear(both)) == 2
    sink.peers = (listener(left, "right"), listener(both))
    for stream in ("left", "right"):
        sink.play(Cue(off(1, 1.0, stream)))
    assert hear(left) == [("NoteOff", "left")], "what it heard begin it hears end, and nothing else"
    assert hear(both) == [("NoteOff", "left"), ("NoteOff", "right")]
    sink.play(Cue(note(2, 2.0, "right")))
    assert hear(left) == [("Note", "right")]
    for udp in (ours, left, both):
        udp.close()


def test_each_osc_host_gets_notes_when_it_wants_them() -> None:
    ours, late, early = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
    for udp in (late, early):
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
    sink = OscSink(ours)
    sink.peers = (
        Listener(*address(late)),
        Listener(*address(early), without=("left",), ahead=True),
    )
    assert sink.ahead
    sink.announce(note(9, 5.0, "left"), 4.0)
    assert hear(early) == []
    sink.announce(note(1, 5.0, "right"), 4.0)
    assert hear(early) == [("Note", "right")]
    sink.play(Cue(note(1, 5.0, "right")))
    assert hear(late) == [("Note", "right")]
    sink.peers = (Listener(*address(late)), Listener(*address(early)))
    assert sink.ahead, "one still has to hear the end of what it was told ahead"
    sink.announce(off(1, 6.0, "right"), 5.0)
    sink.play(Cue(off(1, 6.0, "right")))
    assert hear(early) == hear(late) == [("NoteOff", "right")]
    assert not sink.ahead
    for udp in (ours, late, early):
        udp.close()


def test_a_host_that_changes_when_it_wants_notes_hears_each_once() -> None:
    ours, host = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    host.bind(("127.0.0.1", 0))
    host.setblocking(False)
    sink = OscSink(ours)
    due, ahead = Listener(*address(host)), Listener(*address(host), ahead=True)
    for n, before, after in ((1, ahead, due), (2, due, ahead), (3, ahead, ahead), (4, due, due)):
        sink.peers = (before,)
        sink.announce(note(n, 5.0), 4.0)
        sink.peers = (after,)
        sink.play(Cue(note(n, 5.0)))
        assert hear(host) == [("Note", "main")], n
        sink.peers = (before,)
        sink.announce(off(n, 6.0), 5.0)
        sink.play(Cue(off(n, 6.0)))
        assert hear(host) == [("NoteOff", "main")], n
    assert not sink.ahead
    for udp in (ours, host):
        udp.close()
