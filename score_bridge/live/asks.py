"""Requests that the engine has in hand: who asked, until it answers. Pure state."""

from dataclasses import dataclass, field
from itertools import count

from score_bridge.errors import PeerError
from score_bridge.live.actions import Peer

MOST = 64
GONE = PeerError("engine", "the engine fell before it had answered; it is coming back: ask again")
FORGOTTEN = PeerError("engine", "the engine has not answered for long: ask again")


@dataclass(slots=True)
class Asks:
    """The askers by the number of their request, the oldest first; at most MOST of them."""

    _waiting: dict[int, Peer] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def put(self, peer: Peer) -> tuple[int, list[Peer]]:
        """Return the number of a new request, and those who are not waited for any more."""
        oldest = [self._waiting.pop(min(self._waiting))] if len(self._waiting) >= MOST else []
        number = next(self._numbers)
        self._waiting[number] = peer
        return number, oldest

    def take(self, number: int) -> Peer | None:
        """Return who asked."""
        return self._waiting.pop(number, None)

    def lost(self) -> list[Peer]:
        """Return everybody who waits, in vain."""
        waiting, self._waiting = list(self._waiting.values()), {}
        return waiting
