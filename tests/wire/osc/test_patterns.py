"""Address patterns against a table of addresses, and what comes of the messages."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_message_builder import build_msg

from score_bridge.errors import PeerError
from score_bridge.wire.messages import Features, Frame, Incoming, Panic, Ping, Start, Stop, Tap, TeachUndo, Tempo
from score_bridge.wire.osc.codec import decode_osc
from score_bridge.wire.osc.patterns import Addresses, is_pattern
from score_bridge.wire.osc.table import INCOMING, PATH_NAME

TABLE = ("/a/start", "/a/stop", "/a/x", "/a/x/y", "/b/x", "/a/x-")
SHORT = ("/a", "/ab", "/ba", "/a/b", "/abab", "/b/a", "/aa/ab")


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("/a/st*", ["/a/start", "/a/stop"]),
        ("/a/*", ["/a/start", "/a/stop", "/a/x", "/a/x-"]),
        ("/*/x", ["/a/x", "/b/x"]),
        ("/*", []),
        ("/a/x*", ["/a/x", "/a/x-"]),
        ("/a/***t", ["/a/start"]),
        ("/?/x", ["/a/x", "/b/x"]),
        ("/a?x", []),
        ("/a/????", ["/a/stop"]),
        ("/{b,a}/x", ["/a/x", "/b/x"]),
        ("/a/{x,start}", ["/a/start", "/a/x"]),
        ("/a/st{op,art,}", ["/a/start", "/a/stop"]),
        ("/a/x{,-}", ["/a/x", "/a/x-"]),
        ("/a/{s*,x}", ["/a/x"]),
        ("/[ab]/x", ["/a/x", "/b/x"]),
        ("/[!a]/x", ["/b/x"]),
        ("/[a-c]/x", ["/a/x", "/b/x"]),
        ("/[!b-z]/x", ["/a/x"]),
        ("/[c-a]/x", []),
        ("/a/x[x-]", ["/a/x-"]),
        ("/a/x[-x]", ["/a/x-"]),
        ("/a[!a-z]x", []),
        ("/a[/]x", []),
        ("/[]/x", []),
        ("/[!]/x", ["/a/x", "/b/x"]),
        ("/a/x[*]", []),
        ("/A/*", []),
        ("/a/\u00e9*", []),
    ],
)
def test_what_is_matched_in_the_order_of_the_table(pattern: str, matched: list[str]) -> None:
    assert is_pattern(pattern)
    assert Addresses(TABLE).matching(pattern) == matched


@given(st.lists(st.sampled_from(["a", "b", "/", "?", "*", "[a]", "[!b]", "[a-b]", "{a,ab}", "{,b}"]), max_size=8))
def test_patterns_are_what_regular_expressions_say(parts: list[str]) -> None:
    """Another way to the same; good only where nobody means harm."""
    written = {"?": "[^/]", "*": "[^/]*", "[!b]": "[^b/]", "{a,ab}": "(a|ab)", "{,b}": "(|b)"}
    expected = re.compile("/" + "".join(written.get(part, part) for part in parts))
    assert Addresses(SHORT).matching("/" + "".join(parts)) == [one for one in SHORT if expected.fullmatch(one)]


@pytest.mark.parametrize("pattern", ["/a/[x", "/a/{x,y", "/a/x]", "/a/x}", "/a/[x}", "/q/{", "/a/{x]", "/a/{{x}}"])
def test_a_bracket_without_its_other_is_refused(pattern: str) -> None:
    with pytest.raises(PeerError, match="has no other bracket") as refused:
        Addresses(TABLE).matching(pattern)
    assert refused.value.kind == "header"


def test_addresses_of_the_table_are_no_patterns_and_are_matched_by_themselves() -> None:
    table = list(dict.fromkeys(row.address for row in INCOMING if PATH_NAME not in row.address))
    addresses = Addresses(table)
    for address in table:
        assert not is_pattern(address)
        assert addresses.matching(address) == [address]
    assert addresses.matching("/score/*") + addresses.matching("/score/*/*") == sorted(
        table, key=lambda address: address.count("/")
    )


def heard(address: str, *arguments: Any) -> tuple[list[Incoming], list[PeerError]]:
    decoded = decode_osc(build_msg(address, list(arguments)).dgram)
    return [message for message, _ in decoded.messages], list(decoded.errors)


@pytest.mark.parametrize(
    ("messages", "arguments"),
    [
        ([Panic(), Ping()], ("/score/p*",)),
        ([Panic(), Ping(id=3)], ("/score/p*", 3)),
        ([Ping(id=0)], ("/score/p*", 0)),
        ([Start(), Stop()], ("/score/{stop,start}",)),
        ([Start(stream="left"), Stop(stream="left")], ("/score/st[ao]*", "left")),
        ([Start(stream="left"), Stop(stream="left")], ("/score/st[ao]*", "left", 1.0)),
        ([Tempo(bpm=100.0), Tap()], ("/score/t*", 100)),
        ([TeachUndo()], ("/score/teach/[!l]*",)),
        ([], ("/score/{start,stop}", 0)),
        ([], ("/score/st*", "left", False)),
    ],
)
def test_a_message_is_carried_out_for_every_address_that_takes_it(
    messages: list[Incoming], arguments: tuple[Any, ...]
) -> None:
    assert heard(*arguments) == (messages, [])


def test_two_rows_of_one_address_are_one_message() -> None:
    [(frame, pixels)] = decode_osc(build_msg("/score/fr*", [1, 1, "gray", b"x"]).dgram).messages
    assert isinstance(frame, Frame)
    assert (frame.shape, pixels) == ((1, 1), b"x")
    assert heard("/score/f*", *[0.5] * 20) == ([Features(values=(0.5,) * 20)], [])


@pytest.mark.parametrize(
    ("kind", "words", "arguments"),
    [
        ("type", "unknown OSC address '/wek/*'; there are /score/hello, ", ("/wek/*", 1.0)),
        ("type", "unknown OSC address '/*'; there are /score/hello, ", ("/*",)),
        (
            "field",
            "'/score/te[m]*': nothing that it matches takes these arguments: /score/tempo bpm",
            ("/score/te[m]*", "fast"),
        ),
        (
            "field",
            "'/score/[gs]et': nothing that it matches takes these arguments: "
            "/score/set [stream] name value; /score/get [stream] name",
            ("/score/[gs]et",),
        ),
        ("header", "OSC address '/score/[p': its [ at 7 has no other bracket", ("/score/[p",)),
    ],
)
def test_refusals_of_patterns(kind: str, words: str, arguments: tuple[Any, ...]) -> None:
    messages, [error] = heard(*arguments)
    assert messages == []
    assert error.kind == kind
    assert error.reason.startswith(words)
