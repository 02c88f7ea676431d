"""OSC 1.0 address patterns. No regular expressions and no backtracking: a pattern is read once, from left to right.

`?` is one character and `*` any number of them, none a `/`; `[a-c]` is one of these and `[!a-c]` one of all others;
`{start,stop}` is one of the words. The addresses of a table are matched all at once: they stand one after the other
in a single text, and a whole number is the set of places in it, one bit each, that a pattern has led to so far.
"""

from collections.abc import Iterable, Iterator

from score_bridge.errors import PeerError
from score_bridge.wire.faults import short

SIGNS = frozenset("?*[]{}")
_CLOSING = {"[": "]", "{": "}"}
_END = "\0"  # after each address; no pattern holds one


def is_pattern(address: str) -> bool:
    """Whether an address is a pattern, well-formed or not."""
    return not SIGNS.isdisjoint(address)


class Addresses:
    """Addresses that patterns are matched against."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Take them in the order in which `matching` returns them."""
        self._addresses = tuple(addresses)
        text = "".join(address + _END for address in self._addresses)
        self._where = {one: _places(text, one) for one in set(text) - {_END}}  # each character
        self._ends = [place for place, one in enumerate(text) if one == _END]
        self._begins = 1 | (_places(text, _END) << 1)
        self._inside = sum(where for one, where in self._where.items() if one != "/")  # what `?` may stand for

    def matching(self, pattern: str) -> list[str]:
        """Return the addresses that `pattern` matches. Raises PeerError("header") where it is malformed."""
        places = self._begins
        for part in list(_parts(pattern)):  # all of it, so that a malformed pattern is told so wherever it fails
            if not places:
                break
            places = self._after(part, places)
        return [address for address, end in zip(self._addresses, self._ends, strict=True) if places >> end & 1]

    def _after(self, part: str, places: int) -> int:
        """Return the places that a part of a pattern leads to from `places`."""
        match part[0]:
            case "*":
                return self._any_further(places)
            case "?":
                return (places & self._inside) << 1
            case "[":
                return (places & self._one_of(part[1:])) << 1
            case "{":
                return self._one_word(part[1:].split(","), places)
        return self._one_word([part], places)

    def _any_further(self, places: int) -> int:
        before = 0
        while places != before:  # as often as the longest name has characters, at most
            before, places = places, places | (places & self._inside) << 1
        return places

    def _one_of(self, listed: str) -> int:
        """Return where a character of such a list stands: `a-c`, `abc` or `!a-c`."""
        wanted, found = listed.removeprefix("!"), 0
        while wanted:
            reaches = 2 if wanted[1:2] == "-" and len(wanted) > 2 else 0
            found |= sum(where for one, where in self._where.items() if wanted[0] <= one <= wanted[reaches])
            wanted = wanted[reaches + 1 :]
        return self._inside & (~found if listed.startswith("!") else found)

    def _one_word(self, words: list[str], places: int) -> int:
        found = 0
        for word in words:
            reached = places
            for one in word:
                reached = (reached & self._where.get(one, 0)) << 1
            found |= reached
        return found


def _places(text: str, wanted: str) -> int:
    return sum(1 << place for place, one in enumerate(text) if one == wanted)


def _parts(pattern: str) -> Iterator[str]:
    """Yield characters, and lists without their closing bracket: `[a-c`, `{start,stop`."""
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        end = pattern.find(_CLOSING[sign], at) if sign in _CLOSING else at
        if end < 0 or sign in _CLOSING.values():
            raise PeerError("header", f"OSC address {short(pattern)}: its {sign} at {at} has no other bracket")
        yield pattern[at : max(end, at + 1)]
        at = end + 1
