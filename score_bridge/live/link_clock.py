"""Following an Ableton Link session: its beat and tempo, which all its programs share. Sans-I/O: time is an argument.

A step's place in the bar is Link's phase at a quantum of four beats.
"""

from typing import ClassVar, NamedTuple

from score_bridge.live.clock import MusicalClock
from score_bridge.live.follower import BeatFollower
from score_bridge.music.tokens import STEPS_PER_BAR, STEPS_PER_BEAT

QUANTUM = STEPS_PER_BAR // STEPS_PER_BEAT
"""Beats of a bar."""


class LinkState(NamedTuple):
    """What a session says at `time`, in seconds: its beat, beats per minute, and how many others are in it."""

    time: float
    beat: float
    tempo: float
    peers: int


class LinkedClock(BeatFollower[LinkState]):
    """A `Transport` that shares beat and tempo with a session; alone in it, it plays on as it did."""

    whose: ClassVar[str] = "Ableton Link's"

    def __init__(self, own: MusicalClock) -> None:
        """Set `own` by the session."""
        super().__init__(own)
        self._peers = 0
        self._proposed: float | None = None  # a tempo that the session is to be told

    @property
    def led(self) -> bool:
        """Whether there are other programs in the session."""
        return self._peers > 0

    @property
    def tempo(self) -> float:
        """Beats per minute now, to a hundredth: Link counts a beat's microseconds."""
        return round(self._own.tempo, 2)

    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo` from here, and let the session do so."""
        self._own.set_tempo(tempo, now)
        self._proposed = tempo

    def take(self, heard: LinkState) -> float | None:
        """Follow the session; return the tempo that it is to be told, if any."""
        self._peers = heard.peers
        if self._proposed is not None:  # what is heard is from before
            proposed, self._proposed = self._proposed, None
            return proposed
        self._be_at(heard.beat, heard.time, heard.tempo)
        return None
