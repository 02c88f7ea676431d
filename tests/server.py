"""The real server for tests: `score-bridge serve` on ports of the system's choosing, one for all tests of a module.

`from tests.server import running_server` gives a test module the fixture `server`.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

READY_S, END_S = 90.0, 15.0
FLAGS = ("--zmq-port", "0", "--pub-port", "0", "--osc-port", "0", "--osc-reply-port", "0", "--device", "cpu")


class Server(NamedTuple):
    """A server: `zmq` and `pub` are addresses, `osc` is a UDP port of 127.0.0.1; `ready` is its first line."""

    zmq: str
    pub: str
    osc: int
    process: "subprocess.Popen[str]"
    engine: int
    player: int
    ready: dict[str, Any]


@contextmanager
def serving(*flags: str) -> Iterator[Server]:
    """Run `serve` with further flags until the block ends; what it logs is shown when it does not get ready."""
    command = [sys.executable, "-m", "score_bridge", "serve", *FLAGS, *flags]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment())
        assert process.stdout is not None
        patience = threading.Timer(READY_S, process.kill)
        patience.start()
        try:
            line = process.stdout.readline()
            patience.cancel()
            if not line:
                log.seek(0)
                pytest.fail(f"serve did not get ready: {log.read()[-4000:]}")
            ready = json.loads(line)
            assert ready["ready"] is True
            osc = int(str(ready["osc"]).rpartition(":")[2])
            yield Server(ready["zmq"], ready["pub"], osc, process, ready["engine_pid"], ready["player_pid"], ready)
        finally:
            patience.cancel()
            _end(process)


@pytest.fixture(scope="session", name="server")
def running_server() -> Iterator[Server]:
    with serving() as ports:
        yield ports


def environment() -> dict[str, str]:
    """Variables for a child that is to import this checkout, installed or not."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail(f"serve did not end within {END_S} s of being asked")
    finally:
        if process.stdout is not None:
            process.stdout.close()
