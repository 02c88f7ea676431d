from itertools import pairwise

import pytest

from score_bridge.engine.pacing import LEAST_CONTENTS, LEAST_PICTURES, Pace, rest_after

LEAD = 0.02


def test_contents_give_way_first_then_pictures_and_neither_goes() -> None:
    paces = [Pace()]
    for _ in range(20):
        paces.append(paces[-1].decided(0.015, LEAD))
    assert paces[1].contents < 1
    assert paces[1].pictures == 1
    assert all(a.contents >= b.contents and a.pictures >= b.pictures for a, b in pairwise(paces))
    assert paces[-1].contents == LEAST_CONTENTS
    assert paces[-1].pictures >= LEAST_PICTURES


def test_what_gave_way_comes_back_when_steps_are_quick() -> None:
    pace = Pace(LEAST_CONTENTS)
    for _ in range(40):
        pace = pace.decided(0.005, LEAD)
    assert pace == Pace()


def test_a_rest_makes_the_share() -> None:
    assert rest_after(0.01, 1.0) == 0
    assert rest_after(0.01, 0.25) == pytest.approx(0.03)
