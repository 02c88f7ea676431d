import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.errors import ModelError, SettingsError
from score_bridge.models.checkpoint import load_melody
from score_bridge.music.tokens import note_on
from score_bridge.training.corpus_file import Corpus
from score_bridge.training.held_out import held_out_figures, phrases_of
from score_bridge.training.melody import Recipe, Report, train
from score_bridge.training.progress import CHECKPOINT
from tests.tiny import TINY, tiny_network

FEW = Recipe(steps=160, batch=8, warm_up_steps=5, learning_rate=5e-3, report_every_s=0.1, held_out=16)


def _corpus(pieces: int = 30, bars: int = 8) -> Corpus:
    """Scales up and down from a root of each piece's own; one piece in six for tests, one for validation."""
    lines = []
    for p in range(pieces):
        steps = np.zeros(bars * 16, np.uint8)
        tune = 55 + p % 12 + np.array([0, 2, 4, 5, 7, 5, 4, 2])
        steps[::2] = [note_on(int(t)) for t in np.tile(tune, bars)]
        lines.append(steps)
    count = np.arange(pieces)
    return Corpus(
        tokens=np.concatenate(lines), starts=np.arange(pieces + 1) * bars * 16, piece=count.astype(np.int32),
        key=np.zeros(pieces, np.uint8), metre=np.full(pieces, 44, np.uint8),
        split=np.where(count % 6 == 0, 2, np.where(count % 6 == 1, 1, 0)).astype(np.uint8),
        titles=np.array([f"tune {p}" for p in count]), sources=np.array(["made"] * pieces),
    )  # fmt: skip


def test_training_learns_writes_a_card_and_resumes(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    reports: list[Report] = []
    train(_corpus(), tmp_path, FEW, TINY, reports.append)
    first, last = reports[0].losses["reconstruction"], reports[-1].losses["reconstruction"]
    assert last < 0.7 * first
    assert any(r.held_out for r in reports)
    model = load_melody(tmp_path / "melody.safetensors", torch.device("cpu"))
    assert model.card["data"][0]["sources"] == {"made": {"pieces": 30, "lines": 30, "bars": 240}}
    steps = model.card["effort"]["steps"]
    longer = replace(FEW, steps=180)
    path = train(_corpus(), tmp_path, longer, TINY)
    assert json.loads(path.with_suffix(".json").read_text())["effort"]["steps"] == 180 > steps == 160
    assert not list(tmp_path.glob("*.partial"))


def test_a_tiny_corpus_and_anothers_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="too small"):
        train(_corpus(pieces=3), tmp_path, FEW, TINY)
    train(_corpus(), tmp_path, replace(FEW, steps=3), TINY)
    with pytest.raises(ModelError, match="not a checkpoint of this model"):
        train(_corpus(), tmp_path, FEW, replace(TINY, width=16))
    (tmp_path / CHECKPOINT).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="not a checkpoint of this model"):
        train(_corpus(), tmp_path, FEW, TINY)


def test_figures_of_an_untrained_network_are_near_chance() -> None:

    phrases = phrases_of(_corpus().lines("test"), 64, 0)
    figures = held_out_figures(tiny_network(), phrases)
    assert figures["teacher_forced"] < 0.6
    assert 0 <= figures["swap_agreement"] < 0.6
    assert figures["kl_nats"] > 0
