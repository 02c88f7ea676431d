"""What the bridge knows of one stream: its controls, its pictures on their way, its counts. Sans-I/O."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from score_bridge.live.actions import Peer
from score_bridge.wire.bindings import Bindings
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Features, Frame
from score_bridge.wire.zmq_codec import Part

LONGEST_AGE = 60.0  # seconds; a stamp that is older is of another clock
REMEMBERED = 8
PATIENCE = 10.0  # seconds; the largest PNG takes about one to decode, several on a busy machine

State = Literal["waiting", "playing", "stopped", "idle", "recovering"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame (pixels in the payload) or features, who sent it and when it came."""

    source: Frame | Features
    payload: Part
    peer: Peer
    received: float


@dataclass(slots=True)
class Mailbox:
    """One picture on its way through the engine, and the newest of those that came since. The rest are dropped."""

    in_flight: Picture | None = None
    sent: float = 0.0  # when that was given to the engine
    waiting: Picture | None = None
    dropped: int = 0
    stamps: dict[float, float] = field(default_factory=dict)  # of the last pictures: when made, by when received

    def put(self, picture: Picture) -> None:
        """Keep `picture`, the newest."""
        self.dropped += self.waiting is not None
        self.waiting = picture

    def take(self, now: float) -> Picture | None:
        """Return the newest picture to send to the engine, if it has none of this stream now."""
        if self.in_flight is not None:
            return None
        self.in_flight, self.waiting, self.sent = self.waiting, None, now
        if self.in_flight is not None:
            self._remember(self.in_flight)
        return self.in_flight

    def age(self, received: float, now: float) -> float | None:
        """Seconds since the picture received at `received` was made, by its stamp; None without a usable one."""
        made = self.stamps.get(received, 0.0)
        return now - made if 0 < now - made < LONGEST_AGE and made > 0 else None

    def _remember(self, picture: Picture) -> None:
        self.stamps[picture.received] = picture.source.time
        if len(self.stamps) > REMEMBERED:
            del self.stamps[next(iter(self.stamps))]

    def credit(self, received: float) -> Picture | None:
        """The engine is done with what was received then: return that, unless it was given up."""
        if self.in_flight is None or self.in_flight.received != received:
            return None
        done, self.in_flight = self.in_flight, None
        return done

    def overdue(self, now: float) -> bool:
        """Whether the engine has had its picture for so long that no answer is expected any more."""
        return self.in_flight is not None and now - self.sent > PATIENCE

    def lost(self) -> None:
        """The picture that the engine had is not answered any more."""
        self.dropped += self.in_flight is not None
        self.in_flight = None


@dataclass(slots=True)
class StreamStats:
    """Counts since the stream began, rates over the last second."""

    frames: int = 0
    features: int = 0
    refused: int = 0
    late_steps: int = 0
    notes: int = 0
    dropped_notes: int = 0  # that the player had to begin too late
    frames_per_second: float = 0.0
    features_per_second: float = 0.0
    latency: float = 0.0  # seconds from a picture's arrival until the music follows it
    end_to_end: float = 0.0  # the same since the picture was made, where its host stamps it
    sync_delay: float = 0.0  # seconds since then until the step that answers it is due
    unanswered: list[float] = field(default_factory=list)  # when the pictures were made that no step answers yet
    lateness: deque[float] = field(default_factory=lambda: deque(maxlen=512))
    mark: tuple[float, int, int] = (0.0, 0, 0)  # time, frames and features at the last tick

    def tick(self, now: float) -> None:
        """Work out the rates since the last tick."""
        then, frames, features = self.mark
        if now > then:
            self.frames_per_second = (self.frames - frames) / (now - then)
            self.features_per_second = (self.features - features) / (now - then)
        self.mark = (now, self.frames, self.features)

    def followed(self, latency: float, end_to_end: float | None) -> None:
        """Take one picture's latencies into the running means (over about ten pictures)."""
        self.latency += (latency - self.latency) * (0.1 if self.latency else 1.0)
        if end_to_end is not None:
            self.end_to_end += (end_to_end - self.end_to_end) * (0.1 if self.end_to_end else 1.0)

    def awaits_answer(self, made: float) -> None:
        """A picture that was made then is followed; the next step answers it."""
        self.unanswered.append(made)
        del self.unanswered[:-REMEMBERED]

    def answered(self, due: float) -> None:
        """A step that is due then answers what was followed since the last one; a mean over some hundred pictures."""
        for made in self.unanswered:
            delay = due - made
            self.sync_delay += (delay - self.sync_delay) * (0.01 if self.sync_delay else 1.0)
        self.unanswered.clear()

    @property
    def lateness_p99(self) -> float:
        """The 99th percentile of how late the last 512 events went out, seconds."""
        ordered = sorted(self.lateness)
        return ordered[math.ceil(0.99 * len(ordered)) - 1] if ordered else 0.0


@dataclass(slots=True)
class Stream:
    """One picture source and its music."""

    name: str
    controls: Controls
    fed: float  # when it last got a picture, or was made
    wanted: bool = True  # False from stop to start
    followed: bool = False  # a picture has reached its latent
    idle: bool = False
    length: int | None = None  # of its feature vectors
    asked_step: int = -1  # the last that the engine was asked for
    silenced_step: int = -1  # what steps up to this one decide is void: it was asked for before the last silence
    given: bool = False  # whether the engine was given anything of it
    snapshot: Part = b""
    mailbox: Mailbox = field(default_factory=Mailbox)
    readings: StreamStats = field(default_factory=StreamStats)
    bindings: Bindings = ()
    feeder: Peer | None = None  # who sent its newest picture

    @classmethod
    def begin(cls, name: str, controls: Controls, now: float) -> "Stream":
        """Return a new stream that waits for its first picture."""
        return cls(name, controls, fed=now, readings=StreamStats(mark=(now, 0, 0)))

    @property
    def state(self) -> State:
        """What it does, as far as it is up to the stream itself."""
        if not self.wanted:
            return "stopped"
        if self.idle:
            return "idle"
        return "playing" if self.followed else "waiting"
