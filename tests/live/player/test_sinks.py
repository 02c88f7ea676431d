"""Subscribers on real sockets of this machine."""

import time
from collections.abc import Callable, Iterator

import pytest
import zmq

from score_bridge.live.player import sinks
from score_bridge.live.player.schedule import Cue
from score_bridge.live.player.sinks import PubSink
from score_bridge.wire.zmq_codec import decode_published
from tests.live.player.test_schedule import note

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
