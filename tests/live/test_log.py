"""The log of several processes in one file."""

import subprocess
import sys
from pathlib import Path

import pytest

from score_bridge.errors import SettingsError
from score_bridge.live.log import LogTo, start_log

SCRIPT = """
import logging, sys
from score_bridge.live.log import LogTo, current_log, start_log
start_log(LogTo(logging.INFO, sys.argv[1]))
assert current_log() == LogTo(logging.INFO, sys.argv[1])
for n in range(200):
    logging.getLogger("a").info("%s %d", sys.argv[2], n)
"""


def test_processes_append_whole_lines_with_time_and_level(tmp_path: Path) -> None:
    file = tmp_path / "server.log"
    running = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(file), name], stderr=subprocess.DEVNULL)
        for name in ("one", "two")
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    lines = file.read_text().splitlines()
    assert len(lines) == 400
    assert sorted({tuple(line.split()[2:5]) for line in lines}) == [("INFO", "a:", "one"), ("INFO", "a:", "two")]
    assert all(line[:2] == "20" for line in lines)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot write --log-file"):
        start_log(LogTo(file=str(tmp_path / "none" / "a.log")))
