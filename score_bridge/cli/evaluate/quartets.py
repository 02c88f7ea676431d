"""`score-bridge evaluate quartets`: the companion model against quartets that it has not learned from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.corpus.quartets import read_quartets
from score_bridge.engine.models import load_players
from score_bridge.errors import ModelError
from score_bridge.evaluation.quartets import evaluate_quartets


def evaluate_quartets_command(folder: Path, bars: int) -> Mapping[str, Any]:
    """Measure the shipped weights on the test part of a folder of quartets."""
    players = load_players()
    if players.companions is None:
        raise ModelError("there are no weights of companions to measure")
    with bar("reading quartets") as show:
        quartets = read_quartets(folder, (2,), lambda part: show(part / 2, "reading quartets"))
        return evaluate_quartets(players, quartets, bars, lambda part: show(0.5 + part / 2, "playing"))


def print_figures(figures: Mapping[str, Any]) -> None:
    """Show the figures as a table, a column for each who plays."""
    table = Table("", *figures)
    for name in figures["quartets"]:
        table.add_row(name, *(f"{found[name]:.3f}" for found in figures.values()))
    console.print(table)
