"""What transports that follow another program have in common. Sans-I/O: time is an argument.

A step's place in the bar is that of the other program's beat, four beats a bar. Its beats may jump; steps do not.
They go on with the nearest one that has the same place in the bar, and none is decided twice. Where the nearest is
in the past, it is waited for; where the beat jumps back once more meanwhile, it is gone on with in the next bar:
otherwise a beat that loops would be waited for until it stops.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from score_bridge.live.clock import MusicalClock
from score_bridge.music.tokens import STEPS_PER_BAR, STEPS_PER_BEAT
from score_bridge.wire.messages import FASTEST_BPM, SLOWEST_BPM

Heard = TypeVar("Heard")
BEYOND = f"tempo is beyond {SLOWEST_BPM:g} to {FASTEST_BPM:g}"
BEHIND = "bar is behind; the music waits for it"
JITTER = 1.0
"""Steps by which a beat may seem to go back and has not jumped."""
LEAST_APART = 0.5
"""Steps between what is committed and the next one, at least, whatever the other program's beat does."""


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


class BeatFollower(Follower[Heard]):
    """A follower of a program that says at which beat it is."""

    whose: ClassVar[str]
    """Whose beat is followed, as in "Link's"."""

    def __init__(self, own: MusicalClock) -> None:
        """Set `own` by what is heard."""
        super().__init__(own)
        self._waits_for = ""
        self._went_back_at = -1  # the next step when the other program's beat last went back
        self._committed = own.due(own.next_step - 1)  # when the newest step handed out is due

    @property
    def waits_for(self) -> str:
        """What must happen for it to go on, in words; empty while it runs."""
        return self._waits_for

    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them; none while it waits."""
        decided = [] if self.waits_for else self._own.decide(now)
        if decided:
            self._committed = decided[-1][1]
        return decided

    def _be_at(self, beat: float, time: float, tempo: float) -> None:
        """Be where the other program is: leave out what it jumped over or passed meanwhile, wait where it is behind.

        beat: the one at `time`; tempo: in beats per minute.
        """
        waited = bool(self._waits_for)
        self._waits_for = ""
        if not SLOWEST_BPM <= tempo <= FASTEST_BPM:
            self._waits_for = f"{self.whose} {BEYOND}"
            return
        before = self._own.position(time)
        position = _nearest(beat * STEPS_PER_BEAT, before)
        if position < before - JITTER:
            position += STEPS_PER_BAR if self._own.next_step == self._went_back_at else 0
            self._went_back_at = self._own.next_step
        self._own.follow(position, time, tempo)
        soonest = self._own.position(self._committed) + LEAST_APART
        if waited or position - before >= 1:
            soonest = max(soonest, position)
        if soonest > self._own.next_step:
            first = math.ceil(soonest)
            self._own.jump(first, self._own.due(first))
        if self._own.wake - time > (1 + LEAST_APART) * self._own.seconds_per_step:
            self._waits_for = f"{self.whose} {BEHIND}"


def _nearest(place: float, position: float) -> float:
    """Return what is nearest to `position` of all that is whole bars from `place`; of two as near, the later."""
    half = STEPS_PER_BAR / 2
    return position + half - (position - place + half) % STEPS_PER_BAR
