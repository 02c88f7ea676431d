"""When a child process counts as hung, and when to start it again. Sans-I/O: time is an argument.

A child is silent while it loads, for as long as `PATIENCE` says; once it is ready it has to send something. The first
restart comes at once. Where a child keeps dying, the pauses double; one that has run for a while is trusted again.
"""

from typing import Literal

START_PATIENCE = 180.0  # models may have to be read from a slow disk and warmed up
PATIENCE = 5.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
TRUSTED = 60.0


class Watchdog:
    """Watches over one child. Seconds on the server's clock."""

    def __init__(self) -> None:
        """Want a first start at once."""
        self.state: Literal["down", "starting", "up"] = "down"
        self.deaths = 0  # in a row
        self._heard = 0.0
        self._ready_at = 0.0
        self._start_at = -float("inf")

    def start_due(self, now: float) -> bool:
        """Whether the child is to be started now."""
        return self.state == "down" and now >= self._start_at

    def started(self, now: float) -> None:
        """The child was started."""
        self.state, self._heard = "starting", now

    def ready(self, now: float) -> None:
        """The child reports that it is ready."""
        self.state, self._heard, self._ready_at = "up", now, now

    def note_sign_of_life(self, now: float) -> None:
        """A sign of life came."""
        self._heard = now

    def overslept(self, seconds: float) -> None:
        """The watcher itself was asleep (the machine was suspended): silence meanwhile means nothing."""
        self._heard += seconds

    def hung(self, now: float) -> bool:
        """Whether the child has been silent for too long."""
        patience = START_PATIENCE if self.state == "starting" else PATIENCE
        return self.state != "down" and now - self._heard > patience

    def died(self, now: float) -> None:
        """The child has exited; decide when the next one starts."""
        trusted = self.state == "up" and now - self._ready_at > TRUSTED
        self.deaths = 1 if trusted else self.deaths + 1
        pause = FIRST_PAUSE * 2.0 ** min(self.deaths - 2, 20) if self.deaths > 1 else 0.0
        self.state, self._start_at = "down", now + min(pause, LONGEST_PAUSE)
