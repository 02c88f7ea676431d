"""`score-bridge train companions`: read the quartets, run the recipe, report progress."""

from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from score_bridge.cli.progress_bar import bar
from score_bridge.cli.train.results import print_card, say_stopped
from score_bridge.corpus.quartets import read_quartets
from score_bridge.engine.models import pick_device
from score_bridge.training.companions.train import CompanionRecipe, train_companions
from score_bridge.training.interrupt import Stopped
from score_bridge.training.reporting import telling


def train_companions_command(folder: Path, run: Path, recipe: CompanionRecipe, threads: int) -> None:
    """Train the companion model in a folder, with progress and held-out figures."""
    if threads:
        torch.set_num_threads(threads)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    recipe = replace(recipe, device=str(pick_device(recipe.device)))
    with bar("reading quartets") as show:
        quartets = read_quartets(folder, progress=lambda part: show(part, "reading quartets"))
    try:
        with telling(console) as report:
            path = train_companions(quartets, run, recipe, report)
    except Stopped as stopped:
        say_stopped(console, stopped, run)
        raise
    print_card(console, path)
