"""The chord recipe, top to bottom: lead sheets → lessons → one loss → the weights that do best on songs held out.

Songs in major are learned once more in minor. A run is half a minute on one core, so it keeps no checkpoints.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.optim import AdamW

from score_bridge import __version__
from score_bridge.corpus.lead_sheets import Harmonized
from score_bridge.errors import SettingsError
from score_bridge.models.chords.chord_file import FORMAT
from score_bridge.models.chords.layout import CLASSES
from score_bridge.models.chords.network import ChordNetwork
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import write_weights
from score_bridge.music.chord_measures import chord_measures
from score_bridge.music.chords import HALF_BAR, NO_CHORD
from score_bridge.training.chords.lessons import Lesson, in_minor, lesson_of
from score_bridge.training.interrupt import Stopped, stoppable
from score_bridge.training.melody.recipe import Report

LONGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class ChordRecipe:
    """steps: of `batch` songs each; look_every: steps between two looks at the songs held out."""

    steps: int = 400
    batch: int = 24
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    smoothing: float = 0.02
    look_every: int = 20
    seed: int = 0


def train_chords(
    songs: Sequence[Harmonized], run: Path, recipe: ChordRecipe, report: Callable[[Report], None] = lambda _: None
) -> Path:
    """Train and write `run/chords.safetensors` and its card.

    Ctrl-C raises Stopped and writes nothing. Raises SettingsError where there is too little to learn from.
    """
    learn, held = ([song for song in songs if song.split == split] for split in (0, 1))
    if not learn or not held:
        raise SettingsError(f"{len(songs)} stretches of lead sheets are too few to learn chords from")
    learn += [in_minor(song) for song in learn if song.key < CLASSES]
    lessons = [lesson_of(learn, ends=ends) for ends in (True, False)]
    valid = lesson_of(held, ends=True)
    torch.manual_seed(recipe.seed)
    network, rng = ChordNetwork(), np.random.default_rng(recipe.seed)
    optimizer = AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    best, figures = deepcopy(network).eval(), {"nats": float("inf")}
    with stoppable() as asked:
        for step in range(recipe.steps):
            rows = torch.from_numpy(rng.choice(len(learn), min(recipe.batch, len(learn)), replace=False))
            loss = _loss(network, lessons[int(rng.integers(2))].rows(rows), recipe.smoothing)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
            optimizer.step()
            if step % recipe.look_every == recipe.look_every - 1:
                found = measure(network.eval(), valid)
                network.train()
                report(Report(step + 1, (step + 1) / recipe.steps, {"chords": float(loss.detach())}, found))
                if found["nats"] < figures["nats"]:
                    best, figures = deepcopy(network).eval(), found
            if asked():
                raise Stopped(step + 1)
    run.mkdir(parents=True, exist_ok=True)
    path = run / "chords.safetensors"
    card = _card(songs, recipe, figures)
    write_weights(path, network_arrays(best, torch.float16), FORMAT, {"config": best.sizes._asdict(), **card})
    return path


def measure(network: ChordNetwork, lesson: Lesson) -> dict[str, float]:
    """Return nats a half bar, and in which share of them chord and root are foreseen."""
    with torch.no_grad():
        logits = network(lesson.given, lesson.now)
    there = lesson.chords != NO_CHORD
    written, likeliest = lesson.chords[there], logits[there].argmax(-1)
    return {
        "nats": float(cross_entropy(logits[there], written)),
        "chord": float((likeliest == written).float().mean()),
        "root": float((likeliest // 8 == written // 8).float().mean()),
    }


def _loss(network: ChordNetwork, lesson: Lesson, smoothing: float) -> torch.Tensor:
    there = lesson.chords != NO_CHORD
    logits = network(lesson.given, lesson.now)
    return cross_entropy(logits[there], lesson.chords[there], label_smoothing=smoothing)


def _card(songs: Sequence[Harmonized], recipe: ChordRecipe, figures: dict[str, float]) -> dict[str, Any]:
    lines = [(song.tokens.tolist(), np.repeat(song.chords, HALF_BAR).tolist()) for song in songs]
    return {
        "name": "chords",
        "made_by": f"score-bridge train chords, version {__version__}",
        "about": f"A chord model, learned from {sum(s.split == 0 for s in songs)} stretches of lead sheets.",
        "recipe": asdict(recipe),
        "data": {"stretches": len(songs), "half_bars": sum(len(s.chords) for s in songs)},
        "licences": {"lead sheets": "free of copyright: songs first published or performed in 1930 or before"},
        "songs": chord_measures(lines),
        "held_out": figures,
        "held_out_note": "nats a half bar; share of half bars whose chord or root is foreseen; songs held out",
    }
