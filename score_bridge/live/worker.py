"""One engine process as the bridge knows it: whether it is ready, and which steps it owes. Sans-I/O.

Streams belong to a worker. There is one today; `sessions` does not depend on that.
"""

from typing import NamedTuple

from score_bridge.wire.internal import EngineReady

MAX_BEHIND = 4  # steps a worker may owe before it is left out of the next
GIVE_UP = 2.0  # seconds after which an owed step is not waited for any more
STALLED = 0.75  # seconds of silence, of a process whose heart beats four times a second


class _Owed(NamedTuple):
    n: int
    due: float


class Worker:
    """What one engine process has in hand."""

    def __init__(self) -> None:
        """Begin without a process."""
        self.engine: EngineReady | None = None
        self.stalled = False  # it is there, and says nothing
        self._was_ready = False
        self._owed: list[_Owed] = []  # steps it has not answered
        self._asked: dict[int, float] = {}  # when the last steps were asked for

    @property
    def recovering(self) -> bool:
        """Whether it worked once, and now is to be restarted first or says nothing."""
        return self.stalled or (self.engine is None and self._was_ready)

    @property
    def owes(self) -> bool:
        """Whether it has been asked for steps that it has not answered."""
        return bool(self._owed)

    def ready(self, message: EngineReady) -> bool:
        """A new process is ready; return whether it is the first."""
        first, self._was_ready, self.engine = not self._was_ready, True, message
        return first

    def watch(self, silent: float) -> None:
        """Nothing has come from it for so many seconds, in which it could have spoken."""
        self.stalled = self.engine is not None and silent > STALLED

    def overdue(self, now: float, patience: float) -> bool:
        """Whether it is silent, or a step that it owes has been due for longer than `patience` seconds."""
        return self.stalled or any(owed.due + patience < now for owed in self._owed)

    def lost(self) -> None:
        """The process has died."""
        self.engine = None
        self.stalled = False
        self._owed = []
        self._asked = {}

    def owe(self, n: int, due: float, now: float) -> bool:
        """Book step `n`, due at `due`; False where it owes too many already."""
        self._owed = [owed for owed in self._owed if owed.due + GIVE_UP > now]
        if len(self._owed) >= MAX_BEHIND:
            return False
        self._owed.append(_Owed(n, due))
        self._asked = {step: when for step, when in self._asked.items() if step > n - MAX_BEHIND} | {n: now}
        return True

    def answered(self, n: int, now: float) -> float | None:
        """Step `n` came, and with it all before; return how long it took, None where that is long ago."""
        self._owed = [owed for owed in self._owed if owed.n > n]
        return now - self._asked[n] if n in self._asked else None
