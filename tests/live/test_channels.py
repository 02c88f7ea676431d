"""Vectors from single numbers."""

import pytest

from score_bridge.errors import PeerError
from score_bridge.live.channels import ROUND_S, SETTLE_S, Channels

FRAME_S = 1 / 60


def settled(*names: str) -> tuple[Channels, float]:
    """Channels that know these names, all 0, and when."""
    channels, now = Channels(), 0.0
    while not channels.settled:
        for name in names:
            assert channels.put(name, 0.0, now) in ([], [(0.0,) * len(names)])
        now += FRAME_S
        channels.due(now)
    for name in names:
        channels.put(name, 0.0, now)
    return channels, now + FRAME_S


def test_names_are_settled_once_no_new_one_comes_and_stand_in_their_order() -> None:
    channels = Channels()
    assert channels.put("ty", 2.0, 0.0) == []
    assert channels.put("tx", 1.0, 0.2) == []
    assert channels.put("ty", 3.0, 0.3) == []
    assert channels.due(0.2 + SETTLE_S - 0.01) == []
    assert channels.due(0.2 + SETTLE_S) == [(1.0, 3.0)]


def test_a_vector_is_given_out_with_the_last_number_of_each_round() -> None:
    channels, now = settled("a", "b", "c")
    for turn in range(5):
        assert channels.put("c", turn + 0.3, now) == []
        assert channels.put("a", turn + 0.1, now) == []
        assert channels.put("b", turn + 0.2, now) == [(turn + 0.1, turn + 0.2, turn + 0.3)]
        now += FRAME_S


def test_a_host_that_sends_what_changes_alone_is_followed_soon() -> None:
    channels, now = settled("a", "b")
    assert channels.put("a", 1.0, now) == []
    assert channels.put("a", 2.0, now + FRAME_S) == [(1.0, 0.0)], "the same one again: a round is over"
    assert channels.due(now + FRAME_S + ROUND_S - 0.001) == []
    assert channels.due(now + FRAME_S + ROUND_S + 0.001) == [(2.0, 0.0)]
    assert channels.due(now + 9.0) == []


def test_a_name_that_comes_late_is_refused_by_name() -> None:
    channels, now = settled("a", "b")
    with pytest.raises(PeerError, match="channel 'c' is new, after a, b: calibrate reset"):
        channels.put("c", 1.0, now)
    assert channels.put("a", 1.0, now) == []


def test_there_are_at_most_as_many_names_as_a_vector_has_numbers() -> None:
    channels = Channels()
    for i in range(4096):
        channels.put(str(i), 0.0, 0.0)
    with pytest.raises(PeerError, match="at most 4096"):
        channels.put("another", 0.0, 0.0)


def test_a_refusal_names_a_few_of_thousands() -> None:
    channels, now = settled(*map(str, range(4096)))
    with pytest.raises(PeerError, match="after 0, 1, 2, 3, 4, 5, 6, 7 and 4088 more: calibrate") as refused:
        channels.put("another", 1.0, now)
    assert len(str(refused.value)) < 200
