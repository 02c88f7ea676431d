import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.music.attributes import ATTRIBUTES, attributes, gaussian_rank, quantile_table
from score_bridge.music.tokens import HOLD, OFF, note_on


def _phrase(*events: tuple[int, int]) -> NDArray[np.uint8]:
    """Note-ons by (step, pitch); the rest is hold."""
    phrase = np.full(32, HOLD, np.uint8)
    for at, pitch in events:
        phrase[at] = note_on(pitch)
    return phrase


def _named(phrase: NDArray[np.uint8]) -> dict[str, float]:
    return dict(zip(ATTRIBUTES, attributes(phrase[None])[0].tolist(), strict=True))


def test_a_small_tune_by_hand() -> None:
    found = _named(_phrase((0, 60), (4, 64), (8, 62), (16, 67)))
    assert found == {
        "density": 4,
        "register": 63.25,
        "range": 7,
        "syncopation": pytest.approx(1 / 14),
        "step_size": 11 / 3,
    }


def test_syncopation_counts_how_far_from_the_beat() -> None:
    on, off = _phrase((0, 60), (16, 60)), _phrase((1, 60), (17, 60))
    assert (_named(on)["syncopation"], _named(off)["syncopation"]) == (0, 1)


def test_syncopation_does_not_count_notes() -> None:
    full = _phrase(*((t, 60) for t in range(32)))
    beats = _phrase(*((t, 60) for t in range(0, 32, 4)))
    late = _phrase(*((t, 60) for t in range(2, 32, 4)))
    assert _named(full)["syncopation"] == _named(beats)["syncopation"] == 0
    assert _named(late)["syncopation"] > 0.4


def test_silence_has_numbers_too() -> None:
    silent = np.full(32, OFF, np.uint8)
    assert _named(silent) == {"density": 0, "register": 60, "range": 0, "syncopation": 0, "step_size": 0}


def test_ranks_are_standard_normal_and_keep_the_order() -> None:
    rng = np.random.default_rng(0)
    values = np.stack([rng.poisson(8, 4000), rng.exponential(3, 4000)], axis=1).astype(float)
    ranks = gaussian_rank(values, quantile_table(values))
    assert np.abs(ranks.mean(0)).max() < 0.05
    assert np.abs(ranks.std(0) - 1).max() < 0.06
    order = values[:, 1].argsort()
    assert (np.diff(ranks[order, 1]) >= 0).all()
    ties = ranks[values[:, 0] == 8, 0]
    assert ties.std() < 1e-9
