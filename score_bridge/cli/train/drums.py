"""`score-bridge train drums`: read the performances, run the recipe, report progress."""

from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from score_bridge.cli.train.results import print_card, say_stopped
from score_bridge.corpus.drums import read_drums
from score_bridge.engine.models import pick_device
from score_bridge.training.drums.recipe import DrumRecipe
from score_bridge.training.drums.train import train_drums
from score_bridge.training.interrupt import Stopped
from score_bridge.training.reporting import telling


def train_drums_command(folder: Path, run: Path, recipe: DrumRecipe, threads: int) -> None:
    """Train the drum model in a folder, with progress and held-out figures."""
    if threads:
        torch.set_num_threads(threads)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    recipe = replace(recipe, device=str(pick_device(recipe.device)))
    try:
        with telling(console) as report:
            path = train_drums(read_drums(folder), run, recipe, report)
    except Stopped as stopped:
        say_stopped(console, stopped, run)
        raise
    print_card(console, path)
