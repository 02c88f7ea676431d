"""One step of training, and the state that changes with it."""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from score_bridge.models.layers import Layer
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.checkpoints import Averages, load_progress, save_progress
from score_bridge.training.distributed import Ranks
from score_bridge.training.melody.finetuning import Beginning
from score_bridge.training.melody.losses import Guidance, sequence_losses, weighed
from score_bridge.training.melody.phrase_library import PhraseLibrary
from score_bridge.training.melody.recipe import Recipe
from score_bridge.training.melody.sequence_sampler import Sequences, draw_sequences
from score_bridge.training.optimizer import optimizers, set_share
from score_bridge.training.precision import half_precision

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
    losses: Callable[..., dict[str, Tensor]]
    step: int = 0
    elapsed: float = 0.0

    @classmethod
    def begun(cls, run: Path, recipe: Recipe, config: MelodyConfig, ranks: Ranks) -> "Learner":
        """Begin, or go on from what the run holds."""
        torch.manual_seed(recipe.seed)
        beginning = Beginning.of(recipe, config, ranks.device)
        beginning.check(run, recipe.own_style)
        network = beginning.network
        for layer in network.decoder:
            assert isinstance(layer, Layer)
            layer.dropout.p = recipe.dropout
        averages, both = Averages(network, recipe.average), optimizers(network, recipe.learning_rate)
        state = load_progress(run, network, averages, both)
        step, elapsed = int(state.get("step", 0)), state.get("elapsed", 0.0)
        # Compiling takes a minute, which a GPU earns back in two; a CPU has no kernels to launch.
        losses = torch.compile(sequence_losses) if ranks.device.type == "cuda" else sequence_losses
        return cls(recipe, ranks, beginning, network, averages, both, losses, step, elapsed)

    @property
    def done(self) -> float:
        """The share of the run that is behind."""
        return self.recipe.done(self.step, self.elapsed)

    def learn(self, library: PhraseLibrary) -> dict[str, Tensor]:
        """Take one step; return its losses. What it draws depends on the seed, the step and the rank alone."""
        began, recipe, ranks = time.monotonic(), self.recipe, self.ranks
        # A processor's generator takes the lower 32 bits of a seed alone.
        own = np.random.SeedSequence((recipe.seed, self.step, ranks.rank)).generate_state(1)
        torch.manual_seed(int(own[0]))
        losses = self._update(draw_sequences(library, ranks.part(recipe.batch)))
        self.averages.update(self.network, self.step)
        self.step, self.elapsed = self.step + 1, self.elapsed + min(time.monotonic() - began, LONGEST_STEP_S)
        return losses

    def _update(self, drawn: Sequences) -> dict[str, Tensor]:
        recipe, share = self.recipe, self.recipe.rate(self.step, self.done)
        set_share(self.both, share)
        guidance = Guidance(self.beginning.guide, recipe.guided) if recipe.guided else None
        with half_precision(self.ranks.device):
            parts = self.losses(
                self.network,
                drawn,
                recipe.masked,
                recipe.telling,
                encoder=not recipe.start,
                guidance=guidance,
            )
        loss = weighed(parts, recipe.weighed(self.done))
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.network)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0 * PHRASE_STEPS)
        for optimizer in self.both:
            optimizer.step()
        self.beginning.pull(self.network, recipe.pull * share)
        return {"loss": loss.detach(), **{k: v.detach() for k, v in parts.items()}}

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
