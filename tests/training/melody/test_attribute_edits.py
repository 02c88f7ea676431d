import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.music.attributes import ATTRIBUTES, attributes
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, OFF, VOCABULARY, note_on
from score_bridge.training.melody.attribute_edits import edit_attribute, scale_of

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def _tune(*events: tuple[int, int]) -> NDArray[np.uint8]:
    phrase = np.full(32, HOLD, np.uint8)
    for at, pitch in events:
        phrase[at] = note_on(pitch)
    return phrase


DORIAN = _tune((0, 62), (4, 64), (7, 65), (8, 69), (12, 67), (14, 65), (16, 64), (20, 60), (24, 62))


def _many(name: str, tune: NDArray[np.uint8] = DORIAN, count: int = 200) -> NDArray[np.uint8]:
    rng = np.random.default_rng(1)
    return np.stack([edit_attribute(tune, name, scale_of(tune), rng) for _ in range(count)])


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_edit_moves_what_it_names_both_ways(name: str) -> None:
    at = ATTRIBUTES.index(name)
    found, before = attributes(_many(name))[:, at], attributes(DORIAN[None])[0, at]
    assert found.min() < before < found.max()
    assert len(np.unique(found.round(3))) >= 5


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("register", ("density", "syncopation")),
        ("range", ("density", "syncopation")),
        ("step_size", ("density", "syncopation")),
        ("syncopation", ("density", "register", "range", "step_size")),
    ],
)
def test_an_edit_leaves_these_alone(name: str, kept: tuple[str, ...]) -> None:
    before = attributes(DORIAN[None])[0]
    for other in kept:
        at = ATTRIBUTES.index(other)
        assert np.allclose(attributes(_many(name))[:, at], before[at])


def test_fewer_or_more_notes_are_not_more_syncopated() -> None:
    tune = _tune(*((t, 60 + t // 4) for t in range(0, 32, 4)))
    found = attributes(_many("density", tune))
    assert found[:, 0].min() <= 2
    assert found[:, 0].max() >= 20
    assert found[:, 3].mean() < 0.1
    assert found[:, 3].max() < 0.3


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_edits_stay_in_key_and_in_the_vocabulary(name: str) -> None:
    made = _many(name)
    assert made.max() < VOCABULARY
    pitches = made[made >= FIRST_ON].astype(int) - FIRST_ON + LOWEST_PITCH
    assert np.isin(pitches % 12, MAJOR).all()


def test_altered_notes_and_rests_survive() -> None:
    tune = _tune((0, 60), (4, 61), (8, 64), (12, 66))
    tune[16] = OFF
    made = _many("register", tune)
    assert (made[:, 16] == OFF).all()
    lifted = (made[:, [0, 4, 8, 12]].astype(int) - tune[[0, 4, 8, 12]].astype(int)) % 12
    assert (lifted == 0).all(axis=1).any()  # whole octaves keep every interval


def test_next_to_nothing_is_left_as_it_is() -> None:
    for tune in (_tune(), _tune((0, 60), (5, 62))):
        assert (_many("density", tune, 5) == tune).all()


def test_the_scale_is_the_one_most_notes_lie_in() -> None:
    assert scale_of(DORIAN) == 0
    assert scale_of(np.where(DORIAN >= FIRST_ON, DORIAN + 3, DORIAN)) == 3
