"""Pulses of the MIDI clock that are to be sent. Sans-I/O: time is an argument."""

import math
from collections import deque

from score_bridge.live.player.midi_out import ClockKind

LATE_S = 0.1
"""A pulse is not sent that is later than this: after a pause a burst of them would be another tempo."""


class PulseQueue:
    """Pulses in order of time, and whether those who follow have been started."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: deque[tuple[float, ClockKind]] = deque()
        self.started = False

    @property
    def wake(self) -> float:
        """When the next one is due."""
        return self._waiting[0][0] if self._waiting else math.inf

    def take(self, times: tuple[float, ...], *, begins: bool) -> None:
        """Take pulses for these times, in place of those that were to come then or later.

        begins: with a start before the first.
        """
        while self._waiting and self._waiting[-1][0] >= times[0]:
            self._waiting.pop()
        if begins:
            self._waiting.append((times[0], "start"))
        self._waiting.extend((time, "clock") for time in times)

    def due(self, now: float) -> list[ClockKind]:
        """Take out what is due."""
        found: list[ClockKind] = []
        while self._waiting and self._waiting[0][0] <= now:
            time, kind = self._waiting.popleft()
            self.started = self.started or kind == "start"
            if kind == "start" or now - time <= LATE_S:
                found.append(kind)
        return found

    def end(self) -> bool:
        """Drop what waits; returns whether there is a start to be taken back."""
        self._waiting.clear()
        started, self.started = self.started, False
        return started
