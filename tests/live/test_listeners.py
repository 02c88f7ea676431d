"""Bundles ahead of their time on real sockets of this machine."""

import math
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import zmq

from score_bridge.errors import PeerError
from score_bridge.live.listeners import Listeners
from score_bridge.wire.messages import Ping
from score_bridge.wire.osc.codec import encode_osc
from score_bridge.wire.osc.framing import frame_packet

PATIENCE = 15.0


class Sender:
    """A host on OSC over UDP or TCP."""

    def __init__(self, front: Listeners, kind: str) -> None:
        self.tcp = kind == "tcp"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if self.tcp else socket.SOCK_DGRAM)
        self.socket.connect(front.osc.socket.getsockname()[:2])

    def send(self, packet: bytes) -> None:
        self.socket.sendall(frame_packet(packet, "slip") if self.tcp else packet)

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(params=["udp", "tcp"])
def host(front: Listeners, request: pytest.FixtureRequest) -> Iterator[Sender]:
    with closing(Sender(front, request.param)) as made:
        yield made


def wait(front: Listeners) -> None:
    """Wait as the bridge does."""
    poller = zmq.Poller()
    for source in front.sources:
        poller.register(source, zmq.POLLIN)
    poller.poll(math.ceil(max(0.0, min(0.05, front.wake - time.perf_counter())) * 1000))


def heard(front: Listeners, count: int) -> list[object]:
    """What comes."""
    found: list[object] = []
    end = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < end:
        wait(front)
        found += [message for _, message, _ in front.hear(until=math.inf)]
    return found


def test_a_bundle_is_held_until_its_time_and_others_pass_it(front: Listeners, host: Sender) -> None:
    at = time.time() + 0.8
    host.send(encode_osc(Ping(id=1), at))
    host.send(encode_osc(Ping(id=2)))
    assert heard(front, 1) == [Ping(id=2)]
    assert front.wake - time.perf_counter() == pytest.approx(at - time.time(), abs=0.05)
    assert heard(front, 1) == [Ping(id=1)]
    assert time.time() >= at - 0.001
    assert front.wake == math.inf


@pytest.mark.parametrize("ahead", [-5.0, 3.0, 3e7])
def test_the_past_and_the_far_future_are_now(front: Listeners, host: Sender, ahead: float) -> None:
    host.send(encode_osc(Ping(id=1), time.time() + ahead))
    assert heard(front, 1) == [Ping(id=1)]
    assert front.wake == math.inf


def test_faults_of_a_bundle_that_is_held_are_told_at_once(front: Listeners, host: Sender) -> None:
    host.send(encode_osc(Ping(id=1), time.time() + 0.9) + b"\0\0\0\4junk")
    [fault] = heard(front, 1)
    assert isinstance(fault, PeerError)
    assert front.wake < math.inf


def test_where_time_is_short_what_is_due_comes_one_a_turn_before_all_else(front: Listeners, host: Sender) -> None:
    at = time.time() + 0.8
    for number in range(20):
        host.send(encode_osc(Ping(id=number), at))
    host.send(encode_osc(Ping(id=99)))
    assert heard(front, 1) == [Ping(id=99)]
    while front.wake > time.perf_counter():
        wait(front)
    host.send(encode_osc(Ping(id=100)))
    [(_, first, _)] = front.hear(until=0.0)
    assert first == Ping(id=0)
    assert heard(front, 20) == [Ping(id=number) for number in (*range(1, 20), 100)]


def test_what_is_left_of_a_packet_when_a_step_is_due_is_heard_the_next_time(front: Listeners, host: Sender) -> None:
    bundle = b"#bundle\0" + b"\0" * 7 + b"\1"
    for n in range(10):
        ping = encode_osc(Ping(id=n))
        bundle += len(ping).to_bytes(4, "big") + ping
    host.send(bundle)
    found: list[object] = []
    end = time.perf_counter() + PATIENCE
    while len(found) < 10 and time.perf_counter() < end:
        wait(front)
        found += [message for _, message, _ in front.hear(until=0.0)]  # a step is always due
    assert found == [Ping(id=n) for n in range(10)]
