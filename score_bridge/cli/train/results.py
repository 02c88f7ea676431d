"""What is said of weights that were trained."""

import json
from pathlib import Path

from rich.console import Console

from score_bridge.training.interrupt import Stopped
from score_bridge.training.reporting import figures_said


def print_card(console: Console, weights: Path) -> None:
    """Say what a model learned from, how it does on what was held out, and where it lies."""
    card = json.loads(weights.with_suffix(".json").read_text("utf-8"))
    console.print(card["about"])
    console.print(f"held out, {card['held_out_note']}: {figures_said(card['held_out'])}")
    console.print(f"written {weights} and {weights.with_suffix('.json').name}")


def say_stopped(console: Console, stopped: Stopped, run: Path) -> None:
    """Say that a run was interrupted and can be resumed."""
    console.print(f"stopped after step {stopped.step}, kept in {run}: the same command goes on from there")
