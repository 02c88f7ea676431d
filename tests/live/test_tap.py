import pytest

from score_bridge.live.tap import KEPT, TapTempo
from score_bridge.wire.messages import Tap, Tempo, Value
from tests.live.test_sessions import Stage, answers


def tapped(*times: float) -> float | None:
    made = TapTempo()
    return [made.take(time) for time in times][-1]


def test_two_taps_are_a_tempo_and_more_are_their_mean() -> None:
    assert tapped(0.0) is None
    assert tapped(0.0, 0.5) == pytest.approx(120)
    assert tapped(0.0, 0.49, 1.01, 1.5) == pytest.approx(120)
    assert tapped(*(n * 0.6 for n in range(3 * KEPT))) == pytest.approx(100)


def test_another_tempo_or_a_pause_begins_anew() -> None:
    assert tapped(0.0, 0.5, 1.0, 2.0) == pytest.approx(60)
    assert tapped(0.0, 0.5, 1.0, 9.0) is None
    assert tapped(0.0, 0.5, 1.0, 9.0, 9.4) == pytest.approx(150)
    assert tapped(0.0, 0.01) is None, "one finger, twice"


def test_taps_of_a_host_set_the_tempo_and_are_answered() -> None:
    stage = Stage()
    assert answers(stage.say(Tap(), now=1.0)) == []
    [answer] = answers(stage.say(Tap(), now=1.4))
    assert isinstance(answer, Value)
    assert answer.name == "tempo"
    assert answer.value == pytest.approx(150)
    stage.say(Tempo(bpm=90.0), now=2.0)
    assert answers(stage.say(Tap(), now=20.0)) == []
