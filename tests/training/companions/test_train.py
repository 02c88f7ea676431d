"""The companion recipe: it learns what quartets have in common, can be resumed, and says what it held out."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from score_bridge.corpus.quartets import Quartet, read_quartets
from score_bridge.errors import SettingsError
from score_bridge.models.companions.companion_file import read_companion_file
from score_bridge.models.companions.layout import unknown_rows
from score_bridge.models.companions.player import CompanionPlayer
from score_bridge.training.companions.lessons import Lessons, hide
from score_bridge.training.companions.train import CompanionRecipe, train_companions
from score_bridge.training.interrupt import Stopped
from score_bridge.training.melody.recipe import Report
from tests.quartets import write_quartets

RECIPE = CompanionRecipe(steps=40, batch=4, warm_up_steps=5, learning_rate=5e-3, average=0.9, report_every_s=0.0)


@pytest.fixture(scope="module")
def quartets(tmp_path_factory: pytest.TempPathFactory) -> list[Quartet]:
    read = read_quartets(write_quartets(tmp_path_factory.mktemp("quartets") / "scores", 24))
    return [replace(quartet, split=int(at % 6 == 5)) for at, quartet in enumerate(read)]


def test_what_all_quartets_do_is_learned(quartets: list[Quartet], tmp_path: Path) -> None:
    reports: list[Report] = []
    path = train_companions(quartets, tmp_path / "run", RECIPE, reports.append)
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert card["held_out"]["steps"] > 0.95
    assert card["held_out"]["notes"] > 0.8 > reports[0].held_out["notes"]
    assert card["data"] == {"stretches": 24, "bars": 24 * 16}
    assert card["effort"]["steps"] == 40
    assert CompanionPlayer(read_companion_file(path)).begin().shape == (192,)


def test_an_interrupted_run_ends_as_one_that_was_not(quartets: list[Quartet], tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=4)
    whole = train_companions(quartets, tmp_path / "whole", recipe)

    def stop(report: Report) -> None:
        if report.step == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Stopped):
        train_companions(quartets, tmp_path / "parts", recipe, stop)
    parts = train_companions(quartets, tmp_path / "parts", recipe)
    one, other = (read_companion_file(path).weights for path in (whole, parts))
    assert all((one[name] == other[name]).all() for name in one)


def test_what_is_hidden_is_unknown_and_the_rest_as_it_was(quartets: list[Quartet]) -> None:
    rows, _, _ = Lessons.of(quartets[:1]).batch(np.array([0]))
    rng = np.random.default_rng(0)
    assert (hide(rows, rng, 0.0) == rows).all()
    hidden = hide(rows, rng, 1.0)
    assert set(unknown_rows(3).tolist()) <= set(hidden[0, 5].tolist())
    kept = [0, 1, 3]  # whose step it is, its place, the age of what sounds
    assert (hidden[..., kept] == rows[..., kept]).all()
    assert (hidden[..., [2, 4]] != rows[..., [2, 4]]).all()


def test_too_little_to_learn_from_is_refused(quartets: list[Quartet], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="too few to learn from"):
        train_companions([one for one in quartets if one.split == 0], tmp_path, RECIPE)
