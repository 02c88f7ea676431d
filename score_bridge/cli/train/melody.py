"""`score-bridge train melody`: run the recipe and report progress: a bar on a terminal, lines in a log."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from score_bridge.cli.train.results import say_stopped
from score_bridge.corpus.file import Corpus
from score_bridge.engine.models import pick_device
from score_bridge.models.melody.melody_file import shipped_melody
from score_bridge.models.melody.vae import MelodyConfig
from score_bridge.music.character import DESCRIPTORS
from score_bridge.training.distributed import is_first
from score_bridge.training.interrupt import Stopped
from score_bridge.training.melody.recipe import Recipe
from score_bridge.training.melody.train import train
from score_bridge.training.reporting import figures_said, telling


def train_command(corpus: Path, run: Path, recipe: Recipe, threads: int) -> None:
    """Train the melody model in a folder, with progress and held-out figures."""
    if threads:
        torch.set_num_threads(threads)
    console = Console(stderr=True, quiet=not is_first(), highlight=False, soft_wrap=True)
    start = str(shipped_melody()) if recipe.start == "shipped" else recipe.start
    recipe = replace(recipe, device=str(pick_device(recipe.device)), start=start)
    try:
        with telling(console) as report:
            path = train(Corpus.load(corpus), run, recipe, MelodyConfig(descriptors=len(DESCRIPTORS)), report)
    except Stopped as stopped:
        say_stopped(console, stopped, run)
        raise
    if is_first():
        for line in _ending(path):
            console.print(line)


def _ending(path: Path) -> Iterator[str]:
    """The weights made, and their figures on held-out pieces."""
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    yield card["about"]
    yield f"held out, {card['held_out_note']}" + (f": {figures_said(card['held_out'])}" if card["held_out"] else "")
    yield f"written {path} and {path.with_suffix('.json').name}"
