"""Child processes: started, watched over, ended.

Process contract: a child is never a fork of the bridge. It is spawned, or forked from a template that has imported
its module and done nothing else. Bridge and child share nothing but what is handed over: an address for a PAIR
socket (a fresh one for every start, so that nothing of the dead reaches the living), arguments, and a pipe on which a
child that cannot work reports why. Children ignore SIGINT and SIGHUP: Ctrl-C, or closing the terminal, reaches all of
them, and the bridge ends them in order. The engine gives way to the player (`roles`), and dies with the bridge; the
player notices the bridge's death itself, because it has notes to end.
"""

import contextlib
import logging
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import zmq

from score_bridge.errors import DeviceError, MediaError, ModelError, PeerError, ScoreBridgeError, SettingsError
from score_bridge.live.log import current_log
from score_bridge.live.supervision.child_main import run_child
from score_bridge.live.supervision.launch import Launched
from score_bridge.live.supervision.roles import Role
from score_bridge.live.supervision.waiting import waited_for_core
from score_bridge.live.supervision.watchdog import Watchdog
from score_bridge.wire.internal import MidiExpression, Publish, Shutdown
from score_bridge.wire.messages import Message
from score_bridge.wire.zmq_codec import Decoder, Part, encode

LOG = logging.getLogger(__name__)
BURST = 256  # messages taken from a child before others get their turn
QUEUE = 20_000  # messages: what 32 streams say in the seconds that a child may be silent, several times over
LOOK_EVERY = 0.5  # seconds between looks at how long a child has waited for a core
_FAULTS = {kind.__name__: kind for kind in (SettingsError, ModelError, DeviceError, MediaError)}


class Child:
    """One child process at a time, and the PAIR socket to it."""

    def __init__(self, role: Role, messages: Any, context: "zmq.Context[zmq.Socket[bytes]]", directory: Path) -> None:
        """Start nothing yet. `messages`: the union of those it sends; its sockets are made in `directory`."""
        self.watchdog = Watchdog(role.longest_pause)
        self.pair: zmq.Socket[bytes] | None = None
        self.dropped = 0  # readings that found a full queue
        self._readings: zmq.Socket[bytes] | None = None
        self._role = role
        self._decoder: Decoder[Any] = Decoder(messages)
        self._context = context
        self._directory = directory
        self._starts = 0
        self._looked = 0.0
        self._process: Launched | None = None
        self._faults: Connection | None = None

    @property
    def pid(self) -> int:
        """The process that runs now, 0 for none."""
        return self._process.pid if self._process else 0

    def start(self, now: float, *arguments: object) -> None:
        """Spawn the child with a new address and `arguments`."""
        self._starts += 1
        self.pair, address = self._bind("")
        if self._role.readings:
            self._readings, readings = self._bind("-readings")
            arguments = (readings, *arguments)
        self._faults, theirs = multiprocessing.Pipe(duplex=False)
        given = (self._role, current_log(), theirs, self._directory, address, arguments)
        self._process = Launched(self._role, run_child, given, done=theirs.close)
        self.watchdog.started(now)
        LOG.info("%s started", self._role.name)

    def ready(self, now: float) -> None:
        """The child reports that it is ready."""
        self.watchdog.ready(now)
        LOG.info("%s is ready, process %d", self._role.name, self.pid)

    def has_exited(self, now: float) -> bool:
        """Whether the child has died, or hangs and is killed now."""
        if self._process is None:
            return False
        if now - self._looked >= LOOK_EVERY and self.pid:
            self._looked = now
            self.watchdog.note_waiting(waited_for_core(self.pid), now)
        if self._process.is_alive() and self.watchdog.hung(now):
            LOG.error("%s stopped responding: killing it", self._role.name)
            self._process.kill()
        return not self._process.is_alive()

    def reap(self, now: float) -> ScoreBridgeError:
        """Reap the exited child and return its error, as far as it reported one."""
        assert self._process is not None, "the bridge reaps what has exited"
        exited, reported = f"{self._role.name} exited (code {self._process.exitcode})", self._said()
        LOG.error("%s%s", exited, f": {reported}" if reported else "")
        error = reported or ScoreBridgeError(f"the {exited}")
        self._clear()
        self.watchdog.died(now)
        return error

    def send(self, message: Message, payload: Part = b"") -> None:
        """Send without waiting. Readings that find a full queue are dropped and counted in `dropped`.

        Anything else that does would be lost in silence, notes that the ledger has booked among it: a child that far
        behind counts as hung and is killed, so that all that it left is ended and handed to the next one.
        """
        reading = self._readings is not None and isinstance(message, Publish | MidiExpression)
        socket = self._readings if reading else self.pair
        if socket is None:
            return
        try:
            socket.send_multipart(encode(message, payload), zmq.NOBLOCK, copy=False)
        except zmq.Again:
            if reading:
                self.dropped += 1
                if self.dropped == 1:
                    LOG.warning("queue of readings to %s full: dropping readings", self._role.name)
            elif self._process is not None and self._process.is_alive():
                LOG.error(
                    "send queue to %s full, %s not delivered: killing it", self._role.name, type(message).__name__
                )
                self._process.kill()

    def receive(self) -> Iterator[tuple[Any, Part]]:
        """Yield what has come from the child; every message is a sign of life."""
        for _ in range(BURST):
            parts = self._receive()
            if parts is None:
                return
            self.watchdog.note_sign_of_life(time.perf_counter())
            try:
                yield self._decoder.decode(parts)
            except PeerError as error:
                LOG.error("cannot decode a message of %s: %s", self._role.name, error)

    def end(self, seconds: float) -> None:
        """Order the child to shut down, and kill it if it has not exited after so long, or is not ready yet."""
        if self._process is None:
            return
        up = self.watchdog.state == "up"
        if up:
            self.send(Shutdown())
        if self._process.end(seconds if up else 0.0) and up:
            LOG.warning("%s does not exit: killed", self._role.name)
        self._clear()

    def _bind(self, purpose: str) -> tuple["zmq.Socket[bytes]", str]:
        pair = self._context.socket(zmq.PAIR)
        pair.setsockopt(zmq.LINGER, 0)
        pair.setsockopt(zmq.SNDHWM, QUEUE)
        if os.name == "posix":
            pair.bind(f"ipc://{self._directory}/{self._role.name}-{self._starts}{purpose}")
        else:
            pair.bind("tcp://127.0.0.1:*")
        return pair, pair.getsockopt_string(zmq.LAST_ENDPOINT)

    def _receive(self) -> list[bytes] | None:
        try:
            return self.pair.recv_multipart(zmq.NOBLOCK) if self.pair else None
        except zmq.Again:
            return None

    def _said(self) -> ScoreBridgeError | None:
        with contextlib.suppress(EOFError, OSError):
            if self._faults is not None and self._faults.poll():
                kind, _, reason = self._faults.recv_bytes().decode().partition(" ")
                return _FAULTS.get(kind, ScoreBridgeError)(reason)
        return None

    def _clear(self) -> None:
        for socket in (self.pair, self._readings):
            if socket is not None:
                socket.close()
        if self._faults is not None:
            self._faults.close()
        if self._process is not None:
            self._process.close()
        self._process = self.pair = self._readings = self._faults = None


def private_directory() -> "tempfile.TemporaryDirectory[str]":
    """Return a directory for sockets that only this user can enter; it is removed on leaving it."""
    return tempfile.TemporaryDirectory(prefix="score-bridge-", ignore_cleanup_errors=True)
