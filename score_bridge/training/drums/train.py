"""The drum recipe, top to bottom: performances → lessons → one loss → averaged weights → card."""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim import AdamW

from score_bridge import __version__
from score_bridge.corpus.drums import DrumCorpus
from score_bridge.errors import SettingsError
from score_bridge.models.drums.drum_file import FORMAT
from score_bridge.models.drums.network import DrumNetwork, Foreseen, Told
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights
from score_bridge.training.checkpoints import Averages, load_progress, save_progress
from score_bridge.training.drums.lessons import Lesson, Lessons, measure, performances_of
from score_bridge.training.drums.recipe import DrumRecipe
from score_bridge.training.interrupt import Stopped, stoppable
from score_bridge.training.melody.recipe import Report
from score_bridge.training.optimizer import set_share

HELD_OUT, LONGEST_GRADIENT, LONGEST_STEP_S = 192, 1.0, 10.0
CREDIT = (
    "Groove MIDI Dataset, CC BY 4.0, Gillick et al. 2019, Learning to Groove with Inverse Sequence Transformations"
)


@dataclass
class DrumLearner:
    """What changes from step to step. `elapsed`: seconds of training, over all sessions."""

    recipe: DrumRecipe
    network: DrumNetwork
    averages: Averages
    optimizer: AdamW
    step: int = 0
    elapsed: float = 0.0

    @classmethod
    def begun(cls, run: Path, recipe: DrumRecipe) -> "DrumLearner":
        """Begin, or go on from what the run holds."""
        torch.manual_seed(recipe.seed)
        network = DrumNetwork().to(recipe.device)
        averages = Averages(network, recipe.average)
        optimizer = AdamW(network.parameters(), recipe.learning_rate, weight_decay=0.01)
        state = load_progress(run, network, averages, (optimizer,))
        return cls(recipe, network, averages, optimizer, int(state.get("step", 0)), state.get("elapsed", 0.0))

    @property
    def done(self) -> float:
        """The share of the run that is behind."""
        return self.recipe.done(self.step, self.elapsed)

    def learn(self, lessons: Lessons) -> dict[str, float]:
        """Take one step; return its losses. What it draws depends on the seed and the step alone."""
        began, recipe = time.monotonic(), self.recipe
        rng = np.random.default_rng((recipe.seed, self.step))
        torch.manual_seed(int(rng.integers(2**62)))  # of dropout
        set_share((self.optimizer,), recipe.rate(self.step, self.done))
        lesson = lessons.draw(rng, recipe.batch, recipe.length).to(recipe.device)
        told, heard = _hidden(rng, lesson, recipe)
        losses = drum_losses(self.network, lesson, told, heard)
        self.optimizer.zero_grad()
        loss = losses["hits"] + recipe.beside * (losses["velocities"] + losses["offsets"])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimizer.step()
        self.averages.update(self.network, self.step)
        self.step, self.elapsed = self.step + 1, self.elapsed + min(time.monotonic() - began, LONGEST_STEP_S)
        return {name: float(one.detach()) for name, one in losses.items()}

    def averaged(self) -> DrumNetwork:
        """The network with its averaged weights."""
        copy = deepcopy(self.network)
        copy.load_state_dict(self.averages.weights)
        return copy.eval().requires_grad_(False)

    def save(self, run: Path) -> None:
        """Keep the step reached."""
        state = {"step": self.step, "elapsed": self.elapsed}
        save_progress(run, self.network, self.averages, (self.optimizer,), state)


def train_drums(
    corpus: DrumCorpus, run: Path, recipe: DrumRecipe, report: Callable[[Report], None] = lambda _: None
) -> Path:
    """Train in folder `run`, going on from what is there; write `run/drums.safetensors` and its card.

    Ctrl-C keeps the step reached and raises Stopped. Raises SettingsError when there is too little to learn from or
    the folder cannot be made, ModelError when its checkpoint is another's.
    """
    learn, valid = performances_of(corpus, "train"), performances_of(corpus, "validation")
    mean, std = measure(learn)
    lessons, held = Lessons(learn, mean, std), Lessons(valid, mean, std)
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the run's folder {run} cannot be made: {error.strerror}") from None
    learner = DrumLearner.begun(run, recipe)
    reported = learner.elapsed
    with stoppable() as asked:
        while (done := learner.done) < 1:
            losses = learner.learn(lessons)
            stop, due = asked(), learner.elapsed - reported >= recipe.report_every_s
            if due or stop:
                learner.save(run)
                reported = learner.elapsed
            if stop:
                raise Stopped(learner.step)
            figures = held_out(learner.averaged(), held, recipe) if due else {}
            if due or learner.step % 20 == 0:
                report(Report(learner.step, done, losses, figures))
    learner.save(run)
    network, path = learner.averaged(), run / "drums.safetensors"
    effort = {"steps": learner.step, "minutes": learner.elapsed / 60}
    card = _card(corpus, recipe, effort, held_out(network, held, recipe))
    arrays = {**network_arrays(network, torch.float16), "mean": mean, "std": std}
    write_weights(path, arrays, FORMAT, {"config": network.sizes._asdict(), **card})
    return path


def drum_losses(
    network: DrumNetwork, lesson: Lesson, told: torch.Tensor, heard: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return nats: of a step's hits, of a hit's velocity, of its offset."""
    said = Told(lesson.scores, told)
    foreseen: Foreseen = network(lesson.hits, lesson.loud, said, lesson.places, heard)
    hits = binary_cross_entropy_with_logits(foreseen.hits, lesson.hits, reduction="none").sum(-1)
    struck = lesson.hits * lesson.there[..., None]

    def of_bins(logits: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
        each = cross_entropy(logits.flatten(0, 2), bins.flatten(), reduction="none").view_as(struck)
        return (each * struck).sum() / struck.sum().clamp(min=1)

    return {
        "hits": (hits * lesson.there).sum() / lesson.there.sum(),
        "velocities": of_bins(foreseen.velocities, lesson.velocities),
        "offsets": of_bins(foreseen.offsets, lesson.offsets),
    }


def held_out(network: DrumNetwork, held: Lessons, recipe: DrumRecipe) -> dict[str, float]:
    """Return the losses on what was held out, everything told."""
    lesson = held.draw(np.random.default_rng(recipe.seed), HELD_OUT, recipe.length).to(recipe.device)
    with torch.no_grad():
        losses = drum_losses(network, lesson, torch.ones_like(lesson.scores), torch.ones_like(lesson.hits[..., :1]))
    return {name: float(one) for name, one in losses.items()}


def _hidden(rng: np.random.Generator, lesson: Lesson, recipe: DrumRecipe) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw which parts of the character are told, and which steps are known to those after them."""
    count, length, told = lesson.scores.shape
    kept = rng.random((count, 1, told)) >= recipe.open * rng.random((count, 1, 1))
    heard = rng.random((count, length, 1)) >= recipe.unheard * rng.random((count, 1, 1))
    return (
        torch.from_numpy(kept.astype(np.float32)).expand(-1, length, -1).to(recipe.device),
        torch.from_numpy(heard.astype(np.float32)).to(recipe.device),
    )


def _card(
    corpus: DrumCorpus, recipe: DrumRecipe, effort: dict[str, float], figures: dict[str, float]
) -> dict[str, Any]:
    learned = int((corpus.split == 0).sum())
    return {
        "name": "drums",
        "made_by": f"score-bridge train drums, version {__version__}",
        "about": f"A drum model, learned from {learned} performances: "
        f"{effort['steps']:.0f} steps in {effort['minutes']:.1f} minutes on {recipe.device}.",
        "recipe": asdict(recipe),
        "effort": effort,
        "data": {"performances": len(corpus.split), "bars": len(corpus.velocity) // 16},
        "licences": {"groove": CREDIT},
        "held_out": figures,
        "held_out_note": "nats a step for hits, a hit for velocity and offset; the data's validation part",
    }
