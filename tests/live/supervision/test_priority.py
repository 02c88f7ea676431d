"""Whose turn it is: real processes, whose niceness the system tells."""

import os
import subprocess
import sys

import pytest

from score_bridge.live.supervision.roles import BRIDGE_NICENESS, ENGINE_NICENESS, PLAYER_NICENESS
from tests.live.rig import ROOT, playing

posix = pytest.mark.skipif(not hasattr(os, "getpriority"), reason="no niceness here")


def niceness_after(code: str) -> list[int]:
    """What a process tells after `code`, as a list in the variable `told`."""
    lines = f"import os\nfrom score_bridge.live.supervision import priority\n{code}\nprint(*told)"
    done = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, check=True, capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


@posix
def test_the_first_that_is_permitted_is_taken() -> None:
    assert niceness_after("priority.set_niceness([17, 19])\ntold = [os.getpriority(0, 0)]") == [17]
    refuse = (
        "def real(*a, f=os.setpriority):\n    if a[2] < 0: raise PermissionError\n    f(*a)\nos.setpriority = real"
    )
    assert niceness_after(f"{refuse}\npriority.set_niceness([-5, 18])\ntold = [os.getpriority(0, 0)]") == [18]


@posix
def test_a_with_ends_as_urgent_as_it_began() -> None:
    tell = "told.append(os.getpriority(0, 0))"
    before, after = niceness_after(f"told = []\n{tell}\nwith priority.niceness([-5, 0]): pass\n{tell}")
    assert before == after


@posix
def test_the_player_goes_before_the_bridge_and_that_before_the_engine_as_far_as_is_permitted() -> None:
    assert all(
        player <= bridge <= engine
        for player, bridge, engine in zip(PLAYER_NICENESS, BRIDGE_NICENESS, ENGINE_NICENESS, strict=True)
    )
    with playing() as host:
        taken = [
            os.getpriority(os.PRIO_PROCESS, pid)
            for pid in (host.ready["player_pid"], host.process.pid, host.ready["engine_pid"])
        ]
    assert taken == sorted(taken)
    if niceness_after("priority.set_niceness([-15])\ntold = [os.getpriority(0, 0)]") == [-15]:
        assert taken == [PLAYER_NICENESS[0], BRIDGE_NICENESS[0], ENGINE_NICENESS[0]]
