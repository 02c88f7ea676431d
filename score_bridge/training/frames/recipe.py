"""What a training run of the frame model is: its recipe, and the schedule that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from score_bridge.training.melody.recipe import rising_then_falling

NEW = {"minutes": 20.0, "learning_rate": 1.5e-3, "visuals": 6000, "warm_up_steps": 200}


@dataclass(frozen=True)
class FrameWeights:
    """How the parts of the loss weigh (see `frames_losses`).

    pixel_std: how far a pixel (0..1) may be off; beta: of the divergence; free_nats: an axis may have for nothing;
    content, colour: of what is read off the latent.
    """

    pixel_std: float = 0.1
    beta: float = 2.0
    free_nats: float = 0.1
    content: float = 10.0
    colour: float = 40.0


@dataclass(frozen=True)
class FrameRecipe:
    """What a run is. Its schedule follows `minutes` of training time, counted over all its sessions, or `steps`.

    batch: pictures a step; visuals: generated pictures beside the films, and films_share: how much of a batch is of
    films. start: weights to begin from instead of from nothing; content_axes: of the classifier's features;
    content: factor of what the readings of content and colours weigh, 0 = pixels only.
    """

    minutes: float = 5.0
    steps: int | None = None
    batch: int = 32
    learning_rate: float = 5e-4
    warm_up_steps: int = 50
    average: float = 0.998
    weights: FrameWeights = field(default_factory=FrameWeights)
    visuals: int = 1000
    films_share: float = 0.6
    content_axes: int = 64
    content: float = 1.0
    start: str = "shipped"
    seed: int = 0
    device: str = "cpu"
    report_every_s: float = 30.0

    @property
    def weighed(self) -> FrameWeights:
        """The weights of the losses."""
        weights = self.weights
        return replace(weights, content=weights.content * self.content, colour=weights.colour * self.content)

    def done(self, step: int, elapsed: float) -> float:
        """Return the share of the run that `step` steps or `elapsed` seconds are, from 0."""
        return step / self.steps if self.steps else elapsed / (self.minutes * 60)

    def rate(self, step: int, done: float) -> float:
        """Return the share 0..1 of the learning rate."""
        return rising_then_falling(step, done, self.warm_up_steps)


def frame_recipe(start: str, chosen: Mapping[str, Any]) -> FrameRecipe:
    """Fill in what was not chosen (None): with what suits a new model where there are no weights to start from."""
    given = {name: value for name, value in chosen.items() if value is not None}
    return FrameRecipe(**{**({} if start else NEW), **given, "start": start})
