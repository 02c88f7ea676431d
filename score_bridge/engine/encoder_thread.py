"""The feature encoder on a thread of its own, so that a sixteenth never waits for a picture.

Threading contract: `submit` and `finished` belong to the engine's main thread; the worker thread owns the encoder and
nothing else. One slot a stream, newest wins; torch releases the interpreter lock inside its operations. Finished
features wait in a queue, and one byte on `wake_address` tells the main loop to look.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import zmq
from numpy.typing import NDArray

from score_bridge.models.picture.feature_encoder import Look

Encode = Callable[[NDArray[np.uint8]], Look]


@dataclass(frozen=True)
class Job:
    """A picture to encode: (H, W, 3) RGB of `stream`, its sequence number and when it was received (seconds)."""

    stream: str
    seq: int
    received: float
    rgb: NDArray[np.uint8]


@dataclass(frozen=True)
class Result:
    """What was found in a job's picture."""

    job: Job
    look: Look


class FeatureWorker:
    """Encodes the newest picture of each stream in turn; without an encoder it gets none."""

    def __init__(self, encode: Encode | None, context: zmq.Context[zmq.Socket[bytes]], wake_address: str) -> None:
        self._encode = encode
        self._slots: OrderedDict[str, Job] = OrderedDict()
        self._done: deque[Result] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, args=(context, wake_address), daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Take the place of a waiting picture of the same stream."""
        with self._changed:
            self._slots[job.stream] = job
            self._changed.notify()

    def finished(self) -> list[Result]:
        """Return what was finished since the last call, oldest first."""
        results = []
        while self._done:
            results.append(self._done.popleft())
        return results

    def alive(self) -> bool:
        """Say whether the thread still works; a failed encoder ends it."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the thread after the picture in hand."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self, context: zmq.Context[zmq.Socket[bytes]], wake_address: str) -> None:
        wake = context.socket(zmq.PAIR)
        wake.connect(wake_address)
        try:
            while (job := self._next()) is not None and self._encode is not None:
                self._done.append(Result(job, self._encode(job.rgb)))
                wake.send(b"!")
        finally:
            wake.close(linger=0)

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._slots or self._closing)
            return None if self._closing else self._slots.popitem(last=False)[1]
