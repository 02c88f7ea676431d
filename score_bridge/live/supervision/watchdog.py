"""When a child process counts as hung, and when to start it again. Sans-I/O: time is an argument.

A child is silent while it loads, for as long as `START_PATIENCE` says; once it is ready it has to send something. Its
silence counts only as far as it could have spoken: not while it waited for a core, nor while the watcher slept.

A child that did its work and died is started again at once, however often. Pauses that double are for one that dies
before it has done anything.
"""

from typing import Literal

START_PATIENCE = 180.0  # models may have to be read from a slow disk and warmed up
PATIENCE = 5.0
BLIND_PATIENCE = 20.0  # where nobody can tell whether the child had a core: a quarter of one has to do
FIRST_PAUSE = 0.5


class Watchdog:
    """Watches over one child. Seconds on the server's clock."""

    def __init__(self, longest_pause: float) -> None:
        """Want a first start at once. `longest_pause`: the most that is waited between two starts."""
        self.state: Literal["down", "starting", "up"] = "down"
        self.deaths = 0  # in a row, of children that had done nothing
        self._longest_pause = longest_pause
        self._proved = False
        self._heard = 0.0
        self._waited: float | None = None  # for a core, as far as was read last
        self._read = 0.0
        self._start_at = -float("inf")

    def start_due(self, now: float) -> bool:
        """Whether the child is to be started now."""
        return self.state == "down" and now >= self._start_at

    def started(self, now: float) -> None:
        """The child was started."""
        self.state, self._heard, self._read = "starting", now, now
        self._proved, self._waited = False, None

    def ready(self, now: float) -> None:
        """The child reports that it is ready."""
        self.state, self._heard = "up", now

    def note_sign_of_life(self, now: float) -> None:
        """A sign of life came."""
        self._heard = max(self._heard, now)

    def note_work(self) -> None:
        """The child did what it is there for."""
        self._proved = True

    def note_waiting(self, waited: float | None, now: float) -> None:
        """By now the child has waited for a core for so many seconds in all; None = nobody knows.

        Several of its threads may have waited at the same time; more than the time that passed is not believed.
        """
        if waited is not None and self._waited is not None:
            self.excuse(max(0.0, min(waited - self._waited, now - self._read)), now)
        self._waited, self._read = waited, now

    def excuse(self, seconds: float, now: float) -> None:
        """Do not count so many seconds of silence: the watcher slept, with the machine, or the child had no core."""
        self._heard = min(self._heard + seconds, now)

    def silent(self, now: float) -> float:
        """Return for how many seconds nothing has come that could have."""
        return now - self._heard

    def hung(self, now: float) -> bool:
        """Whether the child has been silent for too long."""
        if self.state == "starting":
            return self.silent(now) > START_PATIENCE
        patience = PATIENCE if self._waited is not None else BLIND_PATIENCE
        return self.state == "up" and self.silent(now) > patience

    def died(self, now: float) -> None:
        """The child has exited; decide when the next one starts."""
        self.deaths = 1 if self._proved else self.deaths + 1
        pause = FIRST_PAUSE * 2.0 ** min(self.deaths - 2, 20) if self.deaths > 1 else 0.0
        self.state, self._start_at = "down", now + min(pause, self._longest_pause)
