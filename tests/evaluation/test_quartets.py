"""The companions against quartets: figures beside those of rivals."""

import numpy as np
import pytest

from score_bridge.corpus.quartets import Quartet, read_quartets
from score_bridge.engine.models import load_players
from score_bridge.evaluation.quartets import evaluate_quartets, play_under
from score_bridge.music.tokens import FIRST_ON
from tests.quartets import write_quartets


@pytest.fixture(scope="module")
def quartets(tmp_path_factory: pytest.TempPathFactory) -> list[Quartet]:
    return read_quartets(write_quartets(tmp_path_factory.mktemp("quartets") / "scores", 6))


def test_companions_are_told_from_those_out_of_time(quartets: list[Quartet]) -> None:
    """These quartets all have one cadence: what fits one bar fits the bars two away, not those between."""
    seen: list[float] = []
    found = evaluate_quartets(load_players(), quartets, 96, seen.append)
    assert seen == [at / 6 for at in range(1, 7)]
    assert set(found) == {"quartets", "model", "out of time", "another quartet's lead"}
    assert found["quartets"]["onsets a bar, part 2"] == 2.0
    assert found["quartets"]["with the lead, part 4"] == 1.0
    assert found["quartets"]["rough intervals on beats"] < found["out of time"]["rough intervals on beats"]
    assert found["model"]["rough intervals on beats"] < found["another quartet's lead"]["rough intervals on beats"]
    assert all(set(each) == set(found["model"]) for each in found.values())


def test_they_are_led_by_the_lead(quartets: list[Quartet]) -> None:
    lead = quartets[0].lines[0]
    tokens = play_under(lead, load_players(), seed=0)
    assert tokens.shape == (4, 256)
    np.testing.assert_array_equal(tokens[0], lead)
    assert ((tokens[1:] >= FIRST_ON).sum(1) > 8).all()
    np.testing.assert_array_equal(tokens, play_under(lead, load_players(), seed=0))
