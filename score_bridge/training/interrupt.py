"""Ctrl-C between two steps: a training step is finished, not torn, so that what is kept is whole."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """Training was interrupted; the checkpoint at `step` is saved."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after step {step}")
        self.step = step


@contextmanager
def stoppable(insistent: bool = True) -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C, or SIGTERM, into an answer to "is it to stop?"; a second one interrupts at once.

    Unless it is `insistent` it does not: torchrun sends once more what the terminal sent to all of its processes.
    Python lets only the main thread handle signals; in others the answer is always no.
    """
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        if asked and insistent:
            raise KeyboardInterrupt
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
