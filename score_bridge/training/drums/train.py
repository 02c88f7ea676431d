"""The drum recipe, top to bottom: performances → lessons → one loss → averaged weights → card."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from score_bridge import __version__
from score_bridge.corpus.drums import DrumCorpus
from score_bridge.models.drums.drum_file import FORMAT
from score_bridge.models.drums.network import DrumNetwork, Foreseen, Told
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights
from score_bridge.training.drums.lessons import Lesson, Lessons, measure, performances_of
from score_bridge.training.drums.recipe import DrumRecipe
from score_bridge.training.melody.recipe import Report
from score_bridge.training.run import Trained, train_network

HELD_OUT = 192
CREDIT = (
    "Groove MIDI Dataset, CC BY 4.0, Gillick et al. 2019, Learning to Groove with Inverse Sequence Transformations"
)


@dataclass(frozen=True)
class DrumTask:
    """Hits, how loud they are and how early or late."""

    lessons: Lessons
    held: Lessons
    recipe: DrumRecipe

    def losses(self, network: DrumNetwork, rng: np.random.Generator) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Losses of a batch of sequences, of which not all is told."""
        lesson = self.lessons.draw(rng, self.recipe.batch, self.recipe.length).to(self.recipe.device)
        told, heard = _hidden(rng, lesson, self.recipe)
        losses = drum_losses(network, lesson, told, heard)
        return losses["hits"] + self.recipe.beside * (losses["velocities"] + losses["offsets"]), losses

    def held_out(self, network: DrumNetwork) -> dict[str, float]:
        """The losses on what was held out, everything told."""
        drawn = self.held.draw(np.random.default_rng(self.recipe.seed), HELD_OUT, self.recipe.length)
        lesson = drawn.to(self.recipe.device)
        told, heard = torch.ones_like(lesson.scores), torch.ones_like(lesson.hits[..., :1])
        with torch.no_grad():
            losses = drum_losses(network, lesson, told, heard)
        return {name: float(one) for name, one in losses.items()}


def train_drums(
    corpus: DrumCorpus, run: Path, recipe: DrumRecipe, report: Callable[[Report], None] = lambda _: None
) -> Path:
    """Train in folder `run`, going on from what is there; write `run/drums.safetensors` and its card.

    Ctrl-C keeps the step reached and raises Stopped. Raises SettingsError when there is too little to learn from or
    the folder cannot be made, ModelError when its checkpoint is another's.
    """
    learn, valid = performances_of(corpus, "train"), performances_of(corpus, "validation")
    mean, std = measure(learn)
    torch.manual_seed(recipe.seed)
    task = DrumTask(Lessons(learn, mean, std), Lessons(valid, mean, std), recipe)
    trained = train_network(DrumNetwork(), task, run, recipe, report)
    path, network = run / "drums.safetensors", trained.network
    arrays = {**network_arrays(network, torch.float16), "mean": mean, "std": std}
    write_weights(path, arrays, FORMAT, {"config": network.sizes._asdict(), **_card(corpus, recipe, trained)})
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


def _hidden(rng: np.random.Generator, lesson: Lesson, recipe: DrumRecipe) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw which parts of the character are told, and which steps are known to those after them."""
    count, length, told = lesson.scores.shape
    kept = rng.random((count, 1, told)) >= recipe.open * rng.random((count, 1, 1))
    heard = rng.random((count, length, 1)) >= recipe.unheard * rng.random((count, 1, 1))
    return (
        torch.from_numpy(kept.astype(np.float32)).expand(-1, length, -1).to(recipe.device),
        torch.from_numpy(heard.astype(np.float32)).to(recipe.device),
    )


def _card(corpus: DrumCorpus, recipe: DrumRecipe, trained: Trained[DrumNetwork]) -> dict[str, Any]:
    effort = trained.effort
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
        "held_out": trained.held_out,
        "held_out_note": "nats a step for hits, a hit for velocity and offset; the data's validation part",
    }
