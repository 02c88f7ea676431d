"""What a training run is: its recipe, the schedule that follows from it, and what it reports on the way."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from score_bridge.training.melody.losses import Weights
from score_bridge.training.melody.sequence_sampler import PHRASES
from score_bridge.training.melody.telling import Telling

OWN_STYLE = {"minutes": 5.0, "batch": 16, "learning_rate": 1e-3, "warm_up_steps": 20, "pull": 0.02}
PASSES = 200


@dataclass(frozen=True)
class Recipe:
    """What a run is. Its schedule follows `minutes` of training time, counted over all its sessions, or `steps`.

    batch: sequences a step, over all processes together; leave_out: sources of the corpus not to learn from; start:
    weights to begin from instead of from nothing. pull: share of the way back to those weights at every step, for an
    own style; without it a new model merely begins there. most_steps: an end that comes before `minutes` are over.
    masked: up to which share of the tokens before are hidden. dropout: share of the decoder's
    activations. guided: share of the sequences that learn from the starting model to follow the character strictly.
    """

    minutes: float = 90.0
    steps: int | None = None
    batch: int = 32
    learning_rate: float = 1.5e-3
    warm_up_steps: int = 200
    average: float = 0.999
    weights: Weights = field(default_factory=Weights)
    telling: Telling = field(default_factory=Telling)
    leave_out: tuple[str, ...] = ()
    start: str = ""
    seed: int = 0
    device: str = "cpu"
    report_every_s: float = 600.0
    held_out: int = 128
    pull: float = 0.0
    masked: float = 0.5
    dropout: float = 0.1
    guided: float = 0.0
    most_steps: int | None = None

    @property
    def own_style(self) -> bool:
        """Whether a trained model is to learn a style, staying near to what it is."""
        return bool(self.start) and self.pull > 0

    def done(self, step: int, elapsed: float) -> float:
        """Return the share of the run that `step` steps or `elapsed` seconds are, from 0."""
        if self.steps:
            return step / self.steps
        return max(elapsed / (self.minutes * 60), step / self.most_steps if self.most_steps else 0.0)

    def limited(self, phrases: int) -> "Recipe":
        """End an own style before it knows its few `phrases`, half of all it hears, by heart. `steps` are kept to."""
        if not self.own_style or self.steps:
            return self
        return replace(self, most_steps=max(1, 2 * PASSES * phrases // (self.batch * PHRASES)))

    def rate(self, step: int, done: float) -> float:
        """Return the share 0..1 of the learning rate: up over the first steps, then down along a cosine."""
        return rising_then_falling(step, done, self.warm_up_steps)

    def weighed(self, done: float) -> Weights:
        """Weigh the losses: where nothing is known yet, the divergence counts in full after a fifth of the run."""
        share = 1.0 if self.start else min(1.0, 0.1 + done / 0.2)
        return replace(self.weights, beta=self.weights.beta * share)


@dataclass(frozen=True)
class Report:
    """A look at a running training: shares done, the last losses and, now and then, held-out figures."""

    step: int
    done: float
    losses: dict[str, float]
    held_out: dict[str, float]


def rising_then_falling(step: int, done: float, warm_up_steps: int) -> float:
    """Return a share 0..1: up over the first steps, then down along a cosine while `done` goes from 0 to 1."""
    return min(1.0, (step + 1) / warm_up_steps) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))


def recipe_from(start: str, chosen: Mapping[str, Any]) -> Recipe:
    """Fill in what was not chosen (None): with what suits an own style where there are weights to start from.

    With a pull of 0 the starting weights are only a beginning, and the defaults are those of a new model.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    suited = OWN_STYLE if start and given.get("pull", 1) else {}
    return Recipe(**{**suited, **given, "start": start})
