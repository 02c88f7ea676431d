"""Ableton Link itself: a server and another program share a session. What is read of it, and said without aalink."""

import asyncio
import importlib.util
import json
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from score_bridge.errors import DeviceError
from score_bridge.live.endpoints.ableton_link import AbletonLink
from tests.live.rig import ROOT
from tests.programs import needs

ALONE = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "-"]
"""Runs a command in a network of its own: a session would reach every program of the local network."""
HALTED_S = 0.005

OVERWRITES = """
import time
from tests.live.link_session import Program
from score_bridge.live.endpoints.ableton_link import AbletonLink
from tests.live.player.test_midi_out import wait_for
first = Program(97.0)
for _ in range(5):
    second = AbletonLink(140.0)
    wait_for(lambda: next(second.events(time.perf_counter())).peers == 1 and first.look().peers == 1)
    wait_for(lambda: abs(next(second.events(time.perf_counter())).tempo - first.look().tempo) < 0.01)
    print(first.look().tempo, flush=True)
    second.close()
    wait_for(lambda: first.look().peers == 0)
"""

link = pytest.mark.skipif(importlib.util.find_spec("aalink") is None, reason="aalink is absent")


class HaltedLink:
    """What we use of aalink's `Link`: 2 beats a second, and a process that is halted while it first reads."""

    def __init__(self, tempo: float) -> None:
        assert asyncio.get_running_loop(), "it asks for one"
        self.tempo, self.num_peers, self.enabled, self.quantum = tempo, 1, False, 1.0
        self.reads = 0

    @property
    def beat(self) -> float:
        self.reads += 1
        now = time.perf_counter()
        while self.reads == 1 and time.perf_counter() < now + HALTED_S:
            pass
        return now * 2


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> AbletonLink:
    monkeypatch.setitem(sys.modules, "aalink", SimpleNamespace(Link=HaltedLink))
    return AbletonLink(120.0)


def in_a_network_of_its_own(*arguments: str) -> str:
    if subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a network of its own is not permitted")
    command = [*ALONE, sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@link
@needs("unshare", "ip")
def test_server_and_program_share_tempo_and_bar() -> None:
    said = json.loads(in_a_network_of_its_own("-m", "tests.live.link_session"))
    assert said["joined"] == pytest.approx([97, 97], abs=0.01), "who comes takes over the session's tempo"
    assert said["followed"] == pytest.approx([128, 128], abs=0.01)
    assert said["told"] == pytest.approx([111, 111], abs=0.01)
    for change in ("joined", "followed", "told"):
        assert max(map(abs, said[f"off_{change}"])) < 3, change
    assert set(said["alone_steps"]) == {1}
    assert said["alone_gaps"] == pytest.approx([15 / 111] * len(said["alone_gaps"]), abs=0.001)


@link
@needs("unshare", "ip")
def test_who_joins_does_not_overwrite_the_tempo() -> None:
    tempos = [float(line) for line in in_a_network_of_its_own("-c", OVERWRITES).split()]
    assert tempos == pytest.approx([97] * 5, abs=0.01)


def test_without_aalink_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(DeviceError, match="pip install aalink") as raised:
        AbletonLink(120.0)
    assert "\n" not in str(raised.value)


def test_the_command_line_says_so_too_and_its_exit_code_is_2() -> None:
    check = "import sys; sys.modules['aalink'] = None; from score_bridge.cli import main; main()"
    ports = ["--zmq-port", "0", "--pub-port", "0", "--osc-port", "0"]
    command = [sys.executable, "-c", check, "serve", "--link", *ports]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: Ableton Link needs the package aalink")


def test_a_session_is_read_exactly_though_the_process_was_halted_meanwhile(made: AbletonLink) -> None:
    [state] = made.events(0.0)
    assert state.beat == pytest.approx(state.time * 2, abs=HALTED_S / 2)
    assert (state.tempo, state.peers) == (120.0, 1)


def test_it_joins_half_a_second_after_it_was_made_and_leaves(made: AbletonLink) -> None:
    begun, link = time.perf_counter(), made._link
    for now, joined in [(begun, False), (begun + 0.45, False), (begun + 0.55, True)]:
        assert len(list(made.events(now))) == 1
        assert link.enabled is joined
    made.tell(90.0)
    assert (link.tempo, link.quantum) == (90.0, 4)
    made.close()
    assert not link.enabled
