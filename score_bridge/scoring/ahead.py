"""Work that is done on a thread while its consumer is at the item before: films are decoded so.

FFmpeg decodes and scales without the interpreter lock: a second core reads the film while the first one looks at it.
"""

import threading
from collections.abc import Generator, Iterator
from queue import Queue
from typing import TypeVar

T = TypeVar("T")

MOST = 8
"""Items that are made before they are wanted; pictures of 256 x 256 take 200 KB each."""


class _End:
    """What comes after the last item; `error` is what ended them."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def made_ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield `items` in their order, up to MOST of which a thread makes beforehand; raises what they raise.

    Closing the generator ends the thread with the item in hand.
    """
    room, made, stopped = threading.Semaphore(MOST), Queue[T | _End](), threading.Event()

    def make() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                made.put(item)
                room.acquire()
                if stopped.is_set():
                    break
        except BaseException as caught:
            error = caught
        made.put(_End(error))

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            room.release()
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        room.release()
        thread.join()
