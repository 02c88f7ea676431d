"""`score-bridge evaluate drums`: the drum model against the test performances of drummers."""

from pathlib import Path
from typing import Any

from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.corpus.drums import read_drums
from score_bridge.evaluation.drums import evaluate_drums
from score_bridge.models.drums.drum_file import read_drum_file, shipped_drums
from score_bridge.models.drums.player import DrumPlayer
from score_bridge.training.drums.lessons import performances_of


def evaluate_drums_command(folder: Path, weights: Path | None, most: int) -> dict[str, Any]:
    """Measure weights (the shipped ones by default) on the test part of a folder of performances."""
    player = DrumPlayer(read_drum_file(weights or shipped_drums()))
    with bar("playing drums") as show:
        performances = performances_of(read_drums(folder), "test")
        return evaluate_drums(player, performances, most, lambda part: show(part, "playing drums"))


def print_figures(figures: dict[str, Any]) -> None:
    """Show the figures as two tables."""
    hits = Table("hits a bar", "drummers", "model")
    for name, found in figures["hits"].items():
        hits.add_row(name, f"{found['drummers']:.2f}", f"{found['model']:.2f}")
    features = Table("feature", "overlap with drummers", "halves of drummers")
    for name, found in figures["features"].items():
        features.add_row(name, f"{found['overlap']:.2f}", f"{found['halves']:.2f}")
    console.print(hits, features)
