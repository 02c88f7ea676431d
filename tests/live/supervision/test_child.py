"""A child that takes nothing any more: readings are dropped, anything else counts as its death."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from score_bridge.live.supervision.child import QUEUE, Child
from score_bridge.live.supervision.roles import player_role
from score_bridge.live.supervision.watchdog import PATIENCE
from score_bridge.wire import internal
from score_bridge.wire.messages import Expression
from score_bridge.wire.zmq_codec import encode

MORE_THAN_A_QUEUE_HOLDS = 2 * QUEUE


def connect_and_take_nothing(address: str, readings_address: str) -> None:
    """Be a player that says it is ready and hangs."""
    context = zmq.Context()
    sockets = [context.socket(zmq.PAIR) for _ in range(2)]
    sockets[1].connect(readings_address)
    sockets[0].connect(address)
    sockets[0].send_multipart(encode(internal.PlayerReady(pub="tcp://127.0.0.1:1", midi="")))
    threading.Event().wait()


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    role = replace(player_role(), target="tests.live.supervision.test_child:connect_and_take_nothing")
    made = Child(role, internal.FromPlayer, context, tmp_path)
    made.start(time.perf_counter())
    assert made.pair is not None
    assert made.pair.poll(20_000)
    yield made
    made.end(seconds=0.0)
    context.destroy(linger=0)


def test_readings_that_find_a_full_queue_are_dropped_and_counted(child: Child) -> None:
    reading = internal.Publish(messages=(Expression(stream="main", name="motion", value=0.5),))
    for _ in range(MORE_THAN_A_QUEUE_HOLDS):
        child.send(reading)
    assert child.dropped > 0
    assert not child.has_exited(time.perf_counter())
    child.send(internal.Silence())  # notes have a queue of their own, which is free
    assert not child.has_exited(time.perf_counter())


def test_a_note_that_finds_a_full_queue_is_the_end_of_the_child(
    child: Child, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(MORE_THAN_A_QUEUE_HOLDS):
        child.send(internal.Silence(stream="main"))
    assert "send queue to player full" in caplog.text
    assert child.dropped == 0
    assert child.has_exited(time.perf_counter())


def test_a_child_that_is_blocked_and_says_nothing_is_killed_when_patience_ends(child: Child) -> None:
    now = time.perf_counter()
    child.watchdog.ready(now)
    assert not any(child.has_exited(now + half / 2) for half in range(int(2 * PATIENCE)))
    assert child.has_exited(now + PATIENCE + 0.5)
