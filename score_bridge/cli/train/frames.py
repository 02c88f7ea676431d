"""`score-bridge train frames`: read the films, run the recipe, report progress."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.console import Console

from score_bridge.cli.progress_bar import bar
from score_bridge.cli.train.results import say_stopped
from score_bridge.engine.models import pick_device
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.frame_checkpoint import load_frames
from score_bridge.models.picture.frame_file import shipped_frames
from score_bridge.training.frames.footage import Footage, Material, generate_footage
from score_bridge.training.frames.recipe import FrameRecipe
from score_bridge.training.frames.train import PREVIEW, train_frames
from score_bridge.training.interrupt import Stopped
from score_bridge.training.reporting import figures_said, telling

Read = Callable[[Sequence[Path], FeatureEncoder, Callable[[float, str], None]], list[Footage]]
"""Reads films as footage, with crops, telling the share done and what it reads."""


@dataclass(frozen=True)
class Films:
    """Films and folders to learn from, and those only to measure on."""

    learn: Sequence[Path]
    hold_out: Sequence[Path] = ()


def train_frames_command(read: Read, films: Films, run: Path, recipe: FrameRecipe, threads: int) -> None:
    """Train the frame model in a folder, with progress, held-out figures and a preview."""
    if threads:
        torch.set_num_threads(threads)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    start = str(shipped_frames()) if recipe.start == "shipped" else recipe.start
    recipe = replace(recipe, device=str(pick_device(recipe.device)), start=start)
    if start:  # Read before the films, which takes longer.
        load_frames(Path(start), torch.device("cpu"))
    material = _gather(read, films, recipe)
    try:
        with telling(console) as report:
            path = train_frames(material, run, recipe, report=report)
    except Stopped as stopped:
        say_stopped(console, stopped, run)
        raise
    for line in _ending(path):
        console.print(line)


def _gather(read: Read, films: Films, recipe: FrameRecipe) -> Material:
    encoder = FeatureEncoder(torch.device(recipe.device))
    with bar("reading films") as show:
        learn = read(films.learn, encoder, show)
        unseen = read(films.hold_out, encoder, show) if films.hold_out else []
        if not recipe.visuals:
            return Material(learn, unseen)
        visuals = generate_footage(recipe.seed, recipe.visuals, encoder, lambda part: show(part, "drawing visuals"))
    return Material(learn, unseen, visuals)


def _ending(path: Path) -> Iterator[str]:
    """The weights made, and their figures on held-out pictures."""
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    yield card["about"]
    for part in ("held_out", "unseen", "together"):
        if part in card:
            figures = card[part]
            flat = {k: v for k, v in figures.items() if isinstance(v, float)}
            beside = {f"{outer}_{k}": v for outer in ("pixels", "reconstruction") for k, v in figures[outer].items()}
            yield f"{part.replace('_', ' ')}, {card[part + '_note']}: {figures_said({**flat, **beside})}"
    yield f"written {path}, {path.with_suffix('.json').name} and {PREVIEW}"
