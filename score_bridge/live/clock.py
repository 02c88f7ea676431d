"""The one musical clock: when each sixteenth is due, and which is to be decided now. Sans-I/O: time is an argument.

Steps are numbered from 0 and never repeat. A step is handed out once, `lead` seconds before it is due, and is
committed by that. A new tempo moves only steps that are not committed yet, so none is lost or doubled. A step that is
a whole step late (the process was suspended) is skipped and counted, and the bar goes on where it
would have been.
"""

import math
from typing import Protocol

from score_bridge.music.timing import step_length


class Transport(Protocol):
    """Which step is due when: the server's own clock, or one that it follows.

    lead: how many seconds before it is due a step is decided; it may be set at any time.
    """

    lead: float

    @property
    def tempo(self) -> float:
        """Beats per minute now."""

    @property
    def seconds_per_step(self) -> float:
        """The length of a sixteenth now."""

    @property
    def next_step(self) -> int:
        """The first step that is not committed."""

    @property
    def skipped(self) -> int:
        """How many steps came too late to be decided at all."""

    @property
    def wake(self) -> float:
        """When the next step is to be decided."""

    @property
    def led(self) -> bool:
        """Whether the tempo is another program's, too."""

    @property
    def waits_for(self) -> str:
        """What must happen for it to go on, in words; empty while it runs."""

    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo` from here. Raises PeerError where the tempo is another's."""

    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them."""


class MusicalClock:
    """Hands out each step once. Seconds on the server's clock; tempo in beats per minute."""

    def __init__(self, tempo: float, start: float, lead: float) -> None:
        """Let step 0 be due at `start`; every step is decided `lead` seconds before it is due."""
        self.tempo = tempo
        self.lead = lead
        self.next_step = 0
        self.skipped = 0
        self._anchor = start  # when the (perhaps fractional) step `_at` is due
        self._at = 0.0

    @property
    def seconds_per_step(self) -> float:
        """The length of a sixteenth now."""
        return step_length(self.tempo)

    @property
    def led(self) -> bool:
        """Never: it is the server's own."""
        return False

    @property
    def waits_for(self) -> str:
        """Nothing: it always runs."""
        return ""

    def position(self, now: float) -> float:
        """Return which step it is at `now`, with its fraction."""
        return self._at + (now - self._anchor) / self.seconds_per_step

    def follow(self, step: float, time: float, tempo: float) -> None:
        """Let a step, or a place between two, be at `time`: another clock says so."""
        self._anchor, self._at, self.tempo = time, step, tempo

    def jump(self, step: int, time: float) -> None:
        """Go on with `step` at `time`, leaving out those before it."""
        self.next_step = max(self.next_step, step)
        self._anchor, self._at = time, float(step)

    def due(self, step: int) -> float:
        """Return when `step`, which is not committed yet, is due at the present tempo."""
        return self._anchor + (step - self._at) * self.seconds_per_step

    @property
    def wake(self) -> float:
        """When the next step is to be decided."""
        return self.due(self.next_step) - self.lead

    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo` from here: the place in the bar stays, and what is committed keeps its time."""
        self._skip_hopeless(now)
        committed = self.due(self.next_step - 1)
        if self.next_step and committed > now:
            self._anchor, self._at = committed, float(self.next_step - 1)
        else:
            self._at = min(self._at + (now - self._anchor) / self.seconds_per_step, float(self.next_step))
            self._anchor = now
        self.tempo = tempo

    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them; skip hopeless ones."""
        self._skip_hopeless(now)
        decided = []
        while self.wake <= now:
            decided.append((self.next_step, self.due(self.next_step)))
            self.next_step += 1
        return decided

    def _skip_hopeless(self, now: float) -> None:
        late = math.floor((now - self.due(self.next_step)) / self.seconds_per_step)
        if late >= 1:
            self.skipped += late
            self.next_step += late
