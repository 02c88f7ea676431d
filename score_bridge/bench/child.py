"""A function of ours in a process of its own, spawned, with a pipe to it."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from score_bridge.errors import ScoreBridgeError
from score_bridge.live.supervision.child_main import resolve_target

_SPAWN = multiprocessing.get_context("spawn")
END_S = 10.0


@contextmanager
def child(target: str, *arguments: object) -> Iterator[Connection]:
    """Run "module:function" with the pipe's other end and `arguments` for the length of a `with`.

    It is killed where it does not end by itself within END_S of the block.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(target, theirs, *arguments), name=target)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(END_S)
        if process.is_alive():
            process.kill()
            process.join()


def answer(pipe: Connection, timeout: float) -> object:
    """Return the child's next answer. ScoreBridgeError when it ends first, or `timeout` seconds pass."""
    try:
        if pipe.poll(timeout):
            answered: object = pipe.recv()
            if isinstance(answered, ScoreBridgeError):
                raise answered
            return answered
    except EOFError:
        raise ScoreBridgeError("a process of the benchmark ended without an answer") from None
    raise ScoreBridgeError(f"a process of the benchmark did not answer within {timeout:g} s")


def _run(target: str, pipe: Connection, *arguments: object) -> None:
    try:
        resolve_target(target)(pipe, *arguments)
    except ScoreBridgeError as error:
        pipe.send(error)
    finally:
        pipe.close()
