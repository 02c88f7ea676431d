"""A process that has imported what the engine needs, and does nothing but fork engines: the next one need not import.

Importing takes half a second; a fork of a process that has done it takes some milliseconds, and shares its memory.
Only on Linux: elsewhere a fork of a process with the system's frameworks in it is not safe, and children are spawned.
The template computes nothing and has one thread; it opens no device, so that a GPU begins in the child.

The template is `multiprocessing`'s fork server. It outlives the engines, and ends with the bridge; where it dies
before, the engine that runs plays on and a new template is started.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from score_bridge.live.supervision.child_main import terminal_signals_held
from score_bridge.live.supervision.priority import niceness
from score_bridge.live.supervision.roles import Role

CONTEXT: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")


def can_fork() -> bool:
    """Whether there are templates here: on Linux, from kernel 5.3, where a process can be held by a descriptor."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def start_template(role: Role) -> None:
    """Start the template of `role` if there is none; returns before it has imported anything."""
    forkserver = importlib.import_module("multiprocessing.forkserver")  # which Windows does not have
    forkserver.set_forkserver_preload([role.module])
    with _variables(dict(role.environment)), terminal_signals_held(), niceness(role.niceness):
        forkserver.ensure_running()


def stop_template() -> None:
    """End the template at once. By itself it would end when it has imported everything and the bridge is gone."""
    server = getattr(importlib.import_module("multiprocessing.forkserver"), "_forkserver", None)
    pid = getattr(server, "_forkserver_pid", None)
    if server is not None and pid is not None:
        os.kill(pid, signal.SIGKILL)
        server._stop()  # the public functions have no way to reap it


@contextlib.contextmanager
def _variables(more: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables that are not set, for what is started in a `with`."""
    added = {name: value for name, value in more.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
