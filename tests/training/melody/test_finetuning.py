"""A trained model takes on a style: what it keeps, what it says, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.errors import ModelError, SettingsError
from score_bridge.models.melody.checkpoint import load_melody, save_melody, trainable
from score_bridge.models.melody.melody_file import Posterior
from score_bridge.models.melody.musicvae import MusicVAEConfig, MusicVAEDecoder
from score_bridge.training.melody.finetuning import Beginning, together
from score_bridge.training.melody.recipe import OWN_STYLE, Recipe, Report, recipe_from
from score_bridge.training.melody.rehearsal import beside, dreams
from score_bridge.training.melody.train import train
from tests.tiny import TINY, TOLD, save_tiny, some_phrases, tiny_network, tiny_posterior
from tests.training.made import FEW, scales

CPU = torch.device("cpu")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return save_tiny(tmp_path / "tiny.safetensors", config=TOLD)


def own(start: Path, **changes: object) -> Recipe:
    return replace(recipe_from(str(start), {"steps": 4, "batch": 4}), **changes)  # type: ignore[arg-type]


def test_what_is_not_chosen_suits_what_is_wanted() -> None:
    assert recipe_from("", {"minutes": None, "batch": 8}) == Recipe(batch=8)
    assert recipe_from("x", {"minutes": 7.0}) == Recipe(**{**OWN_STYLE, "minutes": 7.0, "start": "x"})  # type: ignore[arg-type]
    assert recipe_from("x", {"pull": 0.0}) == Recipe(start="x")
    assert not Recipe(start="x").own_style
    assert not Recipe(pull=0.1).own_style


def test_few_phrases_are_not_learned_by_heart(tmp_path: Path, tiny: Path) -> None:
    recipe = recipe_from(str(tiny), {"batch": 25})
    assert recipe.limited(16).most_steps == 64
    assert recipe.limited(16).done(16, 30.0) == 0.25
    assert recipe.limited(16).done(16, 150.0) == 0.5
    assert replace(recipe, steps=9).limited(16).most_steps is None
    assert Recipe().limited(64).most_steps is None
    path = train(scales(1, bars=32), tmp_path / "run", replace(recipe, minutes=60.0, batch=800), TOLD)
    assert json.loads(path.with_suffix(".json").read_text())["effort"]["steps"] == 2 * 200 * 16 // (800 * 4)


def test_the_card_says_where_it_began_and_descriptors_keep_their_meaning(tmp_path: Path, tiny: Path) -> None:
    path = train(scales(), tmp_path / "run", own(tiny), TOLD)
    before, after = load_melody(tiny, CPU), load_melody(path, CPU)
    assert after.info.card["from"] == {**before.info.identity, "effort": None, "from": None}
    again = train(scales(), tmp_path / "again", own(path), TOLD)
    further = load_melody(again, CPU).info.card["from"]
    assert further == {**after.info.identity, "effort": after.info.card["effort"], "from": after.info.card["from"]}
    assert after.info.card["about"].startswith(
        f"An own style, begun from {before.info.name}, learned from made: 4 steps"
    )
    assert after.info.card["held_out"]["teacher_forced"] > 0
    assert after.info.card["effort"]["steps"] == 4
    assert "start" not in after.info.card["recipe"]
    assert np.array_equal(after.info.posterior.quantiles, before.info.posterior.quantiles)
    assert after.info.character is not None
    assert before.info.character is not None
    assert np.array_equal(after.info.character.scale.quantiles, before.info.character.scale.quantiles)


def test_a_model_of_the_first_kind_learns_to_be_told_and_keeps_its_encoder(tmp_path: Path) -> None:
    first = save_tiny(tmp_path / "first.safetensors", config=TINY)
    made = load_melody(train(scales(), tmp_path / "run", own(first, pull=0.0), TOLD), CPU)
    assert made.info.character is not None
    assert trainable(made).config == TOLD
    phrases = torch.from_numpy(some_phrases(4).astype(np.int64))
    now, then = (trainable(model).encode(phrases) for model in (made, load_melody(first, CPU)))
    torch.testing.assert_close(now, then, atol=1e-3, rtol=1e-2)  # kept in half precision


def test_strictness_is_learned_from_a_model_that_is_told_a_character(tmp_path: Path, tiny: Path) -> None:
    first = save_tiny(tmp_path / "first.safetensors", config=TINY)
    with pytest.raises(SettingsError, match="guidance is learned from a model that is told a character"):
        train(scales(), tmp_path / "none", own(first, pull=0.0, guided=0.5), TOLD)
    reports: list[Report] = []
    train(scales(), tmp_path / "run", own(tiny, pull=0.0, guided=0.5, report_every_s=0.0), TOLD, reports.append)
    assert all(report.losses["guidance"] >= 0 for report in reports)


def test_the_pull_keeps_weights_near_to_where_they_began(tmp_path: Path, tiny: Path) -> None:
    began = load_melody(tiny, CPU).network
    far = []
    for pull in (1e-6, 0.5):
        recipe = own(tiny, pull=pull, steps=12, average=0.0, learning_rate=5e-3)
        made = load_melody(train(scales(), tmp_path / str(pull), recipe, TOLD), CPU).network
        pairs = zip(made.parameters(), began.parameters(), strict=True)  # type: ignore[attr-defined]
        far.append(sum(float(((a - b) ** 2).sum()) for a, b in pairs))
    assert 0 < far[1] < 0.5 * far[0]


def test_few_pieces_are_learned_from_without_figures(tmp_path: Path, tiny: Path) -> None:
    for name, corpus in (
        ("none", scales(3, bars=16, held_out=False)),
        ("one", scales(1, bars=32)),  # it is held out, by its name: learned from all the same
        ("little", scales(6, bars=12)),  # too little is held out to measure
    ):
        path = train(corpus, tmp_path / name, own(tiny, report_every_s=0.0), TOLD)
        card = json.loads(path.with_suffix(".json").read_text())
        assert card["held_out"] is None
        assert card["held_out_note"] == "no figures: the corpus holds out too little to measure"


def test_fewer_than_16_phrases_are_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(
        SettingsError, match="15 two-bar phrases in 1 piece, 15 of them to learn from: it takes 16, 32 bars"
    ):
        train(scales(1, bars=31), tmp_path / "run", own(tiny), TOLD)
    assert not (tmp_path / "run").exists()


def test_an_imported_model_cannot_be_taught(tmp_path: Path) -> None:
    imported = MusicVAEDecoder(MusicVAEConfig(TOLD.latent, (8,)))
    save_melody(tmp_path / "x.safetensors", imported, tiny_posterior(), {"name": "x"})
    with pytest.raises(ModelError, match="an imported MusicVAE has no encoder to train from"):
        train(scales(), tmp_path / "run", own(tmp_path / "x.safetensors"), TOLD)


def test_the_model_hears_its_own_music_beside_the_new(tmp_path: Path, tiny: Path) -> None:
    model = load_melody(tiny, CPU)
    dreamt = dreams(model, 3)
    assert [len(line) for line in dreamt] == [128] * 64
    assert all(np.array_equal(a, b) for a, b in zip(dreamt, dreams(model, 3), strict=True))
    assert not np.array_equal(dreamt[0], dreams(model, 4)[0])
    few, many = [np.ones(320, np.uint8)], [np.ones(9600, np.uint8)] * 3
    assert sum(line is few[0] for line in beside(few, dreamt)) == round(64 * 128 / 320)
    assert len(beside(many, dreamt)) == 3 + 64
    assert Beginning(tiny_network()).among(few, Recipe()) is few


def test_a_run_goes_on_only_as_it_began(tmp_path: Path, tiny: Path) -> None:
    other = save_tiny(tmp_path / "other.safetensors", seed=1, config=TOLD)
    train(scales(), tmp_path / "own", own(tiny), TOLD)
    train(scales(), tmp_path / "new", replace(FEW, steps=2), TOLD)
    train(scales(), tmp_path / "own", own(tiny, steps=6), TOLD)
    for run, recipe, words in (
        ("own", own(other), "began from tiny [0-9a-f]{8}"),
        ("own", replace(FEW, steps=2), "began from tiny"),
        ("new", own(tiny), "began as a new model"),
    ):
        with pytest.raises(ModelError, match=words):
            train(scales(), tmp_path / run, recipe, TOLD)


def test_few_phrases_move_where_melodies_lie_a_little() -> None:
    start = tiny_posterior()
    size = len(start.mean)
    flat = Posterior(
        np.ones(size, np.float32), np.eye(size, dtype=np.float32)[::-1].copy(), np.zeros(size, np.float32), 3.0,
        start.quantiles + 1,
    )  # fmt: skip
    half = together(flat, size, start)
    assert np.allclose(half.mean, (start.mean + 1) / 2)
    assert np.allclose(half.std, start.std / np.sqrt(2), atol=1e-6)
    assert np.allclose(np.abs(half.axes), np.eye(size), atol=1e-6)
    assert half.rms == pytest.approx(np.sqrt((9 + start.rms**2) / 2))
    assert np.array_equal(half.quantiles, start.quantiles)
    assert np.allclose(together(flat, 10**9, start).std, 0, atol=1e-3)
