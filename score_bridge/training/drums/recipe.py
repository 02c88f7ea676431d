"""What a training run of the drum model is."""

from dataclasses import dataclass

from score_bridge.training.run import Schedule


@dataclass(frozen=True)
class DrumRecipe(Schedule):
    """batch: sequences a step, of `length` steps each; beside: how much velocities and offsets weigh beside hits;
    open: up to which share of the character is left open; unheard: up to which share of the steps before is unknown.
    """

    batch: int = 48
    length: int = 96
    beside: float = 0.5
    open: float = 0.7
    unheard: float = 0.3
