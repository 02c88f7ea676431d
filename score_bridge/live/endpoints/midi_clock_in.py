"""Where a MIDI clock comes in: a MIDI input, whose messages get their time as they come.

Threading contract: the MIDI system's own thread calls `_take`, which notes a time, puts one event into a queue and
writes one byte; everything else belongs to the bridge's loop.
"""

import contextlib
import logging
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from score_bridge.live.midi_clock import ClockEvent
from score_bridge.live.midi_ports import VIRTUAL_NAME, PortWatch, full_name, open_port

LOG = logging.getLogger(__name__)
LOOK_S = 2.0
MOST_WAITING = 4096
KINDS = {"clock": "pulse", "start": "start", "continue": "continue", "stop": "stop", "songpos": "position"}


class MidiClockIn:
    """One MIDI input. `source` is readable when something has come."""

    def __init__(self, name: str) -> None:
        """Open the input called `name`, or "virtual": a port of our own. Raises DeviceError."""
        self.source, self._wake = socket.socketpair()
        for end in (self.source, self._wake):
            end.setblocking(False)
        self._events: deque[ClockEvent] = deque(maxlen=MOST_WAITING)
        self._watch: PortWatch | None = None
        self._next_look = 0.0
        self._port: Any = open_port(name, "--clock-in", self._open_at)

    def events(self, now: float) -> Iterator[ClockEvent]:
        """Yield what has come, oldest first; look after the port now and then."""
        with contextlib.suppress(BlockingIOError):
            while self.source.recv(4096):
                pass
        while self._events:
            yield self._events.popleft()
        if self._watch is not None and now >= self._next_look:
            self._next_look = now + LOOK_S
            self._watch.look(self._open_again)

    def tell(self, tempo: float) -> None:
        """Nothing: whoever sends a MIDI clock is not told."""

    def close(self) -> None:
        """Let go of the port."""
        if self._watch is not None:
            self._watch.close()
        self._port.close()
        self.source.close()
        self._wake.close()

    def _open_at(self, backend: Any, name: str) -> Any:
        if name == "virtual":
            return backend.open_input(f"{VIRTUAL_NAME} clock", virtual=True, callback=self._take)
        port = backend.open_input(full_name(backend.get_input_names(), name), callback=self._take)
        self._backend, self._watch = backend, PortWatch(backend, "input", port.name)
        return port

    def _open_again(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._port.close()
        self._port = self._backend.open_input(name, callback=self._take)

    def _take(self, message: Any) -> None:
        now = time.perf_counter()
        kind = KINDS.get(message.type)
        if kind is None:
            return
        self._events.append(ClockEvent(kind, now, message.pos if kind == "position" else 0))  # type: ignore[arg-type]
        with contextlib.suppress(OSError):  # the buffer is full: the loop is awake already
            self._wake.send(b"!")
