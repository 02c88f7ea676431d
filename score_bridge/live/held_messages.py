"""Messages that hosts sent ahead of their time. Sans-I/O: time is an argument, seconds on one clock."""

import heapq
import math
from collections.abc import Iterator
from itertools import count

from score_bridge.live.actions import Peer
from score_bridge.wire.messages import Features, Incoming
from score_bridge.wire.zmq_codec import Part

AHEAD_S = 1.0
"""A message for later than this is carried out at once: a host whose clock is wrong must not fall silent."""
MOST = 1024
MOST_BYTES = 64 * 1024 * 1024  # four of the largest packets
NUMBER_BYTES = 32  # of one number of a vector, in memory

Held = tuple[Peer, Incoming, Part]


class HeldMessages:
    """What is held, the earliest first; of one time, in the order in which it came."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._heap: list[tuple[float, int, Held]] = []
        self._numbers = count()
        self._bytes = 0

    @property
    def wake(self) -> float:
        """When the next message is due; infinity where none is held."""
        return self._heap[0][0] if self._heap else math.inf

    def put(self, message: Held, at: float, now: float) -> bool:
        """Hold a message until `at`; False where it is to be carried out now, for its time or for want of room."""
        size = _size(message)
        early = now < at <= now + AHEAD_S
        behind = self.wake <= at <= now  # it just became due, and so did some that came before it
        if not (early or behind) or len(self._heap) >= MOST or self._bytes + size > MOST_BYTES:
            return False
        heapq.heappush(self._heap, (at, next(self._numbers), message))
        self._bytes += size
        return True

    def due(self, now: float) -> Iterator[Held]:
        """Yield what is due; the rest stays held, also of what is due where the caller stops before its end."""
        while self._heap and self._heap[0][0] <= now:
            _, _, message = heapq.heappop(self._heap)
            self._bytes -= _size(message)
            yield message


def _size(held: Held) -> int:
    _, message, payload = held
    return len(payload) + (NUMBER_BYTES * len(message.values) if isinstance(message, Features) else 0)
