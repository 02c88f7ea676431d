"""How urgent a process is to the system."""

import contextlib
import os
from collections.abc import Iterator, Sequence


def set_niceness(wanted: Sequence[int]) -> None:
    """Take the first niceness of `wanted` that the system permits; without any, or on Windows, it stays."""
    if not hasattr(os, "setpriority"):
        return
    for niceness in wanted:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, niceness)
            return


@contextlib.contextmanager
def niceness(wanted: Sequence[int]) -> Iterator[None]:
    """Be as urgent as that for the length of a `with`, as far as there is a way back."""
    if not hasattr(os, "getpriority"):
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    set_niceness([one for one in wanted if one <= before or before < 0])  # whoever may be below 0 may come back
    try:
        yield
    finally:
        set_niceness([before])


def be_prompt() -> None:
    """Ask to be woken at once even where all cores are busy; most users may not, and go on without."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def name_process(name: str) -> None:
    """Let `ps` and `top` show this process as `name` (15 characters), where the system has a way."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(name)
