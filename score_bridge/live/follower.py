"""What transports that follow another program have in common. Sans-I/O: time is an argument."""

import math
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from score_bridge.live.clock import MusicalClock

Heard = TypeVar("Heard")


class Follower(ABC, Generic[Heard]):
    """A `Transport` that sets the server's own clock by what another program's clock says."""

    def __init__(self, own: MusicalClock) -> None:
        """Set `own` by what is heard."""
        self._own = own

    @abstractmethod
    def take(self, heard: Heard) -> float | None:
        """Follow what the clock says; return the tempo that it is to be told, if any."""

    @property
    @abstractmethod
    def led(self) -> bool:
        """Whether the tempo is another program's, too."""

    @property
    @abstractmethod
    def tempo(self) -> float:
        """Beats per minute now."""

    @property
    @abstractmethod
    def waits_for(self) -> str:
        """What must happen for it to go on, in words; empty while it runs."""

    @abstractmethod
    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo` from here. Raises PeerError where the tempo is another's."""

    @abstractmethod
    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them."""

    @property
    def lead(self) -> float:
        """How many seconds before it is due a step is decided."""
        return self._own.lead

    @lead.setter
    def lead(self, seconds: float) -> None:
        self._own.lead = seconds

    @property
    def seconds_per_step(self) -> float:
        """The length of a sixteenth now."""
        return self._own.seconds_per_step

    @property
    def next_step(self) -> int:
        """The first step that is not committed."""
        return self._own.next_step

    @property
    def skipped(self) -> int:
        """How many steps came too late to be decided at all."""
        return self._own.skipped

    @property
    def wake(self) -> float:
        """When the next step is to be decided."""
        return math.inf if self.waits_for else self._own.wake
