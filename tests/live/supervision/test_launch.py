"""Real processes, spawned and forked: their numbers, their ends, and what becomes of them without their template."""

import contextlib
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import psutil  # type: ignore[import-untyped]
import pytest

from score_bridge.live.supervision.launch import Launched
from score_bridge.live.supervision.roles import Role
from score_bridge.live.supervision.template import can_fork, stop_template

PATIENCE = 10.0
SPAWNED = Role("spawned", "tests.live.fake_engine:run_engine")
FORKED = Role("forked", "tests.live.fake_engine:run_engine", environment=(("TOLD", "yes"),), forked=True)
forking = pytest.mark.skipif(not can_fork(), reason="no templates on this system")


def tell_and_exit(pipe: Connection, code: int) -> None:
    pipe.send((os.getpid(), os.environ.get("TOLD"), "tests.live.fake_engine" in sys.modules))
    sys.exit(code)


def tell_and_wait(pipe: Connection) -> None:
    pipe.send(os.getpid())
    threading.Event().wait()


Start = Callable[..., tuple[Launched, Connection]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Launch a function of this module; gives the process and the pipe on which it tells something."""
    launched: list[Launched] = []
    pipes: list[Connection] = []

    def begin(role: Role, run: Callable[..., None], *given: object) -> tuple[Launched, Connection]:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        launched.append(Launched(role, run, (theirs, *given), theirs.close))
        pipes.append(ours)
        return launched[-1], ours

    yield begin
    for process in launched:
        process.kill()
        process.close()
    for pipe in pipes:
        pipe.close()


def template(but: psutil.Process | None = None) -> psutil.Process | None:
    """Return the template of this process, another one than `but`, if there is one."""
    for child in psutil.Process().children():
        if child != but and child.status() != psutil.STATUS_ZOMBIE and "forkserver" in " ".join(child.cmdline()):
            return child
    return None


@pytest.mark.parametrize("role", [SPAWNED, pytest.param(FORKED, marks=forking)])
def test_it_has_a_number_lives_and_is_killed(start: Start, role: Role) -> None:
    process, pipe = start(role, tell_and_wait)
    assert process.is_alive()
    assert pipe.recv() == process.pid
    process.join(0.01)
    assert process.is_alive()
    process.kill()
    assert not process.is_alive()
    assert process.exitcode == -9


@pytest.mark.parametrize("role", [SPAWNED, pytest.param(FORKED, marks=forking)])
def test_what_it_exits_with_is_told(start: Start, role: Role) -> None:
    process, pipe = start(role, tell_and_exit, 7)
    told, _, _ = pipe.recv()
    process.join(PATIENCE)
    assert (process.is_alive(), process.exitcode, process.pid) == (False, 7, told)


@forking
def test_a_template_has_imported_what_its_forks_need_in_the_environment_they_need(start: Start) -> None:
    _, pipe = start(FORKED, tell_and_exit, 0)
    assert pipe.recv()[1:] == ("yes", True)
    found = template()
    assert found is not None
    assert found.num_threads() == 1, "a process with threads is not to be forked"
    assert "TOLD" not in os.environ


@forking
def test_one_that_is_not_there_yet_never_comes_once_it_is_not_wanted(start: Start) -> None:
    stop_template()
    process, pipe = start(FORKED, tell_and_wait)
    process.end(0.0)
    assert not process.is_alive()
    assert template() is None
    with contextlib.suppress(EOFError):  # it did not even come
        assert not psutil.pid_exists(pipe.recv())


@forking
def test_a_template_s_death_is_nobody_else_s_and_another_one_follows(start: Start) -> None:
    process, pipe = start(FORKED, tell_and_wait)
    pipe.recv()
    first = template()
    assert first is not None
    first.kill()
    end = time.monotonic() + PATIENCE
    while template(but=first) is None:
        assert process.is_alive()
        assert time.monotonic() < end
    process.kill()
    assert not process.is_alive()
    assert process.exitcode is None
    successor, pipe = start(FORKED, tell_and_wait)
    assert pipe.recv() == successor.pid
