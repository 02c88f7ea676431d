"""`score-bridge serve` as a child of TouchDesigner: started, stopped, and what it says kept for a DAT.

Processes are kept in a table of their own in sys.modules, because extensions and their modules are made anew whenever
somebody edits them, and the server is to play on meanwhile.
"""

import os
import shlex
import subprocess
import sys
import threading
from collections import deque
from types import ModuleType
from typing import IO

TABLE = "_score_bridge_servers"
LINES = 200
STOP_S = 5.0
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE")  # TouchDesigner's own are not for another Python


class Server:
    """One process and the last lines it said."""

    def __init__(self, command: list[str]) -> None:
        """Start it. Raises OSError where there is no such program."""
        environment = {key: value for key, value in os.environ.items() if key not in FOREIGN}
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        self.lines: deque[str] = deque(maxlen=LINES)
        self.count = 0
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            encoding="utf-8", errors="replace", env=environment, creationflags=flags,
        )  # fmt: skip
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End it, within five seconds."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(STOP_S)

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self.lines.append(line.rstrip())
                self.count += 1


def command_line(python: str, flags: str, osc_port: int, zmq_port: int) -> list[str]:
    """Return the command: `python` is the program of a Python that has score_bridge, or score-bridge itself."""
    name = os.path.basename(python).lower()
    start = [python] if name.startswith("score-bridge") else [python, "-m", "score_bridge"]
    ports = ["--osc-port", str(osc_port), "--zmq-port", str(zmq_port)]
    return [*start, "serve", *ports, *shlex.split(flags, posix=os.name != "nt")]


def servers() -> dict[int, Server]:
    """Return the table of servers by their component's id; the same one however often this module is made anew."""
    module = sys.modules.setdefault(TABLE, ModuleType(TABLE))
    table: dict[int, Server] = module.__dict__.setdefault("table", {})
    return table
