"""Following an Ableton Link session: its beat and tempo, which all its programs share. Sans-I/O: time is an argument.

A step is a sixteenth, four a beat, and a bar is four beats: a step's place in the bar is Link's phase at a quantum of
four. Link's beats may jump when programs come and go; steps do not. They go on with the nearest one that has Link's
place in the bar, and none is decided twice.
"""

import math
from typing import NamedTuple

from score_bridge.live.clock import MusicalClock
from score_bridge.live.follower import Follower
from score_bridge.music.tokens import STEPS_PER_BAR, STEPS_PER_BEAT
from score_bridge.wire.messages import FASTEST_BPM, SLOWEST_BPM

QUANTUM = STEPS_PER_BAR // STEPS_PER_BEAT
"""Beats of a bar."""
LEAST_APART = 0.5
"""Steps between what is committed and the next one, at least, whatever the session's beat does."""
BEYOND = f"Ableton Link's tempo is beyond {SLOWEST_BPM:g} to {FASTEST_BPM:g}"
BEHIND = "Ableton Link's bar is behind; the music waits for it"


class LinkState(NamedTuple):
    """What a session says at `time`, in seconds: its beat, beats per minute, and how many others are in it."""

    time: float
    beat: float
    tempo: float
    peers: int


class LinkedClock(Follower[LinkState]):
    """A `Transport` that shares beat and tempo with a session; alone in it, it plays on as it did."""

    def __init__(self, own: MusicalClock) -> None:
        """Set `own` by the session."""
        super().__init__(own)
        self._peers = 0
        self._waits_for = ""
        self._proposed: float | None = None  # a tempo that the session is to be told
        self._committed = own.due(own.next_step - 1)  # when the newest step handed out is due

    @property
    def led(self) -> bool:
        """Whether there are other programs in the session."""
        return self._peers > 0

    @property
    def tempo(self) -> float:
        """Beats per minute now, to a hundredth: Link counts a beat's microseconds."""
        return round(self._own.tempo, 2)

    @property
    def waits_for(self) -> str:
        """What must happen for it to go on, in words; empty while it runs."""
        return self._waits_for

    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo` from here, and let the session do so."""
        self._own.set_tempo(tempo, now)
        self._proposed = tempo

    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them; none while it waits."""
        decided = [] if self.waits_for else self._own.decide(now)
        if decided:
            self._committed = decided[-1][1]
        return decided

    def take(self, heard: LinkState) -> float | None:
        """Follow the session; return the tempo that it is to be told, if any."""
        self._peers = heard.peers
        if self._proposed is not None:  # what is heard is from before
            proposed, self._proposed = self._proposed, None
            return proposed
        waited = bool(self._waits_for)
        self._waits_for = "" if SLOWEST_BPM <= heard.tempo <= FASTEST_BPM else BEYOND
        if not self._waits_for:
            self._follow(heard, waited)
        return None

    def _follow(self, heard: LinkState, waited: bool) -> None:
        """Be where the session is: leave out what it jumped over, or passed meanwhile; wait where it is behind."""
        before = self._own.position(heard.time)
        position = _nearest(heard.beat * STEPS_PER_BEAT, before)
        self._own.follow(position, heard.time, heard.tempo)
        soonest = self._own.position(self._committed) + LEAST_APART
        if waited or position - before >= 1:
            soonest = max(soonest, position)
        if soonest > self._own.next_step:
            first = math.ceil(soonest)
            self._own.jump(first, self._own.due(first))
        if self._own.wake - heard.time > (1 + LEAST_APART) * self._own.seconds_per_step:
            self._waits_for = BEHIND


def _nearest(place: float, position: float) -> float:
    """Return what is nearest to `position` of all that is whole bars from `place`; of two as near, the later."""
    half = STEPS_PER_BAR / 2
    return position + half - (position - place + half) % STEPS_PER_BAR
