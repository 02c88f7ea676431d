"""One step of training, and the state that changes with it."""

import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.checkpoints import Averages, load_progress, save_progress
from score_bridge.training.distributed import Ranks
from score_bridge.training.melody.finetuning import Beginning
from score_bridge.training.melody.losses import scene_losses
from score_bridge.training.melody.recipe import Recipe
from score_bridge.training.melody.sequence_sampler import Scenes, SceneSampler
from score_bridge.training.optimizer import optimizers, set_share

LONGEST_STEP_S = 10.0


@dataclass
class Learner:
    """What changes from step to step, and what changes it. `elapsed`: seconds of training, over all sessions."""

    recipe: Recipe
    ranks: Ranks
    beginning: Beginning
    network: MelodyVAE
    averages: Averages
    both: tuple[torch.optim.Optimizer, ...]
    step: int = 0
    elapsed: float = 0.0

    @classmethod
    def begun(cls, run: Path, recipe: Recipe, config: MelodyConfig, ranks: Ranks) -> "Learner":
        """Begin, or go on from what the run holds."""
        torch.manual_seed(recipe.seed)
        beginning = Beginning.of(recipe, config, ranks.device)
        network = beginning.network
        averages, both = Averages(network, recipe.average), optimizers(network, recipe.learning_rate)
        state = load_progress(run, network, averages, both)
        step, elapsed = int(state.get("step", 0)), state.get("elapsed", 0.0)
        return cls(recipe, ranks, beginning, network, averages, both, step, elapsed)

    @property
    def done(self) -> float:
        """The share of the run that is behind."""
        return self.recipe.done(self.step, self.elapsed)

    def learn(self, sampler: SceneSampler, table: NDArray[np.float64]) -> dict[str, float]:
        """Take one step; return its losses. What it draws depends on the seed, the step and the rank alone."""
        began, recipe, ranks = time.monotonic(), self.recipe, self.ranks
        rng = np.random.default_rng((recipe.seed, self.step, ranks.rank))
        losses = self._update(sampler.draw(rng, ranks.part(recipe.batch), recipe.kinds), table)
        self.averages.update(self.network, self.step)
        self.step, self.elapsed = self.step + 1, self.elapsed + min(time.monotonic() - began, LONGEST_STEP_S)
        return losses

    def _update(self, scenes: Scenes, table: NDArray[np.float64]) -> dict[str, float]:
        recipe, share = self.recipe, self.recipe.rate(self.step, self.done)
        set_share(self.both, share)
        torch.manual_seed(recipe.seed * 1_000_003 + self.step + (self.ranks.rank << 40))
        device = self.ranks.device
        with torch.autocast(device.type, torch.bfloat16):
            losses = scene_losses(self.network, scenes, recipe.weighed(self.done), table, device)
        self.network.zero_grad()
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.network)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0 * PHRASE_STEPS)
        for optimizer in self.both:
            optimizer.step()
        self.beginning.pull(self.network, recipe.pull * share)
        return {k: float(v.detach()) for k, v in losses.items()}

    def averaged(self) -> MelodyVAE:
        """The network with its averaged weights, to be measured and played."""
        copy = deepcopy(self.network)
        copy.load_state_dict(self.averages.weights)
        return copy.eval().requires_grad_(False)

    def save(self, run: Path) -> None:
        """Keep the step reached; only the first process writes."""
        if self.ranks.first:
            state = {"step": self.step, "elapsed": self.elapsed}
            save_progress(run, self.network, self.averages, self.both, state)
