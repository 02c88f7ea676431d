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
    assert niceness_after("priority.set_niceness([7, 9])\ntold = [os.getpriority(0, 0)]") == [7]
    refuse = (
        "def real(*a, f=os.setpriority):\n    if a[2] < 0: raise PermissionError\n    f(*a)\nos.setpriority = real"
    )
    assert niceness_after(f"{refuse}\npriority.set_niceness([-5, 3])\ntold = [os.getpriority(0, 0)]") == [3]


@posix
def test_a_with_ends_as_urgent_as_it_began() -> None:
    code = (
        "told = []\nwith priority.niceness([0]): told.append(os.getpriority(0, 0))\ntold.append(os.getpriority(0, 0))"
    )
    assert niceness_after(code) == [0, 0]


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
    wanted = [list(ones) for ones in zip(PLAYER_NICENESS, BRIDGE_NICENESS, ENGINE_NICENESS, strict=True)]
    assert taken in wanted, "all that root may, or all that everybody may"
