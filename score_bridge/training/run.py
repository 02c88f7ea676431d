"""A training run of one network, whatever it learns: steps of AdamW, averaged weights, checkpoints, reports."""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from score_bridge.errors import SettingsError
from score_bridge.training.checkpoints import Averages, load_progress, save_progress
from score_bridge.training.interrupt import Stopped, stoppable
from score_bridge.training.melody.recipe import Report, rising_then_falling
from score_bridge.training.optimizer import set_share

LONGEST_GRADIENT, LONGEST_STEP_S = 1.0, 10.0
N = TypeVar("N", bound=nn.Module)
N_contra = TypeVar("N_contra", bound=nn.Module, contravariant=True)


@dataclass(frozen=True)
class Schedule:
    """Follows `minutes` of training time, counted over all sessions of a run, or `steps`."""

    minutes: float = 14.0
    steps: int | None = None
    learning_rate: float = 2e-3
    warm_up_steps: int = 100
    average: float = 0.998
    seed: int = 0
    device: str = "cpu"
    report_every_s: float = 60.0

    def done(self, step: int, elapsed: float) -> float:
        """Return the share of the run that `step` steps or `elapsed` seconds are, from 0."""
        return step / self.steps if self.steps else elapsed / (self.minutes * 60)

    def rate(self, step: int, done: float) -> float:
        """Return the share 0..1 of the learning rate."""
        return rising_then_falling(step, done, self.warm_up_steps)


class Task(Protocol[N_contra]):
    """What a network learns."""

    def losses(self, network: N_contra, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw a batch; return the loss that is learned from and those to report."""

    def held_out(self, network: N_contra) -> dict[str, float]:
        """Measure on what was held out."""


@dataclass(frozen=True)
class Trained(Generic[N]):
    """The network with its averaged weights; effort: steps and minutes; held_out: its figures."""

    network: N
    effort: dict[str, float]
    held_out: dict[str, float]


class Learner(Generic[N]):
    """What changes from step to step. `elapsed`: seconds of training, over all sessions."""

    def __init__(self, network: N, schedule: Schedule, run: Path) -> None:
        """Begin, or go on from what the run holds. Raises ModelError when its checkpoint is another's."""
        self.schedule, self.network = schedule, network.to(schedule.device)
        self.averages = Averages(network, schedule.average)
        self.optimizer = AdamW(network.parameters(), schedule.learning_rate, weight_decay=0.01)
        state = load_progress(run, network, self.averages, (self.optimizer,))
        self.step, self.elapsed = int(state.get("step", 0)), state.get("elapsed", 0.0)

    @property
    def done(self) -> float:
        """The share of the run that is behind."""
        return self.schedule.done(self.step, self.elapsed)

    def learn(self, task: Task[N]) -> dict[str, float]:
        """Take one step; return its losses. What it draws depends on the seed and the step alone."""
        began = time.monotonic()
        rng = np.random.default_rng((self.schedule.seed, self.step))
        torch.manual_seed(int(rng.integers(2**62)))  # of dropout
        set_share((self.optimizer,), self.schedule.rate(self.step, self.done))
        loss, losses = task.losses(self.network, rng)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimizer.step()
        self.averages.update(self.network, self.step)
        self.step, self.elapsed = self.step + 1, self.elapsed + min(time.monotonic() - began, LONGEST_STEP_S)
        return {name: float(one.detach()) for name, one in losses.items()}

    def averaged(self) -> N:
        """The network with its averaged weights."""
        copy = deepcopy(self.network)
        copy.load_state_dict(self.averages.weights)
        return copy.eval().requires_grad_(False)

    def save(self, run: Path) -> None:
        """Keep the step reached."""
        state = {"step": self.step, "elapsed": self.elapsed}
        save_progress(run, self.network, self.averages, (self.optimizer,), state)


def train_network(
    network: N, task: Task[N], run: Path, schedule: Schedule, report: Callable[[Report], None] = lambda _: None
) -> Trained[N]:
    """Train in folder `run`, going on from what is there.

    Ctrl-C keeps the step reached and raises Stopped. Raises SettingsError when the folder cannot be made, ModelError
    when its checkpoint is another's.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the run's folder {run} cannot be made: {error.strerror}") from None
    learner = Learner(network, schedule, run)
    reported = learner.elapsed
    with stoppable() as asked:
        while (done := learner.done) < 1:
            losses = learner.learn(task)
            stop, due = asked(), learner.elapsed - reported >= schedule.report_every_s
            if due or stop:
                learner.save(run)
                reported = learner.elapsed
            if stop:
                raise Stopped(learner.step)
            figures = task.held_out(learner.averaged()) if due else {}
            if due or learner.step % 20 == 0:
                report(Report(learner.step, done, losses, figures))
    learner.save(run)
    averaged = learner.averaged()
    effort = {"steps": learner.step, "minutes": learner.elapsed / 60}
    return Trained(averaged, effort, task.held_out(averaged))
