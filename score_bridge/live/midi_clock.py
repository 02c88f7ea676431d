"""Following a MIDI clock: 24 pulses a beat, start, continue, stop and song position. Sans-I/O: time is an argument.

Pulses come with jitter, late, and not at all. A filter of their times (a g-h filter whose gains begin as those of a
least-squares line and end at fixed ones; Brookner 1998, "Tracking and Kalman filtering made easy", 1.2.10) says when
the next ones are due, and the server's own clock is set by it.
"""

import math
from typing import Literal, NamedTuple

from score_bridge.errors import PeerError
from score_bridge.live.clock import MusicalClock
from score_bridge.live.follower import Follower
from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BEAT
from score_bridge.wire.messages import FASTEST_BPM, SLOWEST_BPM

PULSES_PER_BEAT = 24
PULSES_PER_STEP = PULSES_PER_BEAT // STEPS_PER_BEAT
LEAST_G, LEAST_H = 0.15, 0.01
"""Gains of a filter that has settled: with pulses that come up to 2 ms early or late its phase stays within 1 ms."""
LOST_S, LOST_PULSES = 0.5, 4
"""A clock is lost that says nothing for so long, whichever is longer."""
STRAY = 0.3
"""Share of a pulse's length by which two in a row must miss their time for a new tempo to be taken at once."""


class ClockEvent(NamedTuple):
    """What a MIDI clock says, and when it came; value: a song position, in sixteenths."""

    kind: Literal["pulse", "start", "continue", "stop", "position"]
    time: float
    value: int = 0


class PulseFilter:
    """When pulses are due. time: of the newest, without its jitter; period: seconds between two, None at first."""

    def __init__(self) -> None:
        """Begin without a pulse."""
        self.time = 0.0
        self.period: float | None = None
        self._seen = 0
        self._strays = 0
        self._before = 0.0

    def take(self, time: float) -> int:
        """Take a pulse in; return how many have passed since the last one, those that were lost too."""
        self._seen += 1
        before, self._before = self._before, time
        if self._seen == 1:
            self.time = time
            return 1
        if self.period is None:
            self.time, self.period = time, max(time - before, 1e-4)
            return 1
        passed = max(1, round((time - self.time) / self.period))
        expected = self.time + passed * self.period
        missed = time - expected
        self._strays = self._strays + 1 if abs(missed) > STRAY * self.period or passed > 1 else 0
        if self._strays >= 2 and time > before:
            self.time, self.period, self._seen, self._strays = time, time - before, 2, 0
            return 1
        n = self._seen
        g, h = max(LEAST_G, 2 * (2 * n - 1) / (n * (n + 1))), max(LEAST_H, 6 / (n * (n + 1)))
        self.time, self.period = expected + g * missed, max(self.period + h * missed / passed, 1e-4)
        return passed

    def forget(self) -> None:
        """Begin anew with the next pulse; the period is kept until there are two."""
        self._seen = self._strays = 0
        self.period = None


class FollowedClock(Follower[ClockEvent]):
    """A `Transport` that plays by itself until a MIDI clock is heard, and follows it from then on."""

    def __init__(self, own: MusicalClock) -> None:
        """Set `own` by what is heard."""
        super().__init__(own)
        self._filter = PulseFilter()
        self._heard: float | None = None  # when the last pulse came
        self._stopped = False
        self._lost = False
        self._begins: int | None = None  # the song position, in sixteenths, of the next pulse after a start
        self._position = 0
        self._offset = 0.0  # the step at song position 0
        self._pulses = 0  # since song position 0

    @property
    def led(self) -> bool:
        """Whether a MIDI clock is heard."""
        return self._heard is not None

    @property
    def tempo(self) -> float:
        """Beats per minute now, to a tenth."""
        return round(self._own.tempo, 1)

    @property
    def waits_for(self) -> str:
        """What must happen for it to go on, in words; empty while it runs."""
        if self._heard is None:
            return ""
        if self._stopped:
            return "the MIDI clock is stopped"
        if self._lost:
            return "the MIDI clock is silent"
        return "" if self._fits() else f"the MIDI clock's tempo is beyond {SLOWEST_BPM:g} to {FASTEST_BPM:g}"

    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo`, where no MIDI clock is heard. Raises PeerError else."""
        if self._heard is not None:
            raise PeerError("tempo", "the tempo is that of the MIDI clock: change it there")
        self._own.set_tempo(tempo, now)

    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them; none while it is stopped."""
        silent = 0.0 if self._heard is None else now - self._heard
        if silent > max(LOST_S, LOST_PULSES * (self._filter.period or 0.0)):
            self._lost = True
        return [] if self.waits_for else self._own.decide(now)

    def take(self, heard: ClockEvent) -> None:
        """Follow what the clock says."""
        match heard.kind:
            case "pulse":
                self._pulse(heard.time)
            case "start":
                self._begins, self._stopped = 0, False
            case "continue":
                self._begins, self._stopped = self._position, False
            case "stop":
                self._stopped = True
                self._position = max(0, math.ceil(self._pulses / PULSES_PER_STEP))
            case "position":
                self._position = heard.value

    def _pulse(self, time: float) -> None:
        first = self._heard is None
        if self._lost:
            self._filter.forget()
        self._heard, self._lost = time, False
        passed = self._filter.take(time)
        if self._stopped:
            return
        if self._begins is not None:
            self._locate(self._begins)
        elif first:
            self._offset, self._pulses = float(max(round(self._own.position(time)), self._own.next_step - 1)), 0
        else:
            self._pulses += passed
        if self._fits():
            period = self._filter.period
            tempo = self._own.tempo if period is None else 60 / (PULSES_PER_BEAT * period)
            self._own.follow(self._offset + self._pulses / PULSES_PER_STEP, self._filter.time, tempo)

    def _locate(self, position: int) -> None:
        """Be at a song position, in sixteenths, with the next step that is at this place in the phrase."""
        self._begins, self._pulses = None, position * PULSES_PER_STEP
        phrases = math.ceil((self._own.next_step - position) / PHRASE_STEPS)
        self._offset = float(phrases * PHRASE_STEPS)
        self._own.jump(int(self._offset) + position, self._filter.time)

    def _fits(self) -> bool:
        period = self._filter.period
        return period is None or SLOWEST_BPM <= 60 / (PULSES_PER_BEAT * period) <= FASTEST_BPM
