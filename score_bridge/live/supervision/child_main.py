"""What a child process runs before it is what it is: signals, log, urgency, and a way to say why it cannot work."""

import contextlib
import importlib
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from score_bridge.errors import ScoreBridgeError
from score_bridge.live.log import LogTo, start_log
from score_bridge.live.supervision.priority import name_process, set_niceness
from score_bridge.live.supervision.roles import Role

TERMINAL_SIGNALS = {signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])}


def run_child(
    role: Role, log: LogTo, faults: Connection, directory: Path, address: str, arguments: tuple[object, ...]
) -> None:
    """Be `role` in a fresh process. A ScoreBridgeError is reported to `faults` as "kind reason", exit code 2."""
    _ignore_terminal()
    for name, value in role.environment:
        os.environ.setdefault(name, value)
    set_niceness(role.niceness)
    name_process(f"score-{role.name}")
    if role.dies_with_parent:
        threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        start_log(log)
        resolve_target(role.target)(address, *arguments)
    except ScoreBridgeError as error:
        faults.send_bytes(f"{type(error).__name__} {error}".encode())
        sys.exit(2)
    finally:
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():  # killed: the directory is removed here
            shutil.rmtree(directory, ignore_errors=True)


def resolve_target(target: str) -> Callable[..., None]:
    """Import "module:function"."""
    module, _, name = target.partition(":")
    function: Callable[..., None] = getattr(importlib.import_module(module), name)
    return function


@contextlib.contextmanager
def terminal_signals_held() -> Iterator[None]:
    """Keep the terminal's signals from what is started meanwhile: it inherits that, until it ignores them itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, TERMINAL_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_terminal() -> None:
    for one in TERMINAL_SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TERMINAL_SIGNALS)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
