"""The drum model learns, goes on where it was interrupted, and says what it is."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.corpus.drums import read_drums
from score_bridge.errors import SettingsError
from score_bridge.models.drums.drum_file import read_drum_file
from score_bridge.models.drums.player import DrumPlayer
from score_bridge.training.drums.lessons import Lessons, measure, performances_of
from score_bridge.training.drums.recipe import DrumRecipe
from score_bridge.training.drums.train import train_drums
from score_bridge.training.melody.recipe import Report
from tests.drums import write_performances

RECIPE = DrumRecipe(steps=30, batch=8, length=64, warm_up_steps=4)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_a_beat_is_learned_and_kept_with_a_card(tmp_path: Path) -> None:
    corpus, said = read_drums(write_performances(tmp_path / "data")), list[Report]()
    path = train_drums(corpus, tmp_path / "run", RECIPE, said.append)
    assert said[-1].losses["hits"] < 3.0 < 9 * np.log(2)
    player = DrumPlayer(read_drum_file(path))
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["data"] == {"performances": 4, "bars": 24}
    assert set(card["held_out"]) == {"hits", "velocities", "offsets"}
    assert player.file.mean.shape == (11,)


def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    corpus = read_drums(write_performances(tmp_path / "data"))
    recipe = replace(RECIPE, steps=6)
    whole = train_drums(corpus, tmp_path / "whole", recipe)

    class EnoughError(Exception):
        pass

    def stop(report: Report) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        train_drums(corpus, tmp_path / "parts", replace(recipe, report_every_s=0.0), stop)
    parts = train_drums(corpus, tmp_path / "parts", recipe)
    one, other = (read_drum_file(path).weights for path in (parts, whole))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_lessons_begin_with_bars_and_know_where_performances_end(tmp_path: Path) -> None:
    found = performances_of(read_drums(write_performances(tmp_path, bars=3)), "train")
    lesson = Lessons(found, *measure(found)).draw(np.random.default_rng(0), 4, 64)
    assert lesson.there.sum(1).tolist() == [48] * 4
    assert lesson.places[:, :33].tolist() == [[*range(32), 0]] * 4
    assert not lesson.hits[:, 48:].any()
    assert torch.equal(lesson.hits > 0, lesson.loud > 0)


def test_too_little_is_refused(tmp_path: Path) -> None:
    corpus = read_drums(write_performances(tmp_path / "data"))
    nothing = replace(corpus, split=np.zeros_like(corpus.split))
    with pytest.raises(SettingsError, match="nothing to validation with"):
        train_drums(nothing, tmp_path / "run", RECIPE)
