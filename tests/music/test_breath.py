import numpy as np
import pytest

from score_bridge.music.breath import BREATH_STEPS, breathing_tokens, breaths_before, steps_until_breath
from score_bridge.music.tokens import HOLD, OFF


def test_a_scene_of_less_than_a_bar_has_no_breath_at_its_end() -> None:
    assert breaths_before([0, 40, 50, 66]) == (40, 66)
    assert breaths_before([0]) == ()
    assert breaths_before([]) == ()


@pytest.mark.parametrize(
    ("n", "allowed"), [(37, None), (38, [OFF]), (39, sorted((HOLD, OFF))), (40, None), (64, [OFF])]
)
def test_the_line_stops_an_eighth_before_a_scene_and_begins_with_it(n: int, allowed: list[int] | None) -> None:
    tokens = breathing_tokens(n, (40, 66))
    assert (None if tokens is None else np.flatnonzero(tokens).tolist()) == allowed


def test_a_note_is_foreseen_to_last_until_the_breath() -> None:
    assert [steps_until_breath(n, (40, 66)) for n in (30, 37, 38, 60)] == [8, 1, 26, 4]
    assert steps_until_breath(66 - BREATH_STEPS, (40, 66)) is None
