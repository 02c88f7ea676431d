"""Training in several processes of one machine, as torchrun starts them: one a GPU (NCCL), or several on CPUs (gloo).

Every process holds the whole model and the same state. A step is: each draws its own part of the batch, gradients are
averaged, all take the same step. What depends on the clock or on a person, time gone by and Ctrl-C, is agreed on, so
that all stop after the same step. Only the first process writes.

    torchrun --nproc-per-node 2 -m -- score_bridge.cli train melody --corpus corpus.npz --run runs/melody

(Without the `--` torchrun takes `--run` for an option of its own.)
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from score_bridge.errors import DeviceError, SettingsError


@dataclass(frozen=True)
class Ranks:
    """One process among all: its rank 0..world-1 and its device. Where it is alone nothing is exchanged."""

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and reports."""
        return self.rank == 0

    def part(self, batch: int) -> int:
        """Return how many of `batch` sequences are this process's. Raises SettingsError when they do not divide."""
        if batch % self.world:
            raise SettingsError(f"a batch of {batch} does not divide among {self.world} processes")
        return batch // self.world

    def average_gradients(self, network: nn.Module) -> None:
        """Give every process the mean of all processes' gradients, in one exchange."""
        if self.world == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        means = torch.split(self._mean(flat), [gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def average(self, values: dict[str, float]) -> dict[str, float]:
        """Average named numbers over the processes."""
        if self.world == 1:
            return values
        means = self._mean(torch.tensor(list(values.values()), device=self.device)).tolist()
        return dict(zip(values, means, strict=True))

    def agree(self, elapsed: float, stop: bool) -> tuple[float, bool]:
        """Take the first process's time, and stop when any of them is to."""
        if self.world == 1:
            return elapsed, stop
        agreed = torch.tensor([elapsed if self.first else 0.0, float(stop)], dtype=torch.float64, device=self.device)
        dist.all_reduce(agreed)
        return float(agreed[0]), bool(agreed[1] > 0)

    def _mean(self, values: Tensor) -> Tensor:
        dist.all_reduce(values)
        return values / self.world


def is_first() -> bool:
    """Whether this process is alone or the first of those that torchrun started: the one to speak."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def join_processes(device: str) -> Iterator[Ranks]:
    """Join the processes that torchrun started, or be alone; `device` is cpu or cuda, and cuda becomes one's own.

    Within another `join_processes` the group is the same, for a process can join only once. Raises DeviceError
    where there are fewer GPUs than processes.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Ranks(0, 1, torch.device(device))
        return
    own = torch.device(device)
    if own.type == "cuda":
        own = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        if own.index >= torch.cuda.device_count():
            raise DeviceError(f"{world} processes on {torch.cuda.device_count()} GPUs: one a GPU, or --device cpu")
        torch.cuda.set_device(own)
    outer = dist.is_initialized()
    if not outer:
        # Optimizers import this at their first step, and imported within a group it holds on to the group, whose
        # threads then run on while the interpreter ends: that aborted one run in ten (torch 2.13, gloo).
        importlib.import_module("torch._dynamo")
        dist.init_process_group("nccl" if own.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), world, own)
        if not outer:  # None leaves before all are done: one whose peers are gone may abort as it ends.
            dist.barrier()
    finally:
        if not outer:
            dist.destroy_process_group()
