"""`score-bridge evaluate melody`: measure, and show it as a table beside the published model."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.evaluation.melody.corpus import read_corpus
from score_bridge.evaluation.melody.evaluate import Figures, Models, evaluate_melody
from score_bridge.models.melody.checkpoint import MelodyModel, load_melody
from score_bridge.models.melody.melody_file import shipped_melody
from score_bridge.models.melody.musicvae_import import import_musicvae

CPU = torch.device("cpu")


def evaluate_melody_command(
    model: Path | None, corpus: Path | None, against: Path | None, frontier: list[Path], measuring: tuple[int, int]
) -> Figures:
    """Evaluate weights (the shipped ones by default) on a corpus's test pieces; `measuring` is (phrases, seed).

    Without a corpus, on the fiddle tunes that music21 carries; without the sources that the weights' recipe left out.
    """
    phrases, seed = measuring
    loaded = load_melody(model or shipped_melody(), CPU)
    with bar("reading the corpus") as show:
        pieces = read_corpus(corpus, loaded.info)
        models = Models(loaded, _other(against), [load_melody(path, CPU) for path in frontier])
        return evaluate_melody(models, pieces, phrases=phrases, seed=seed, progress=show)


def print_figures(figures: Figures) -> None:
    """Show the figures as a table."""
    console.print(_table(figures))


def _other(path: Path | None) -> MelodyModel | None:
    """Load a model to compare with: weights, or the folder of a published checkpoint."""
    if path is None or path.is_file():
        return load_melody(path, CPU) if path else None
    with tempfile.TemporaryDirectory() as folder:
        imported = Path(folder) / "published.safetensors"
        import_musicvae(path, imported)
        return load_melody(imported, CPU)


def _table(figures: Figures) -> Table:
    published = figures.get("published")
    table = Table("figure", figures["model"]["name"], *([published["model"]["name"]] if published else []))
    for name, value in _flat(figures):
        table.add_row(name, value, *([dict(_flat(published)).get(name, "")] if published else []))
    return table


def _flat(figures: Figures, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every number with its path as a name."""
    for key, value in figures.items():
        if key in ("published", "frontier", "model", "corpus"):
            continue
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield prefix + key, " ".join(f"{v:.2f}" for v in value)
        else:
            yield prefix + key, "" if value is None else f"{value:.4g}"
