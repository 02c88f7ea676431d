"""ZeroMQ hosts on real sockets of this machine."""

import time
from collections.abc import Iterator

import pytest
import zmq

from score_bridge.errors import PeerError
from score_bridge.live.endpoints.endpoint import Heard
from score_bridge.live.endpoints.zmq_router import PARTS_A_TURN, ZmqEndpoint
from score_bridge.wire.messages import Ping
from score_bridge.wire.zmq_codec import encode

PATIENCE = 15.0


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    with zmq.Context() as made:
        yield made


def dealer(context: "zmq.Context[zmq.Socket[bytes]]", endpoint: ZmqEndpoint) -> "zmq.Socket[bytes]":
    made = context.socket(zmq.DEALER)
    made.linger = 0
    made.connect(endpoint.address)
    return made


def hear(endpoint: ZmqEndpoint, count: int) -> tuple[list[Heard], int]:
    """What comes, and in how many turns that had something to take."""
    found: list[Heard] = []
    turns, end = 0, time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < end:
        turns += bool(endpoint.sources[0].poll(50))  # type: ignore[union-attr]
        found += endpoint.hear()
    return found, turns


def test_a_message_of_very_many_parts_is_refused_a_turn_at_a_time(
    context: "zmq.Context[zmq.Socket[bytes]]",
) -> None:
    endpoint = ZmqEndpoint(context, "127.0.0.1", 0)
    sender, other = dealer(context, endpoint), dealer(context, endpoint)
    sender.send_multipart([b"SB1"] + [b""] * (20 * PARTS_A_TURN))
    [(_, fault, _)], turns = hear(endpoint, 1)
    assert isinstance(fault, PeerError)
    assert "got more parts" in fault.reason
    assert turns >= 20
    for one in (sender, other):
        one.send_multipart(encode(Ping(id=7)))
    heard, _ = hear(endpoint, 2)
    assert [message for _, message, _ in heard] == [Ping(id=7)] * 2
    for opened in (sender, other, endpoint):
        opened.close()
