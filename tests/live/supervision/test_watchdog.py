from score_bridge.live.supervision.watchdog import PATIENCE, START_PATIENCE, TRUSTED, Watchdog


def test_a_child_may_load_for_long_but_has_to_be_heard_from_then() -> None:
    watchdog = Watchdog()
    assert watchdog.start_due(0.0)
    watchdog.started(0.0)
    assert not watchdog.start_due(1.0)
    assert not watchdog.hung(START_PATIENCE)
    assert watchdog.hung(START_PATIENCE + 1)
    watchdog.ready(10.0)
    assert not watchdog.hung(10 + PATIENCE)
    assert watchdog.hung(10.1 + PATIENCE)
    watchdog.note_sign_of_life(12.0)
    assert not watchdog.hung(12 + PATIENCE)


def test_a_suspended_machine_blames_nobody() -> None:
    watchdog = Watchdog()
    watchdog.started(0.0)
    watchdog.ready(1.0)
    watchdog.overslept(3600.0)
    assert not watchdog.hung(3601.0)


def test_the_first_restart_comes_at_once_and_then_the_pauses_double_up_to_a_bound() -> None:
    watchdog, now, pauses = Watchdog(), 100.0, []
    for _ in range(10):
        watchdog.started(now)
        watchdog.died(now)
        pauses.append(next(p for p in (0, 0.5, 1, 2, 4, 8, 16, 30) if watchdog.start_due(now + p)))
    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_ran_for_a_while_is_trusted_again() -> None:
    watchdog = Watchdog()
    for now in (0.0, 1.0, 2.0):
        watchdog.started(now)
        watchdog.died(now)
    watchdog.started(10.0)
    watchdog.ready(11.0)
    watchdog.died(11.1 + TRUSTED)
    assert watchdog.deaths == 1
    assert watchdog.start_due(11.1 + TRUSTED)
