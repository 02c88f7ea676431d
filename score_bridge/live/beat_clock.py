"""Following the beat that a host says by message, now and then or with every picture. Sans-I/O: time is an argument.

A message is on its way for a while, never for the same while, and hosts that draw say their beat once a picture. A
filter of their times (as `midi_clock.PulseFilter`) says where the host's beat is.
"""

from typing import ClassVar, NamedTuple

from score_bridge.errors import PeerError
from score_bridge.live.clock import MusicalClock
from score_bridge.live.follower import BeatFollower
from score_bridge.live.midi_clock import LEAST_G, LEAST_H

LOST_S = 2.0
"""A host that says nothing for so long has stopped leading: the music plays on at its tempo."""
STANDS_S = 0.5
"""A beat that is the same for so long stands still. Hosts may say whole beats: both wait for longer, if need be."""
PATIENCE = 1.5
"""So many times what usually passes between two beats that are not the same."""
SPAN_S, LEAST_S = 0.25, 0.005
"""Seconds of messages from which a tempo is believed, and which two are too close to tell one."""
JUMP_BEATS = 0.25
"""A beat so far from where it is expected is another place, and no jitter."""


class HostBeat(NamedTuple):
    """The host was at `beat`, in beats from its begin, at `time` seconds; tempo in beats per minute, 0 = not said."""

    time: float
    beat: float
    tempo: float = 0.0


class BeatFilter:
    """Where a host is. beat: at `time`, without jitter; tempo: in beats per minute, 0 until two messages came."""

    def __init__(self) -> None:
        """Begin without a message."""
        self.time = self.beat = self.tempo = 0.0
        self._seen = 0
        self._began = 0.0

    @property
    def sure(self) -> bool:
        """Whether its tempo can be believed."""
        return self.tempo > 0 and self.time - self._began >= SPAN_S

    def take(self, heard: HostBeat) -> None:
        """Take a message in."""
        since = heard.time - self.time
        expected = self.beat + since * (heard.tempo or self.tempo) / 60
        missed = heard.beat - expected
        if not self._seen or since <= 0 or (self._seen > 1 and abs(missed) > JUMP_BEATS):
            self.time, self.beat, self._seen = heard.time, heard.beat, 1
            self.tempo = heard.tempo or self.tempo
            self._began = heard.time
            return
        if since < LEAST_S:
            return
        self._seen = n = self._seen + 1
        g, h = max(LEAST_G, 2 * (2 * n - 1) / (n * (n + 1))), max(LEAST_H, 6 / (n * (n + 1)))
        self.time, self.beat = heard.time, expected + g * missed
        self.tempo = heard.tempo or self.tempo + 60 * h * missed / since


class BeatClock(BeatFollower[HostBeat]):
    """A `Transport` that plays by itself, and with a host's beat while one says it."""

    whose: ClassVar[str] = "the host's"

    def __init__(self, own: MusicalClock) -> None:
        """Set `own` by what is heard."""
        super().__init__(own)
        self._filter = BeatFilter()
        self._led = False
        self._heard = HostBeat(0.0, 0.0)  # the newest
        self._moved = 0.0  # when the beat was last another one than before
        self._pace = 0.0  # how long the one before that had lasted

    @property
    def led(self) -> bool:
        """Whether a host says its beat."""
        return self._led

    @property
    def tempo(self) -> float:
        """Beats per minute now; to a tenth where they are found from a beat."""
        return round(self._own.tempo, 1) if self._led and not self._heard.tempo else self._own.tempo

    def set_tempo(self, tempo: float, now: float) -> None:
        """Play on at `tempo` from here. Raises PeerError while a host leads."""
        if self._led:
            raise PeerError("tempo", "the tempo is that of the host's beat: change it there")
        self._own.set_tempo(tempo, now)

    def decide(self, now: float) -> list[tuple[int, float]]:
        """Return the steps to decide now as (step, due time), in order, and commit them."""
        if self._led and now - self._heard.time > max(LOST_S, PATIENCE * self._pace):
            self._led, self._waits_for = False, ""
            self._filter = BeatFilter()
        return super().decide(now)

    def take(self, heard: HostBeat) -> None:
        """Follow the host."""
        before, self._heard = self._heard, heard
        if self._led and heard.beat == before.beat:
            self._wait_where_it_stands(heard.time)
            return
        self._pace = heard.time - self._moved if self._led else 0.0
        self._led, self._moved = True, heard.time
        self._filter.take(heard)
        tempo = self._filter.tempo if heard.tempo or self._filter.sure else self._own.tempo
        self._be_at(self._filter.beat, self._filter.time, tempo)

    def _wait_where_it_stands(self, now: float) -> None:
        if now - self._moved >= max(STANDS_S, PATIENCE * self._pace):
            self._filter, self._waits_for = BeatFilter(), "the host's beat stands still"
            self._pace = 0.0
