"""Messages ahead of their time: no sockets, and time is given."""

import math

import pytest

from score_bridge.live.actions import OscPeer
from score_bridge.live.held_messages import MOST, MOST_BYTES, Held, HeldMessages
from score_bridge.wire.messages import Features, Frame, Ping

PEER = OscPeer("10.0.0.2", 9000)


def ping(number: int) -> Held:
    return PEER, Ping(id=number), b""


def numbers(held: HeldMessages, now: float) -> list[int]:
    return [message.id for _, message, _ in held.due(now) if isinstance(message, Ping)]


def test_messages_wait_for_their_time_and_come_in_its_order() -> None:
    held = HeldMessages()
    assert held.wake == math.inf
    assert all(held.put(ping(number), at, 10.0) for number, at in ((1, 10.5), (2, 10.2), (3, 10.8)))
    assert held.wake == 10.2
    assert numbers(held, 10.1) == []
    assert numbers(held, 10.5) == [2, 1]
    assert held.wake == 10.8
    assert numbers(held, 99.0) == [3]
    assert held.wake == math.inf


def test_what_is_meant_for_one_time_keeps_its_order() -> None:
    held = HeldMessages()
    for number in range(100):
        held.put(ping(number), 1.0, 0.5)
    assert numbers(held, 1.0) == [*range(100)]


def test_what_comes_late_stays_behind_what_came_before_it_for_the_same_time() -> None:
    held = HeldMessages()
    assert held.put(ping(1), 1.0, 0.9)
    assert held.put(ping(2), 1.0, 1.1)
    assert not held.put(ping(0), 0.8, 1.1), "what is held is meant for later"
    assert numbers(held, 1.1) == [1, 2]


@pytest.mark.parametrize("at", [-math.inf, -2e9, 9.9, 10.0, 11.1, 3e7, math.inf])
def test_the_past_and_what_is_further_than_a_second_ahead_is_now(at: float) -> None:
    held = HeldMessages()
    assert not held.put(ping(1), at, 10.0)
    assert held.put(ping(2), 11.0, 10.0)
    assert numbers(held, math.inf) == [2]


def test_what_the_caller_does_not_take_stays_held() -> None:
    held = HeldMessages()
    for number in range(3):
        held.put(ping(number), 1.0, 0.5)
    assert next(held.due(2.0)) == ping(0)
    assert held.wake == 1.0
    assert numbers(held, 2.0) == [1, 2]


def test_a_flood_is_held_up_to_a_number_and_then_carried_out_at_once() -> None:
    held = HeldMessages()
    assert [held.put(ping(number), 1.0, 0.5) for number in range(MOST + 9)] == [True] * MOST + [False] * 9
    assert numbers(held, 1.0) == [*range(MOST)]
    assert held.put(ping(1), 2.0, 1.5)


@pytest.mark.parametrize(
    "large", [(PEER, Frame(shape=(1, 1)), bytes(MOST_BYTES // 8)), (PEER, Features(values=(0.5,) * 4096), b"")]
)
def test_large_messages_are_held_up_to_a_number_of_bytes(large: Held) -> None:
    held = HeldMessages()
    taken = 0
    while held.put(large, 1.0, 0.5):
        taken += 1
    assert 8 <= taken < MOST
    assert held.put(ping(1), 1.0, 0.5), "a small one finds room"
    assert len([*held.due(1.0)]) == taken + 1
    assert held.put(large, 2.0, 1.5), "there is room again"
