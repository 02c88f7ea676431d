"""Slow work on a thread of its own, so that a sixteenth never waits for a picture.

Threading contract: `submit`, `forget`, `finished` and the gate belong to the engine's main thread; the worker thread
calls `work` and nothing else, and begins no job while the gate is closed. One waiting job a stream, newest wins;
OpenCV and the networks release the interpreter lock inside their operations. Results wait in a queue, and one byte on
`wake_address` wakes the main loop.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import zmq

from score_bridge.engine.pacing import rest_after


class Job(Protocol):
    """What is worked on belongs to a stream."""

    @property
    def stream(self) -> str:
        """The stream's name."""


J = TypeVar("J", bound=Job)
R = TypeVar("R")


class Worker(Generic[J, R]):
    """Does the newest job of each stream in turn."""

    def __init__(
        self,
        work: Callable[[J], R],
        context: "zmq.Context[zmq.Socket[bytes]]",
        wake_address: str,
        gate: threading.Event | None = None,
    ) -> None:
        """Begin; `wake_address` is a PULL socket's that is bound already; no job begins while `gate` is not set."""
        self._work = work
        self._gate = gate
        self._waiting: OrderedDict[str, J] = OrderedDict()
        self._in_hand: J | None = None
        self._done: list[tuple[J, R]] = []
        self._changed = threading.Condition()
        self._closing = False
        self.share = 1.0  # of the time that jobs may take
        self._thread = threading.Thread(target=self._run, args=(context, wake_address), daemon=True)
        self._thread.start()

    def submit(self, job: J) -> None:
        """Take the place of a waiting job of the same stream."""
        with self._changed:
            self._waiting[job.stream] = job
            self._changed.notify()

    def forget(self, stream: str) -> None:
        """Drop a stream's jobs and results, also of the job in hand: a new stream of its name must not get them."""
        with self._changed:
            self._waiting.pop(stream, None)
            self._done = [(job, result) for job, result in self._done if job.stream != stream]
            if self._in_hand is not None and self._in_hand.stream == stream:
                self._in_hand = None

    def finished(self) -> list[tuple[J, R]]:
        """Return jobs with their results since the last call, oldest first."""
        with self._changed:
            done, self._done = self._done, []
        return done

    def alive(self) -> bool:
        """Say whether the thread still works; work that raises ends it."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the thread after the job in hand."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self, context: "zmq.Context[zmq.Socket[bytes]]", wake_address: str) -> None:
        wake = context.socket(zmq.PUSH)
        wake.connect(wake_address)
        try:
            while (job := self._next()) is not None:
                began = time.perf_counter()
                result = self._work(job)
                rest = rest_after(time.perf_counter() - began, self.share)
                with self._changed:
                    if self._in_hand is job:
                        self._done.append((job, result))
                wake.send(b"!")
                if rest > 0:
                    self._rest(rest)
        finally:
            wake.close(linger=0)

    def _rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, timeout=seconds)

    def _next(self) -> J | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
        if self._gate is not None:
            self._gate.wait()
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._in_hand = None if self._closing else self._waiting.popitem(last=False)[1]
            return self._in_hand
