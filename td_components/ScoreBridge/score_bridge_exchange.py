"""What the threads hand each other: a mailbox of one picture, messages out, events in. One lock, held only to swap.

The main thread leaves a picture for the one that prepares it, which leaves it for the link; the newest wins at both
places. The main thread wakes the first by a condition and not by a socket: a system call would hand Python's
interpreter lock to the thread that was woken, and TouchDesigner's frame would wait for the picture.
"""

import contextlib
import socket
import threading
from collections import deque
from typing import Any, NamedTuple

from score_bridge_state import Event, Note, State
from score_bridge_status import Standing

MAX_EVENTS, MAX_QUEUE = 2048, 1024


class Report(NamedTuple):
    """What the main thread gets: events that are due, and copies of how things stand.

    `held` is what should sound now. `overflowed`: events were left out because nobody fetched them; go by `held`.
    `labels` are (name, probability) by rank, `links` (reading, attribute) to correlation, `status` the first
    fields of /score/status after the stream's name, and its delay for showing pictures with their music.
    """

    events: list[Event]
    overflowed: bool
    held: dict[int, Note]
    readings: dict[str, float]
    labels: dict[int, tuple[str, float]]
    links: dict[tuple[str, str], float]
    key: tuple[str, float]
    status: tuple[Any, ...]
    standing: Standing


class Exchange:
    """All sides of it; which methods are for which thread is said above them."""

    def __init__(self, stream: str) -> None:
        self.closing = False
        self.wants_raw = False  # the link says: no JPEG is needed now
        self._lock = threading.Lock()
        self._there = threading.Condition(self._lock)
        self._picture: Any = None
        self._ready: Any = None
        self._fault = ""
        self._queue: deque[tuple[str, bytes]] = deque(maxlen=MAX_QUEUE)
        self._kept: dict[str, bytes] = {}
        self._events: deque[Event] = deque()
        self._overflowed = False
        self._dropped = 0
        self._state = State(stream)
        self._standing = Standing("waiting")
        self.wake_in, self._wake_out = socket.socketpair()
        for one in (self.wake_in, self._wake_out):
            one.setblocking(False)

    # --- main -------------------------------------------------------------------------------------------------

    def post(self, picture: Any) -> None:
        """Leave a picture; one that still lies there is dropped."""
        with self._lock:
            self._dropped += self._picture is not None
            self._picture = picture
            self._there.notify()

    def queue(self, packet: bytes, key: str = "") -> None:
        """Leave a message; under a key it is kept and sent again whenever the server comes back."""
        with self._lock:
            if key and self._kept.get(key) == packet:
                return
            if key:
                self._kept[key] = packet
            self._queue.append((key, packet))
        self.wake()

    def report(self, until: float) -> Report:
        """Return what is due until then, on time.monotonic()."""
        with self._lock:
            due = [event for event in self._events if event.at <= until]
            if due:
                self._events = deque(event for event in self._events if event.at > until)
            overflowed, self._overflowed = self._overflowed, False
            state, standing = self._state, self._standing
            standing = standing._replace(dropped=self._dropped, fault=self._fault or standing.fault)
            return Report(
                due, overflowed, dict(state.held), dict(state.readings), dict(state.labels), dict(state.links),
                state.key, state.status, standing,
            )  # fmt: skip

    def wake(self) -> None:
        """Let the link look."""
        with contextlib.suppress(OSError):  # full: it is awake anyway; closed: it is gone
            self._wake_out.send(b".")

    def close_soon(self) -> None:
        """Let both threads end."""
        with self._lock:
            self.closing = True
            self._there.notify()
        self.wake()

    # --- the thread that prepares pictures --------------------------------------------------------------------

    def wait_for_picture(self) -> Any:
        """Wait for a picture and return it, or None once this is to end."""
        with self._lock:
            self._there.wait_for(lambda: self._picture is not None or self.closing)
            picture, self._picture = self._picture, None
            return None if self.closing else picture

    def hand_on(self, ready: Any) -> None:
        """Leave what is ready to be sent."""
        with self._lock:
            self._dropped += self._ready is not None
            self._ready, self._fault = ready, ""
        self.wake()

    def refuse(self, fault: str) -> None:
        """Say why a picture cannot be sent."""
        with self._lock:
            self._dropped, self._fault = self._dropped + 1, fault

    # --- the link ---------------------------------------------------------------------------------------------

    def take_ready(self) -> Any:
        """Return the newest picture that is ready, or None."""
        with self._lock:
            ready, self._ready = self._ready, None
            return ready

    def take_messages(self, all_kept: bool) -> list[bytes]:
        """Return what is to be sent: what was left since, and with `all_kept` what every server must be told."""
        with self._lock:
            packets = list(self._kept.values()) if all_kept else []
            packets += [packet for key, packet in self._queue if not (key and all_kept)]
            self._queue.clear()
            return packets

    def heard(self, address: str, arguments: list[Any], now: float) -> list[Event]:
        """Keep what the server said, and return what happened. Raises as State.take does."""
        with self._lock:
            events = self._state.take(address, arguments, now)
            self._happened(events)
            return events

    def silence(self, now: float) -> None:
        """End every held note."""
        with self._lock:
            self._happened(self._state.silence(now))
            self._state.status = ()

    def dropped(self) -> None:
        """Count a picture that could not be sent."""
        with self._lock:
            self._dropped += 1

    def stand(self, standing: Standing) -> None:
        """Say how things stand."""
        with self._lock:
            self._standing = standing

    @property
    def welcome(self) -> tuple[Any, ...]:
        """What the server greeted with: protocol, server, weights ..."""
        return self._state.welcome

    def close(self) -> None:
        """Close the pair of sockets."""
        self.wake_in.close()
        self._wake_out.close()

    def _happened(self, events: list[Event]) -> None:
        self._events.extend(event for event in events if event.kind != "pong" or event.words[0] < 0)
        if len(self._events) > MAX_EVENTS:
            self._events.clear()
            self._overflowed = True
