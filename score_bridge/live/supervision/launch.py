"""A child's process from its start to its end, spawned here or forked from a template.

Threading contract: a fork is asked for on a thread of its own, since a template that still imports answers late and
the bridge waits for nobody. That thread makes the process and ends; all else belongs to the bridge's thread, which
looks at the process only after that.
"""

import contextlib
import multiprocessing
import os
import select
import signal
import threading
from collections.abc import Callable
from typing import Any

from score_bridge.live.supervision.child_main import terminal_signals_held
from score_bridge.live.supervision.roles import Role
from score_bridge.live.supervision.template import CONTEXT, can_fork, start_template, stop_template

REPORTED_S = 1.0  # how long the template is waited for to tell an exit code
_SPAWN = multiprocessing.get_context("spawn")


class Launched:
    """A process that was asked for. Descriptors of a forked one tell of its end, whoever its parent is by then."""

    def __init__(
        self, role: Role, run: Callable[..., None], given: tuple[object, ...], done: Callable[[], None]
    ) -> None:
        """Start `run(*given)`; `done` is called, on whatever thread, when the process has got what it was given."""
        self._role, self._run, self._given, self._done = role, run, given, done
        self._process: Any = None
        self._handle: int | None = None  # pidfd
        self._forking: threading.Thread | None = None
        self._orphaned = False
        self._wanted = True
        if role.forked and can_fork():
            start_template(role)
            self._forking = threading.Thread(target=self._fork, name=f"fork {role.name}", daemon=True)
            self._forking.start()
        else:
            self._spawn()

    @property
    def pid(self) -> int:
        """The process's number, 0 before it has one."""
        return 0 if self._starting() or self._process is None else self._process.pid

    @property
    def exitcode(self) -> int | None:
        """What it exited with; None if that is not known."""
        if self._process is None or self._orphaned:
            return None
        self._process.join(REPORTED_S)
        code: int | None = self._process.exitcode
        return code

    def is_alive(self) -> bool:
        """Whether it runs, or is being started."""
        if self._starting():
            return True
        if self._handle is None:
            return self._process is not None and bool(self._process.is_alive())
        self._keep_template()
        return not self._ended(0.0)

    def end(self, seconds: float) -> bool:
        """Wait so long for its end, and kill it then; returns whether that was necessary. Its template ends, too."""
        if self._forking is not None:
            self._wanted = False  # one that is not there yet need not come
            stop_template()
            while self._starting():  # it may just have asked for another template
                self._forking.join(0.1)
                stop_template()
        self.join(seconds)
        alive = self.is_alive()
        if alive:
            self.kill()
        return alive

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        if self._forking is not None:
            self._forking.join()
        if self._handle is None:
            if self._process is not None:
                self._process.kill()
                self._process.join()
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self._ended(None)

    def join(self, seconds: float) -> None:
        """Wait for its end for so long at most."""
        if self._forking is not None:
            self._forking.join(seconds)
        if self._starting():
            return
        if self._handle is not None:
            self._ended(seconds)
        elif self._process is not None:
            self._process.join(seconds)

    def close(self) -> None:
        """Let go of an ended process."""
        if self._process is None:
            return
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            self._process.join(REPORTED_S)
        with contextlib.suppress(ValueError):  # the template was killed with it, and has not told of its end
            self._process.close()

    def _starting(self) -> bool:
        return self._forking is not None and self._forking.is_alive()

    def _spawn(self) -> None:
        self._process = _SPAWN.Process(target=self._run, args=self._given, name=self._role.name, daemon=True)
        with terminal_signals_held():
            self._process.start()
        self._done()

    def _fork(self) -> None:
        process = CONTEXT.Process(target=self._run, args=self._given, name=self._role.name, daemon=True)
        try:
            process.start()
        except (EOFError, OSError, TypeError):  # no template: it was killed, even in this moment, or cannot import
            if self._wanted:
                self._spawn()  # which says itself why it cannot work
            else:
                self._done()
            return
        with contextlib.suppress(OSError):  # it has exited already
            self._handle = os.pidfd_open(process.pid or 0)
        self._process = process
        self._done()

    def _keep_template(self) -> None:
        """Start another template where the process lives on without its own."""
        if self._wanted and not self._orphaned and _readable(self._process.sentinel, 0.0) and not self._ended(0.0):
            self._orphaned = True
            start_template(self._role)

    def _ended(self, seconds: float | None) -> bool:
        return self._handle is None or _readable(self._handle, seconds)


def _readable(descriptor: int, seconds: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))
