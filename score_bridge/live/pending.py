"""Requests that the engine has in hand: who asked, until it answers. Sans-I/O."""

from dataclasses import dataclass, field
from itertools import count

from score_bridge.errors import PeerError
from score_bridge.live.actions import Peer

MOST = 8  # what the engine may have in hand: it does them between two sixteenths, a few milliseconds each
PATIENCE = 10.0
GONE = PeerError("engine", "the engine exited before it answered and is being restarted: ask again")
BUSY = PeerError("engine", f"{MOST} requests are waiting already: ask again in a moment")
FORGOTTEN = PeerError("engine", "the engine has not answered for long: ask again")


@dataclass(slots=True)
class PendingRequests:
    """Who asked, and when (seconds), by the number of their request, the oldest first; at most MOST of them."""

    _waiting: dict[int, tuple[Peer, float]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def put(self, peer: Peer, now: float) -> int:
        """Return the number of a new request. Raises PeerError while as many wait as may."""
        if len(self._waiting) >= MOST:
            raise BUSY
        number = next(self._numbers)
        self._waiting[number] = (peer, now)
        return number

    def overdue(self, now: float) -> list[Peer]:
        """Return those who have waited longer than PATIENCE seconds; no answer is expected for them any more."""
        late = [number for number, (_, since) in self._waiting.items() if now - since > PATIENCE]
        return [self._waiting.pop(number)[0] for number in late]

    def take(self, number: int) -> Peer | None:
        """Return who asked."""
        peer, _ = self._waiting.pop(number, (None, 0.0))
        return peer

    def lost(self) -> list[Peer]:
        """Return all that wait; none will be answered."""
        waiting, self._waiting = self._waiting, {}
        return [peer for peer, _ in waiting.values()]
