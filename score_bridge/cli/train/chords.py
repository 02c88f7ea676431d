"""`score-bridge train chords`: read the lead sheets, run the recipe, report progress."""

from pathlib import Path

from rich.console import Console

from score_bridge.cli.progress_bar import bar
from score_bridge.cli.train.results import print_card
from score_bridge.corpus.lead_sheets import read_lead_sheets
from score_bridge.training.chords.train import ChordRecipe, train_chords
from score_bridge.training.interrupt import Stopped
from score_bridge.training.reporting import telling


def train_chords_command(folder: Path, run: Path, recipe: ChordRecipe) -> None:
    """Train the chord model in a folder, with progress and held-out figures."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with bar("reading songs") as show:
        songs = read_lead_sheets(folder, lambda part: show(part, "reading songs"))
    try:
        with telling(console) as report:
            path = train_chords(songs, run, recipe, report)
    except Stopped as stopped:
        console.print(f"stopped after step {stopped.step}; nothing is written")
        raise
    print_card(console, path)
