"""The state of every stream: once a second, and where it changes: at once, or soon if it just did. Sans-I/O."""

from score_bridge.live.conductor import Conductor
from score_bridge.live.streams import State, Stream
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import MAIN_STREAM, Status

EVERY = 1.0
LEAST = 0.05
"""Seconds between two statuses of one stream, at least: a knob that turns the tempo moves that of all streams."""
IDLE_TOLD_S = 120.0
"""Seconds after its last picture for which an idle stream is reported on."""
WORDS: dict[State, str] = {
    "waiting": "waiting for a picture",
    "playing": "playing",
    "stopped": "stopped; start plays on",
    "idle": "no picture for a while; the next one plays on",
    "recovering": "restarting the engine",
}
LOADING = "loading the models"
STALLED = "the engine does not answer; it is restarted unless it goes on soon"


class Statuses:
    """Makes `Status` messages, each when it is worth sending."""

    def __init__(self, conductor: Conductor) -> None:
        """Report on the streams of `conductor`; if there is none yet, on `main`."""
        self.unreadable = 0  # what could not be read belongs to no stream: it is counted in each one's `refused`
        self._conductor = conductor
        self._nobody = Stream.begin(MAIN_STREAM, Controls(), 0.0)
        self._told: dict[str, tuple[tuple[str, float], float]] = {}  # by stream, what and when
        self._next = -float("inf")

    def due(self, now: float) -> tuple[Status, ...]:
        """Return what is to be published now."""
        streams = self._worth_reporting(now) or (self._nobody,)
        if now >= self._next:
            self._next = now + EVERY
            self._told = {}
            for stream in streams:
                stream.readings.tick(now)
        changed = [stream for stream in streams if self._has_changed(stream, now)]
        self._told.update((stream.name, (self._key(stream), now)) for stream in changed)
        return tuple(self._status(stream) for stream in changed)

    def _has_changed(self, stream: Stream, now: float) -> bool:
        key, when = self._told.get(stream.name, (None, -float("inf")))
        return now - when >= LEAST and key != self._key(stream)

    def _worth_reporting(self, now: float) -> tuple[Stream, ...]:
        """All streams but those that have long been idle; of these the last, if there is no other."""
        streams = self._conductor.streams.values()
        lively = tuple(stream for stream in streams if not stream.idle or now - stream.fed < IDLE_TOLD_S)
        return lively or tuple(sorted(streams, key=lambda stream: stream.fed)[-1:])

    def again(self) -> None:
        """Let the next `due` report on everything: there may be a new listener."""
        self._next = -float("inf")

    def _key(self, stream: Stream) -> tuple[str, float]:
        return self._words(stream), self._conductor.clock.tempo

    def _words(self, stream: Stream) -> str:
        state = self._conductor.state(stream)
        if state == "recovering" and self._conductor.worker.stalled:
            return STALLED
        if state == "waiting" and self._conductor.worker.engine is None:
            return LOADING
        return self._conductor.clock.waits_for or WORDS[state] if state == "playing" else WORDS[state]

    def _status(self, stream: Stream) -> Status:
        readings = stream.readings
        return Status(
            stream=stream.name,
            state=self._conductor.state(stream),
            message=self._words(stream),
            tempo=self._conductor.clock.tempo,
            step=max(0, self._conductor.clock.next_step - 1),
            frames_per_second=readings.frames_per_second,
            features_per_second=readings.features_per_second,
            latency_ms=readings.latency * 1000,
            end_to_end_ms=readings.end_to_end * 1000,
            sync_delay_ms=readings.sync_delay * 1000,
            frames=readings.frames,
            dropped_frames=stream.mailbox.dropped,
            refused=readings.refused + self.unreadable,
            late_steps=readings.late_steps,
            notes=readings.notes,
            lateness_p99_ms=readings.lateness_p99 * 1000,
            restarts=self._conductor.restarts,
            dropped_notes=readings.dropped_notes,
            lead_ms=self._conductor.clock.lead * 1000,
        )
