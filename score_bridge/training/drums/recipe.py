"""What a training run of the drum model is."""

from dataclasses import dataclass

from score_bridge.training.melody.recipe import rising_then_falling


@dataclass(frozen=True)
class DrumRecipe:
    """Its schedule follows `minutes` of training time, counted over all its sessions, or `steps`.

    batch: sequences a step, of `length` steps each; beside: how much velocities and offsets weigh beside hits; open:
    up to which share of the character is left open; unheard: up to which share of the steps before is not known.
    """

    minutes: float = 14.0
    steps: int | None = None
    batch: int = 48
    length: int = 96
    learning_rate: float = 2e-3
    warm_up_steps: int = 100
    average: float = 0.998
    beside: float = 0.5
    open: float = 0.7
    unheard: float = 0.3
    seed: int = 0
    device: str = "cpu"
    report_every_s: float = 60.0

    def done(self, step: int, elapsed: float) -> float:
        """Return the share of the run that `step` steps or `elapsed` seconds are, from 0."""
        return step / self.steps if self.steps else elapsed / (self.minutes * 60)

    def rate(self, step: int, done: float) -> float:
        """Return the share 0..1 of the learning rate."""
        return rising_then_falling(step, done, self.warm_up_steps)
