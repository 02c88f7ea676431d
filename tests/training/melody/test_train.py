import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from score_bridge.errors import ModelError, SettingsError
from score_bridge.models.melody.checkpoint import load_melody
from score_bridge.training.checkpoints import CHECKPOINT
from score_bridge.training.interrupt import Stopped
from score_bridge.training.melody.metrics import measure_held_out, phrases_of
from score_bridge.training.melody.recipe import Report
from score_bridge.training.melody.train import train
from tests.tiny import TOLD, tiny_network
from tests.training.made import FEW, scales


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_training_learns_writes_a_card_and_resumes(tmp_path: Path) -> None:
    reports: list[Report] = []
    train(scales(), tmp_path, replace(FEW, report_every_s=1.0), TOLD, reports.append)
    first, last = reports[0].losses["reconstruction"], reports[-1].losses["reconstruction"]
    assert last < 0.8 * first
    assert any(r.held_out for r in reports)
    card = load_melody(tmp_path / "melody.safetensors", torch.device("cpu")).info.card
    assert card["data"][0]["sources"] == {"made": {"pieces": 30, "lines": 30, "bars": 240}}
    assert card["licences"] == {"made": "as the files you gave"}
    assert card["about"].startswith("A melody model, learned from made: 160 steps in ")
    assert card["from"] is None
    assert card["held_out_note"] == "on 35 phrases of 5 lines that were not learned from"
    path = train(scales(), tmp_path, replace(FEW, steps=180), TOLD)
    assert (
        json.loads(path.with_suffix(".json").read_text())["effort"]["steps"] == 180 > card["effort"]["steps"] == 160
    )
    assert not list(tmp_path.glob("*.partial"))


def test_an_interrupted_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    recipe = replace(FEW, steps=45)
    whole = train(scales(), tmp_path / "whole", recipe, TOLD)

    def interrupt(report: Report) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Stopped) as stopped:
        train(scales(), tmp_path / "torn", recipe, TOLD, interrupt)
    assert stopped.value.step == 21
    assert signal.getsignal(signal.SIGINT) is before
    assert not (tmp_path / "torn" / "melody.safetensors").exists()
    torn = train(scales(), tmp_path / "torn", recipe, TOLD)
    for one, other in ((whole, torn), (whole.with_name(CHECKPOINT), torn.with_name(CHECKPOINT))):
        a, b = load_file(one), load_file(other)
        assert a.keys() == b.keys()
        assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    def interrupt_twice(report: Report) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as interrupted:
        train(scales(), tmp_path, FEW, TOLD, interrupt_twice)
    assert not isinstance(interrupted.value, Stopped)
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_corpus_that_is_too_small_is_refused_with_its_counts(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError,
        match="too small: 12 two-bar phrases in 3 pieces, 4 of them to learn from: it takes 64, 128 bars",
    ):
        train(scales(pieces=3), tmp_path, FEW, TOLD)
    with pytest.raises(SettingsError, match="it holds out no pieces to measure on"):
        train(scales(held_out=False), tmp_path, FEW, TOLD)
    with pytest.raises(SettingsError, match=r"64 two-bar phrases in 1 piece, 64 .*, but it holds out no pieces"):
        train(scales(1, bars=128, held_out=False), tmp_path, FEW, TOLD)
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"folder .* cannot be made"):
        train(scales(), tmp_path / "file", FEW, TOLD)


def test_a_run_of_another_model_or_damaged_is_refused(tmp_path: Path) -> None:
    train(scales(), tmp_path, replace(FEW, steps=3), TOLD)
    path = tmp_path / CHECKPOINT
    whole = path.read_bytes()
    tensors = load_file(path)
    with pytest.raises(ModelError, match="not a checkpoint of this model"):
        train(scales(), tmp_path, FEW, replace(TOLD, width=16))
    for key in (
        "network.embed.weight",
        "average.embed.weight",
        next(key for key in sorted(tensors) if key.startswith("optimizer.0.0.")),
        next(key for key in sorted(tensors) if key.startswith("optimizer.") and key.endswith(".step")),
    ):
        rest = {k: v for k, v in tensors.items() if not k.startswith(key.removesuffix("step"))}
        save_file(rest, path, metadata={"state": '{"step": 3, "elapsed": 1.0}'})
        with pytest.raises(ModelError, match="not a checkpoint of this model"):
            train(scales(), tmp_path, FEW, TOLD)
    save_file(tensors, path)
    for content in (None, b"", b"nonsense", whole[: len(whole) // 2]):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ModelError, match="not a checkpoint of this model") as refused:
            train(scales(), tmp_path, FEW, TOLD)
        assert "\n" not in str(refused.value)
    path.write_bytes(whole)
    (tmp_path / "data.json").write_text("[")
    with pytest.raises(ModelError, match=r"data\.json is damaged"):
        train(scales(), tmp_path, FEW, TOLD)


def test_sources_left_out_are_not_learned_from(tmp_path: Path) -> None:
    corpus = scales(60)
    mixed = replace(corpus, sources=np.where(np.arange(60) // 6 % 2, "airdsAirs", "mine"))
    path = train(mixed, tmp_path, replace(FEW, steps=2, leave_out=("airdsAirs",)), TOLD)
    card = json.loads(path.with_suffix(".json").read_text())
    assert set(card["data"][0]["sources"]) == set(card["licences"]) == {"mine"}
    assert card["about"].startswith("A melody model, learned from mine, without airdsAirs:")


def test_figures_of_an_untrained_network_are_near_chance() -> None:
    phrases = phrases_of(scales().lines("test"), 64, 0)
    figures = measure_held_out(tiny_network(), phrases)
    assert figures["teacher_forced"] < 0.6
    assert 0 <= figures["swap_agreement"] < 0.6
    assert figures["kl_nats"] > 0
