"""The companion recipe, top to bottom: quartets → lessons → one loss → averaged weights → card."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from score_bridge import __version__
from score_bridge.corpus.quartets import Quartet
from score_bridge.errors import SettingsError
from score_bridge.models.companions.companion_file import FORMAT
from score_bridge.models.companions.network import CompanionNetwork
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights
from score_bridge.music.tokens import FIRST_ON, STEPS_PER_BAR
from score_bridge.training.companions.lessons import Lessons, hide
from score_bridge.training.melody.recipe import Report
from score_bridge.training.run import Schedule, Trained, train_network

MEASURED = 64


@dataclass(frozen=True)
class CompanionRecipe(Schedule):
    """batch: stretches of sixteen bars a step; hidden: the share of lines that are not told each other part (the lead
    half as often), the chord, the activity.
    """

    minutes: float = 20.0
    average: float = 0.995
    batch: int = 12
    hidden: float = 0.25


@dataclass(frozen=True)
class CompanionTask:
    """Every companion's tokens, from what it is given of each step."""

    lessons: Lessons
    held: Lessons
    recipe: CompanionRecipe

    def losses(self, network: CompanionNetwork, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Nats a step of a batch of stretches."""
        chosen = rng.choice(len(self.lessons.rows), min(self.recipe.batch, len(self.lessons.rows)), replace=False)
        rows, tokens, there = self.lessons.batch(chosen)
        loss = _nats(network(hide(rows, rng, self.recipe.hidden)), tokens)[there].mean()
        return loss, {"nats": loss}

    def held_out(self, network: CompanionNetwork) -> dict[str, float]:
        """Nats a step where all is told; the shares of steps, and of note-ons, that are foreseen."""
        count = len(self.held.rows)
        chosen = np.random.default_rng(0).choice(count, min(MEASURED, count), replace=False)
        rows, tokens, there = self.held.batch(np.sort(chosen))
        with torch.no_grad():
            logits = network(rows)
        right, begun = logits.argmax(-1) == tokens, there & (tokens >= FIRST_ON)
        return {
            "nats": float(_nats(logits, tokens)[there].mean()),
            "steps": float(right[there].float().mean()),
            "notes": float(right[begun].float().mean()),
        }


def train_companions(
    quartets: Sequence[Quartet], run: Path, recipe: CompanionRecipe, report: Callable[[Report], None] = lambda _: None
) -> Path:
    """Train in folder `run`, going on from what is there; write `run/companions.safetensors` and its card.

    Ctrl-C keeps the step reached and raises Stopped. Raises SettingsError when there is too little to learn from or
    the folder cannot be made, ModelError when its checkpoint is another's.
    """
    learn, held = ([one for one in quartets if one.split == split] for split in (0, 1))
    if not learn or not held:
        raise SettingsError(f"{len(quartets)} stretches of quartets are too few to learn from")
    torch.manual_seed(recipe.seed)
    task = CompanionTask(Lessons.of(learn), Lessons.of(held), recipe)
    trained = train_network(CompanionNetwork(), task, run, recipe, report)
    path, config = run / "companions.safetensors", trained.network.sizes._asdict()
    card = {"config": config, **_card(quartets, recipe, trained)}
    write_weights(path, network_arrays(trained.network, torch.float16), FORMAT, card)
    return path


def _nats(logits: Tensor, tokens: Tensor) -> Tensor:
    return cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none").view_as(tokens)


def _card(quartets: Sequence[Quartet], recipe: CompanionRecipe, trained: Trained[CompanionNetwork]) -> dict[str, Any]:
    effort, learned = trained.effort, sum(one.split == 0 for one in quartets)
    return {
        "name": "companions",
        "made_by": f"score-bridge train companions, version {__version__}",
        "about": f"A companion model, learned from {learned} stretches of string quartets: "
        f"{effort['steps']:.0f} steps in {effort['minutes']:.1f} minutes on {recipe.device}.",
        "recipe": asdict(recipe),
        "effort": effort,
        "data": {"stretches": len(quartets), "bars": sum(one.lines.shape[1] for one in quartets) // STEPS_PER_BAR},
        "licences": {"quartets": "CC0-1.0, OpenScore String Quartets"},
        "held_out": trained.held_out,
        "held_out_note": "nats a step; share of steps and of note-ons that are foreseen; quartets held out",
    }
