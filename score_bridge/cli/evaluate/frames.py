"""`score-bridge evaluate frames`: measure a frame model on films, and show it as a table beside raw pixels."""

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.evaluation.frames import Figures, evaluate_frames
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.frame_checkpoint import load_frames
from score_bridge.models.picture.frame_file import shipped_frames
from score_bridge.training.frames.read_footage import read_footage

CPU = torch.device("cpu")


def evaluate_frames_command(films: Sequence[Path], weights: Path | None, threads: int = 1) -> Figures:
    """Measure weights (the shipped ones by default) on films and folders of films.

    Raises ModelError for the weights, MediaError or SettingsError for a film.
    """
    torch.set_num_threads(threads)
    model = load_frames(weights or shipped_frames(), CPU)
    with bar("reading films") as show:
        footage = read_footage(films, FeatureEncoder(), show)
    return evaluate_frames(model, footage)


def print_figures(figures: Figures) -> None:
    """Show the figures as a table."""
    table = Table("figure", figures["model"]["name"], "raw pixels", "mean picture")
    for name in ("content_r2", "colour_r2"):
        table.add_row(name, f"{figures[name]:.3f}", f"{figures['pixels'][name]:.3f}", "")
    errors = figures["reconstruction"]
    table.add_row("reconstruction, MSE", f"{errors['model']:.4f}", "", f"{errors['mean_picture']:.4f}")
    table.add_row("encode_ms", f"{figures['encode_ms']:.2f}", "", "")
    console.print(table)
