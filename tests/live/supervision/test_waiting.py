"""What Linux says of a child's threads, and a real child that is stopped, idle, or has no core."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from score_bridge.live.supervision.waiting import waited_for_core

BUSY = "while True: pass"
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def process(proc: Path, **threads: str) -> Path:
    for name, schedstat in threads.items():
        (proc / "7" / "task" / name).mkdir(parents=True)
        (proc / "7" / "task" / name / "schedstat").write_text(schedstat)
    return proc


def test_the_waits_of_all_threads_are_summed(tmp_path: Path) -> None:
    assert waited_for_core(7, process(tmp_path, a="9 1500000000 3\n", b="1 500000000 4\n")) == 2.0


def test_nobody_knows_where_the_system_does_not_say(tmp_path: Path) -> None:
    assert waited_for_core(7, tmp_path) is None
    assert waited_for_core(7, process(tmp_path, a="")) is None


def test_a_thread_that_has_just_ended_is_left_out_and_a_kernel_that_does_not_count_is_not(tmp_path: Path) -> None:
    process(tmp_path, a="9 1500000000 3\n")
    (tmp_path / "7" / "task" / "ended").mkdir()
    assert waited_for_core(7, tmp_path) == 1.5
    (tmp_path / "7" / "task" / "ended" / "stat").write_text("it lives")
    assert waited_for_core(7, tmp_path) is None


@contextmanager
def running(code: str) -> Iterator[int]:
    """Run Python code on the first core that this process may use."""
    core = min(os.sched_getaffinity(0))
    on_core = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\n{code}"
    child = subprocess.Popen([sys.executable, "-c", on_core], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    try:
        yield child.pid
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def wait_grows_by(pid: int, wanted: float, seconds: float) -> bool:
    before, end = waited_for_core(pid), time.monotonic() + seconds
    assert before is not None
    while time.monotonic() < end:
        now = waited_for_core(pid)
        assert now is not None
        if now - before > wanted:
            return True
    return False


@linux
def test_whoever_shares_a_core_waits_and_whoever_is_stopped_or_idle_does_not() -> None:
    with running(BUSY) as one, running(BUSY):
        assert wait_grows_by(one, 0.1, seconds=10.0)
        os.kill(one, signal.SIGSTOP)
        assert not wait_grows_by(one, 0.1, seconds=0.5)
    with running(BUSY), running("import threading; threading.Event().wait()") as idle:
        assert not wait_grows_by(idle, 0.1, seconds=0.5)
