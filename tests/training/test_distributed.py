"""Two real processes under torchrun, on the CPU, against one."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.errors import SettingsError
from score_bridge.training.distributed import Ranks, join_processes
from tests.server import environment
from tests.training.two_ranks import fresh, gradients, whole_batch

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left behind."""
    where = tmp_path_factory.mktemp("ranks")
    command = [*TORCHRUN, "tests.training.two_ranks", str(where)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    return where


def test_both_end_with_the_same_weights_from_parts_of_their_own(folder: Path) -> None:
    first, second = (torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    one, two = (json.loads((folder / f"said{rank}.json").read_text()) for rank in (0, 1))
    assert one["own"] != two["own"]
    assert one["mean"] == two["mean"] == pytest.approx((one["own"] + two["own"]) / 2, rel=1e-5)


def test_gradients_are_those_of_one_process_on_the_whole_batch(folder: Path) -> None:
    together = torch.load(folder / "rank0.pt", weights_only=True)["gradients"]
    torch.testing.assert_close(together, gradients(fresh(), whole_batch()), rtol=1e-4, atol=1e-6)


def test_they_agree_on_time_and_stopping_and_only_the_first_speaks_and_writes(folder: Path) -> None:
    one, two = (json.loads((folder / f"said{rank}.json").read_text()) for rank in (0, 1))
    assert one["agreed"] == two["agreed"] == [1.0, True]
    assert (one["reports"], two["reports"]) == (1, 0)
    names = {"checkpoint.safetensors", "data.json", "melody.json", "melody.safetensors"}
    assert {path.name for path in (folder / "run").iterdir()} == names
    assert json.loads((folder / "run" / "melody.json").read_text())["effort"]["steps"] == 20


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads' names are read from /proc")
def test_none_of_the_groups_threads_is_left_when_a_process_ends(folder: Path) -> None:
    """One that runs on as the interpreter ends aborts the process, one run in ten."""
    assert [json.loads((folder / f"said{rank}.json").read_text())["threads"] for rank in (0, 1)] == [[], []]


def test_alone_nothing_is_exchanged_and_the_random_numbers_are_the_same() -> None:
    with join_processes("cpu") as alone:
        assert alone == Ranks(0, 1, torch.device("cpu"))
        assert alone.first
        assert alone.agree(3.5, False) == (3.5, False)
        assert alone.average({"loss": 2.0}) == {"loss": 2.0}
    drawn = [np.random.default_rng(seed).random() for seed in ((7, 12), (7, 12, 0), (7, 12, 1))]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_batch_that_does_not_divide() -> None:
    assert Ranks(1, 4, torch.device("cpu")).part(32) == 8
    with pytest.raises(SettingsError, match="a batch of 30 does not divide among 4 processes"):
        Ranks(1, 4, torch.device("cpu")).part(30)
