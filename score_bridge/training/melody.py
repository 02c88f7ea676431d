"""The melody recipe, top to bottom: corpus → scenes → one loss → averaged weights → card."""

import json
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge import __version__
from score_bridge.errors import SettingsError
from score_bridge.models.checkpoint import load_melody, save_melody
from score_bridge.models.melody import MelodyConfig, MelodyVAE
from score_bridge.music.attributes import attributes, quantile_table
from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BAR
from score_bridge.training.corpus import Corpus
from score_bridge.training.held_out import held_out_figures, measure_posterior, phrases_of
from score_bridge.training.losses import Weights, scene_losses
from score_bridge.training.optimizer import optimizers, set_share
from score_bridge.training.progress import Averages, load_progress, save_progress
from score_bridge.training.scenes import Scenes, SceneSampler

LONGEST_STEP_S = 10.0
DATA = "data.json"
TESTED = 512


@dataclass(frozen=True)
class Recipe:
    """What a run is. Its schedule follows `minutes` of training time, counted over all its sessions, or `steps`.

    start: weights to begin from instead of from nothing; leave_out: sources of the corpus not to learn from.
    """

    minutes: float = 90.0
    steps: int | None = None
    batch: int = 32
    learning_rate: float = 1.5e-3
    warm_up_steps: int = 200
    average: float = 0.999
    weights: Weights = field(default_factory=Weights)
    leave_out: tuple[str, ...] = ()
    start: str = ""
    seed: int = 0
    device: str = "cpu"
    report_every_s: float = 600.0
    held_out: int = 128


@dataclass(frozen=True)
class Report:
    """A look at a running training: shares done, the last losses and, now and then, held-out figures."""

    step: int
    done: float
    losses: dict[str, float]
    held_out: dict[str, float]


def train(
    corpus: Corpus, run: Path, recipe: Recipe, config: MelodyConfig, report: Callable[[Report], None] = lambda _: None
) -> Path:
    """Train in folder `run`, going on from what is there; write `run/melody.safetensors` and its card.

    Raises SettingsError when the corpus is too small, ModelError when the folder holds another model's run.
    """
    corpus = corpus.without(recipe.leave_out)
    lines, held = corpus.lines("train"), corpus.lines("valid")
    if sum(map(len, lines)) < 64 * PHRASE_STEPS or not held:
        raise SettingsError("the corpus is too small to train on: it needs 64 phrases and a held-out piece")
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network = _begun(recipe, config)
    averages = Averages(network, recipe.average)
    both = optimizers(network, recipe.learning_rate)
    state = load_progress(run, network, averages, both)
    step, elapsed = int(state.get("step", 0)), state.get("elapsed", 0.0)
    sampler, table = SceneSampler(lines), quantile_table(attributes(phrases_of(lines, 20_000, recipe.seed)))
    held_phrases = phrases_of(held, recipe.held_out, recipe.seed)
    note_data(run, step, corpus)
    reported = elapsed
    while (done := _share_done(recipe, step, elapsed)) < 1:
        began = time.monotonic()
        scenes = sampler.draw(np.random.default_rng((recipe.seed, step)), recipe.batch)
        losses = _update(network, both, scenes, table, recipe, (step, done))
        averages.update(network, step)
        step, elapsed = step + 1, elapsed + min(time.monotonic() - began, LONGEST_STEP_S)
        due = elapsed - reported >= recipe.report_every_s
        if due:
            save_progress(run, network, averages, both, {"step": step, "elapsed": elapsed})
            reported = elapsed
        figures = held_out_figures(_averaged(network, averages), held_phrases) if due else {}
        if due or step % 20 == 0:
            report(Report(step, done, losses, figures))
    save_progress(run, network, averages, both, {"step": step, "elapsed": elapsed})
    return _finish(corpus, run, recipe, _averaged(network, averages), table, {"steps": step, "minutes": elapsed / 60})


def _begun(recipe: Recipe, config: MelodyConfig) -> MelodyVAE:
    """Build the network before its first step: as drawn, or as the weights to start from have it."""
    device = torch.device(recipe.device)
    if not recipe.start:
        return MelodyVAE(config).to(device)
    return load_melody(Path(recipe.start), device).network.requires_grad_(True).train()


def _update(
    network: MelodyVAE,
    both: tuple[torch.optim.Optimizer, ...],
    scenes: Scenes,
    table: NDArray[np.float64],
    recipe: Recipe,
    at: tuple[int, float],
) -> dict[str, float]:
    """One step of the optimiser, `at` (steps, share of the run) done. Its seed depends on the step alone."""
    step, done = at
    set_share(both, _schedule(step, done, recipe.warm_up_steps))
    torch.manual_seed(recipe.seed * 1_000_003 + step)
    weights = _annealed(recipe.weights, done)
    with torch.autocast(recipe.device.split(":")[0], torch.bfloat16):
        losses = scene_losses(network, scenes, weights, table, torch.device(recipe.device))
    network.zero_grad()
    losses["loss"].backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0 * PHRASE_STEPS)
    for optimizer in both:
        optimizer.step()
    return {k: float(v.detach()) for k, v in losses.items()}


def _share_done(recipe: Recipe, step: int, elapsed: float) -> float:
    return step / recipe.steps if recipe.steps else elapsed / (recipe.minutes * 60)


def _schedule(step: int, done: float, warm_up: int) -> float:
    return min(1.0, (step + 1) / warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))


def _annealed(weights: Weights, done: float) -> Weights:
    """The divergence counts in full after a fifth of the run."""
    values = asdict(weights)
    return Weights(**{**values, "beta": weights.beta * min(1.0, 0.1 + done / 0.2)})


def _averaged(network: MelodyVAE, averages: Averages) -> MelodyVAE:
    copy = deepcopy(network)
    copy.load_state_dict(averages.weights)
    return copy.eval().requires_grad_(False)


def _finish(
    corpus: Corpus,
    run: Path,
    recipe: Recipe,
    network: MelodyVAE,
    table: NDArray[np.float64],
    effort: dict[str, float],
) -> Path:
    """Measure on the test pieces, and write weights and card."""
    phrases = phrases_of(corpus.lines("train"), 20_000, recipe.seed)
    figures = held_out_figures(network, phrases_of(corpus.lines("test"), TESTED, recipe.seed))
    card: dict[str, Any] = {
        "name": "melody",
        "made_by": f"score-bridge train melody, version {__version__}",
        "recipe": asdict(recipe),
        "effort": effort,
        "data": json.loads((run / DATA).read_text("utf-8")),
        "held_out": figures,
    }
    path = run / "melody.safetensors"
    save_melody(path, network, measure_posterior(network, phrases, table), card)
    return path


def note_data(run: Path, step: int, corpus: Corpus) -> None:
    """Keep a record in the run of what it learned from, and from which step on."""
    path = run / DATA
    told = json.loads(path.read_text("utf-8")) if path.exists() else []
    entry = {"from_step": step, "sources": data_card(corpus)}
    if not told or told[-1]["sources"] != entry["sources"]:
        path.write_text(json.dumps([*told, entry], indent=1) + "\n", "utf-8")


def data_card(corpus: Corpus) -> dict[str, dict[str, int]]:
    """Count pieces, lines and bars of each source."""
    bars = np.diff(corpus.starts) // STEPS_PER_BAR
    owner = corpus.sources[corpus.piece]
    return {
        str(source): {
            "pieces": int((corpus.sources == source).sum()),
            "lines": int((owner == source).sum()),
            "bars": int(bars[owner == source].sum()),
        }
        for source in np.unique(corpus.sources)
    }
