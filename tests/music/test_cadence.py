import numpy as np
import pytest

from score_bridge.music.cadence import closing_tokens, in_last_phrase, last_onset
from score_bridge.music.tokens import HOLD, note_on


@pytest.mark.parametrize(("ends", "last"), [(0, 0), (5, 0), (15, 0), (16, 8), (64, 56), (71, 56), (72, 64)])
def test_the_last_note_begins_on_a_half_bar_with_half_a_bar_to_sound(ends: int, last: int) -> None:
    assert last_onset(ends) == last


def test_the_end_asks_for_a_tonic_and_then_for_nothing_more() -> None:
    assert closing_tokens(55, 64, 2) is None
    assert closing_tokens(56, None, 2) is None
    tonics = closing_tokens(56, 64, 2)
    assert tonics is not None
    assert tonics[note_on(62)]
    assert not tonics[note_on(64)]
    assert tonics.sum() == 7
    after = closing_tokens(57, 64, 2)
    assert after is not None
    assert np.flatnonzero(after).tolist() == [HOLD]
    anything = closing_tokens(56, 64, None)
    assert anything is not None
    assert anything.sum() == 88


def test_the_last_phrase_is_the_one_that_closes() -> None:
    assert [in_last_phrase(n, 72) for n in (63, 64, 71)] == [False, True, True]
    assert [in_last_phrase(n, 66) for n in (31, 32, 65)] == [False, True, False]
    assert not in_last_phrase(63, None)
