import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.errors import PeerError
from score_bridge.wire.osc import framing
from score_bridge.wire.osc.framing import MAX_PACKET, Kind, Unframing, frame_packet

packets = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6)
chunks = st.lists(st.integers(1, 40), min_size=1, max_size=30)


def _fed(data: bytes, sizes: list[int]) -> tuple[list[bytes], Unframing]:
    """Everything found in bytes that come in pieces of these sizes, over and over."""
    found: list[bytes] = []
    unframing, at, turn = Unframing(), 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found += unframing.feed(data[at : at + size])
        at, turn = at + size, turn + 1
    return found, unframing


@pytest.mark.parametrize("kind", ["slip", "length"])
@given(sent=packets, sizes=chunks)
def test_packets_come_out_as_they_went_in_in_any_pieces(kind: Kind, sent: list[bytes], sizes: list[int]) -> None:
    found, unframing = _fed(b"".join(frame_packet(packet, kind) for packet in sent), sizes)
    assert found == sent
    assert unframing.kind == kind


def test_slip_without_a_first_end_is_taken_too() -> None:
    assert _fed(b"/a\0\0,\0\0\0\xc0/b\0\0,\0\0\0\xc0", [3])[0] == [b"/a\0\0,\0\0\0", b"/b\0\0,\0\0\0"]


def test_the_bytes_of_both_framings() -> None:
    assert frame_packet(b"a\xc0b\xdbc", "slip") == b"\xc0a\xdb\xdcb\xdb\xddc\xc0"
    assert frame_packet(b"abcd", "length") == b"\0\0\0\x04abcd"


@given(st.binary(max_size=300), chunks)
def test_any_bytes_are_packets_or_a_reason(data: bytes, sizes: list[int]) -> None:
    with contextlib.suppress(PeerError):
        found, _ = _fed(data, sizes)
        assert all(found)


def test_what_never_ends_is_refused_and_not_kept() -> None:
    unframing, half = Unframing(), b"/" * (MAX_PACKET // 2)
    for _ in range(2):
        assert list(unframing.feed(half)) == []
    with pytest.raises(PeerError, match="without an end"):
        list(unframing.feed(half))
    with pytest.raises(PeerError, match="got one of"):
        list(Unframing().feed(b"\0\0\0\0\1\0\0\0"))


def test_a_wrong_escape_is_damage() -> None:
    with pytest.raises(PeerError, match="no escape"):
        list(Unframing().feed(b"\xc0a\xdbb\xc0"))


def test_every_byte_is_looked_at_once_however_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packet without an end that comes byte by byte costs the same a byte at its end as at its beginning."""
    looked: list[int] = []

    def recorded(piece: bytes) -> bytes:
        looked.append(len(piece))
        return piece

    monkeypatch.setattr(framing, "_unescape", recorded)
    unframing = Unframing()
    for _ in range(5000):
        assert list(unframing.feed(b"/")) == []
    assert max(looked) == 1
    assert sum(looked) == 5000


def test_an_escape_may_be_cut_in_two() -> None:
    unframing = Unframing()
    assert list(unframing.feed(b"a\xdb")) == []
    assert list(unframing.feed(b"\xdcb\xdb")) == []
    assert list(unframing.feed(b"\xddc\xc0")) == [b"a\xc0b\xdbc"]


def test_floods_of_ends_and_of_empty_packets_are_nothing() -> None:
    assert _fed(b"\xc0" * 5000, [700])[0] == []
    assert _fed(b"\0" * 5000, [700])[0] == []
