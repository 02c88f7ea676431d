"""Corpora made for tests, and a recipe small enough to run in them."""

from pathlib import Path

import numpy as np

from score_bridge.corpus.file import Corpus
from score_bridge.music.tokens import note_on
from score_bridge.training.melody.recipe import Recipe

FEW = Recipe(steps=160, batch=8, warm_up_steps=5, learning_rate=5e-3, held_out=16)


def scales(pieces: int = 30, bars: int = 8, source: str = "made", held_out: bool = True) -> Corpus:
    """Scales up and down from a root of each piece's own; one piece in six for tests, one for validation."""
    lines = []
    for p in range(pieces):
        steps = np.zeros(bars * 16, np.uint8)
        tune = 55 + p % 12 + np.array([0, 2, 4, 5, 7, 5, 4, 2])
        steps[::2] = [note_on(int(t)) for t in np.tile(tune, bars)]
        lines.append(steps)
    count = np.arange(pieces)
    split = np.where(count % 6 == 0, 2, np.where(count % 6 == 1, 1, 0)) if held_out else np.zeros(pieces)
    return Corpus(
        tokens=np.concatenate(lines), starts=np.arange(pieces + 1) * bars * 16, piece=count.astype(np.int32),
        key=np.zeros(pieces, np.uint8), metre=np.full(pieces, 44, np.uint8), split=split.astype(np.uint8),
        titles=np.array([f"tune {p}" for p in count]), sources=np.array([source] * pieces),
    )  # fmt: skip


def saved(corpus: Corpus, path: Path) -> str:
    """Write a corpus; return where, as an argument."""
    corpus.save(path)
    return str(path)
