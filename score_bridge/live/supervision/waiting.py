"""How long a process has waited for a core: what tells a starved child from one that hangs.

Linux counts for every thread how long it was ready to run without being let (`/proc/PID/task/TID/schedstat`, the
second number, nanoseconds). A thread that is stopped, or blocked, or runs without end, does not wait in this sense.
Elsewhere nothing of the kind can be read without further libraries, and the answer is None.
"""

from pathlib import Path

PROC = Path("/proc")


def waited_for_core(pid: int, proc: Path = PROC) -> float | None:
    """Return the seconds that the threads of process `pid` have waited for a core so far, summed; None = unknown."""
    try:
        return sum(_waited(thread) for thread in (proc / str(pid) / "task").iterdir())
    except (OSError, ValueError, IndexError):
        return None


def _waited(thread: Path) -> float:
    try:
        return int((thread / "schedstat").read_text("ascii").split()[1]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        if (thread / "stat").exists():  # the thread lives, but this kernel does not count
            raise
        return 0.0
