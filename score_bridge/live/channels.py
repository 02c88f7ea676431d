"""A feature vector from single numbers with names, for hosts that send one number a message. Sans-I/O.

The numbers of a vector stand in the order of their names, so that it is the same one the next time. Which names it
has is settled once no new one has come for a while.
"""

from itertools import islice

from score_bridge.errors import PeerError
from score_bridge.wire.messages import MAX_FEATURES

SETTLE_S = 0.25
"""How long no new name may come until a vector's names are settled: some rounds of a slow host."""
ROUND_S = 0.05
"""After so long a vector is given out though not all its numbers came anew: a host may send what changes alone."""

NAMED = 8  # names in a refusal

Vector = tuple[float, ...]


class Channels:
    """The numbers of one stream's vector, the newest of each name."""

    def __init__(self) -> None:
        """Begin without a name."""
        self._values: dict[str, float] = {}
        self._order: tuple[str, ...] = ()  # of the names in a vector, once they are settled
        self.settled = False
        """Whether it is known which names there are."""
        self._grew = 0.0  # when the newest name came
        self._came: set[str] = set()  # since a vector was last given out
        self._began = 0.0  # when the first of these came

    def put(self, name: str, value: float, now: float) -> list[Vector]:
        """Take in a number; return the vectors that are whole by that. Raises PeerError for a name that came late."""
        vectors = [*self.due(now), *(self._give() if self.settled and name in self._came else [])]
        if name not in self._values:
            self._grow(name, now)
        self._values[name] = value
        self._began = self._began if self._came else now
        self._came.add(name)
        whole = self.settled and len(self._came) == len(self._values)
        return [*vectors, *(self._give() if whole else [])]

    def due(self, now: float) -> list[Vector]:
        """Return the vector if it is not to wait any longer."""
        self.settled = self.settled or (bool(self._values) and now - self._grew >= SETTLE_S)
        waited = self.settled and bool(self._came) and now - self._began >= ROUND_S
        return self._give() if waited else []

    def _grow(self, name: str, now: float) -> None:
        if self.settled:
            known = ", ".join(islice(self._values, NAMED))
            more = f" and {len(self._values) - NAMED} more" if len(self._values) > NAMED else ""
            raise PeerError(
                "features", f"channel {name!r} is new, after {known}{more}: calibrate reset begins with all"
            )
        if len(self._values) >= MAX_FEATURES:
            raise PeerError("features", f"a vector has at most {MAX_FEATURES} channels")
        self._grew = now

    def _give(self) -> list[Vector]:
        self._came.clear()
        self._order = self._order or tuple(sorted(self._values))
        return [tuple(map(self._values.__getitem__, self._order))]
