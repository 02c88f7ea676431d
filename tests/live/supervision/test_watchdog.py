from itertools import pairwise

from score_bridge.live.supervision.watchdog import BLIND_PATIENCE, PATIENCE, START_PATIENCE, Watchdog

LONGEST = 30.0


def up(at: float = 0.0) -> Watchdog:
    """One whose child is ready at `at`, and of which it can be read whether it waits for a core."""
    watchdog = Watchdog(LONGEST)
    watchdog.started(at)
    watchdog.ready(at)
    watchdog.note_waiting(0.0, at)
    return watchdog


def test_a_child_may_load_for_long_but_has_to_be_heard_from_then() -> None:
    watchdog = Watchdog(LONGEST)
    assert watchdog.start_due(0.0)
    watchdog.started(0.0)
    watchdog.note_waiting(0.0, 0.0)
    assert not watchdog.start_due(1.0)
    assert not watchdog.hung(START_PATIENCE)
    assert watchdog.hung(START_PATIENCE + 1)
    watchdog.ready(10.0)
    assert not watchdog.hung(10 + PATIENCE)
    assert watchdog.hung(10.1 + PATIENCE)
    watchdog.note_sign_of_life(12.0)
    assert not watchdog.hung(12 + PATIENCE)


def test_a_suspended_machine_blames_nobody() -> None:
    watchdog = up(1.0)
    watchdog.excuse(3600.0, 3601.0)
    assert not watchdog.hung(3601.0)
    assert watchdog.hung(3601.1 + PATIENCE)


def silent_seconds(share: float, seconds: int = 60) -> float:
    """When a child that says nothing, and waits for a core for this share of the time, counts as hung."""
    watchdog = up()
    for half in range(1, 2 * seconds):
        now = half / 2
        watchdog.note_waiting(share * now, now)
        if watchdog.hung(now):
            return now
    return float("inf")


def test_a_starved_child_is_not_hung_and_one_that_is_stopped_or_blocked_or_runs_in_circles_is() -> None:
    """Only waiting for a core excuses silence: who is stopped or blocked or computes does not wait for one."""
    assert silent_seconds(0.0) == PATIENCE + 0.5
    assert silent_seconds(0.97) == float("inf"), "a core for 3 % of the time: two seconds of sixty"
    assert silent_seconds(0.5) == 2 * PATIENCE + 0.5
    assert silent_seconds(3.0) == float("inf"), "three threads wait at the same time"


def test_what_ended_threads_had_waited_is_held_against_nobody() -> None:
    watchdog = up()
    watchdog.note_waiting(2.0, 2.0)
    watchdog.note_waiting(0.5, 3.0)
    assert watchdog.silent(3.0) == 1.0


def test_where_nobody_can_tell_patience_is_longer() -> None:
    watchdog = up()
    watchdog.note_waiting(None, 1.0)
    assert not watchdog.hung(BLIND_PATIENCE)
    assert watchdog.hung(BLIND_PATIENCE + 0.1)


def test_pauses_double_up_to_a_bound_for_a_child_that_never_did_anything() -> None:
    watchdog, now, pauses = Watchdog(LONGEST), 100.0, []
    for _ in range(10):
        watchdog.started(now)
        watchdog.ready(now)
        watchdog.died(now)
        pauses.append(next(p for p in (0, 0.5, 1, 2, 4, 8, 16, 30) if watchdog.start_due(now + p)))
    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_worked_comes_back_at_once_however_often_and_whatever_was_before() -> None:
    watchdog = Watchdog(LONGEST)
    for now in (0.0, 1.0, 2.0):
        watchdog.started(now)
        watchdog.died(now)
    assert not watchdog.start_due(2.5)
    for before, now in pairwise(range(10, 31)):
        watchdog.started(before)
        watchdog.ready(before)
        watchdog.note_work()
        watchdog.died(now)
        assert watchdog.start_due(now)
        assert watchdog.deaths == 1
