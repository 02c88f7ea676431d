"""One step of training the frame model, and the state that changes with it."""

import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.optim import AdamW

from score_bridge.models.picture.frame_checkpoint import FrameModel, load_frames
from score_bridge.models.picture.frame_vae import FrameConfig, FrameVAE, channels_last
from score_bridge.training.checkpoints import Averages, load_progress, save_progress
from score_bridge.training.frames.batches import Lessons
from score_bridge.training.frames.losses import Pupil, frame_losses
from score_bridge.training.frames.recipe import FrameRecipe
from score_bridge.training.optimizer import set_share
from score_bridge.training.precision import half_precision

LONGEST_STEP_S = 10.0
LONGEST_GRADIENT = 200.0


@dataclass
class FrameLearner:
    """What changes from step to step, and what changes it. `elapsed`: seconds of training, over all sessions."""

    recipe: FrameRecipe
    start: FrameModel | None
    pupil: Pupil
    averages: Averages
    optimizer: AdamW
    step: int = 0
    elapsed: float = 0.0

    @classmethod
    def begun(cls, run: Path, recipe: FrameRecipe, config: FrameConfig) -> "FrameLearner":
        """Begin, with new weights or those to start from, or go on from what the run holds."""
        torch.manual_seed(recipe.seed)
        start = load_frames(Path(recipe.start), torch.device(recipe.device)) if recipe.start else None
        vae = FrameVAE(config) if start is None else deepcopy(start.network).requires_grad_(True).train()
        pupil = Pupil(vae, recipe.content_axes).to(recipe.device)
        channels_last(pupil)
        averages, optimizer = Averages(pupil, recipe.average), AdamW(pupil.parameters(), recipe.learning_rate)
        state = load_progress(run, pupil, averages, (optimizer,))
        return cls(recipe, start, pupil, averages, optimizer, int(state.get("step", 0)), state.get("elapsed", 0.0))

    @property
    def done(self) -> float:
        """The share of the run that is behind."""
        return self.recipe.done(self.step, self.elapsed)

    def learn(self, lessons: Lessons) -> dict[str, float]:
        """Take one step; return its losses. What it draws depends on the seed and the step alone."""
        began, recipe = time.monotonic(), self.recipe
        rng = np.random.default_rng((recipe.seed, self.step))
        set_share((self.optimizer,), recipe.rate(self.step, self.done))
        lesson = lessons.draw(rng, recipe.batch).to(torch.device(recipe.device))
        noise = torch.from_numpy(rng.standard_normal((recipe.batch, self.pupil.vae.config.latent), np.float32))
        with half_precision(torch.device(recipe.device)):
            losses = frame_losses(self.pupil, lesson, noise.to(recipe.device), recipe.weighed)
        self.optimizer.zero_grad()
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.pupil.parameters(), LONGEST_GRADIENT)
        self.optimizer.step()
        self.averages.update(self.pupil, self.step)
        self.step, self.elapsed = self.step + 1, self.elapsed + min(time.monotonic() - began, LONGEST_STEP_S)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def averaged(self) -> FrameVAE:
        """The network with its averaged weights, to be measured and kept."""
        copy = deepcopy(self.pupil)
        copy.load_state_dict(self.averages.weights)
        return copy.vae.eval().requires_grad_(False)

    def save(self, run: Path) -> None:
        """Keep the step reached."""
        save_progress(run, self.pupil, self.averages, (self.optimizer,), {"step": self.step, "elapsed": self.elapsed})
