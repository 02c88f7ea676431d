import itertools

from hypothesis import given
from hypothesis import strategies as st

from score_bridge.live.clock import MusicalClock
from score_bridge.music.timing import step_length

TEMPI = st.floats(20, 300)
GAPS = st.floats(0, 0.06)  # how long the caller slept


def test_sixteenths_at_120_are_125_ms_apart_and_decided_one_lead_early() -> None:
    clock = MusicalClock(120, start=10.0, lead=0.02)
    assert clock.decide(9.97) == []
    assert clock.decide(9.98) == [(0, 10.0)]
    assert clock.decide(9.99) == []
    assert clock.wake == 10.105
    assert clock.decide(10.2) == [(1, 10.125)]


def test_a_lead_longer_than_a_step_decides_several_ahead() -> None:
    clock = MusicalClock(300, start=0.0, lead=0.1)
    assert [n for n, _ in clock.decide(0.0)] == [0, 1, 2]


def test_a_new_tempo_keeps_the_place_in_the_bar() -> None:
    clock = MusicalClock(120, start=0.0, lead=0.02)
    clock.decide(0.0)
    clock.set_tempo(60, now=0.0625)  # half way to step 1: the other half takes twice as long
    assert clock.due(1) == 0.0625 + 0.125


def test_a_new_tempo_leaves_a_committed_step_alone() -> None:
    clock = MusicalClock(120, start=0.0, lead=0.02)
    clock.decide(0.11)  # step 1, due at 0.125, is out
    clock.set_tempo(240, now=0.115)
    assert clock.due(2) == 0.125 + 0.0625


def test_a_suspended_process_skips_hopeless_steps_at_once_and_stays_on_the_bar() -> None:
    clock = MusicalClock(120, start=0.0, lead=0.02)
    clock.decide(0.0)
    hour = clock.decide(3600.05)
    assert hour == [(28800, 3600.0)]
    assert clock.skipped == 28799
    assert clock.decide(3600.11) == [(28801, 3600.125)]


def test_late_but_not_hopeless_steps_are_still_decided() -> None:
    clock = MusicalClock(120, start=0.0, lead=0.02)
    assert clock.decide(0.124) == [(0, 0.0), (1, 0.125)]
    assert clock.skipped == 0


@given(st.lists(st.tuples(GAPS, st.none() | TEMPI), max_size=60), st.floats(0.002, 0.1))
def test_no_step_is_lost_or_doubled_whatever_the_tempo_does(
    script: list[tuple[float, float | None]], lead: float
) -> None:
    clock, now, steps = MusicalClock(120, start=0.0, lead=lead), 0.0, []
    for gap, tempo in script:
        now += gap
        skipped = clock.skipped
        if tempo is not None:
            clock.set_tempo(tempo, now)
        decided = clock.decide(now)
        assert all(due <= now + lead + 1e-9 for _, due in decided)
        steps += [*((n, None) for n in range(skipped, clock.skipped)), *decided]
    assert len(steps) == clock.next_step
    real = [(n, due) for n, due in steps if due is not None]
    assert [n for n, _ in real] == sorted({n for n, _ in real})
    dues = [due for _, due in real]
    assert all(a < b for a, b in itertools.pairwise(dues))


@given(TEMPI, TEMPI, st.floats(0, 100))
def test_the_next_step_after_a_change_comes_within_one_old_or_new_step(old: float, new: float, now: float) -> None:
    clock = MusicalClock(old, start=0.0, lead=0.02)
    clock.decide(now)
    clock.set_tempo(new, now)
    assert clock.due(clock.next_step) - now <= max(step_length(old), step_length(new)) + 0.02 + 1e-6
