from score_bridge.live.supervision.watchdog import PATIENCE, START_PATIENCE, TRUSTED, Vigil


def test_a_child_may_load_for_long_but_has_to_be_heard_from_then() -> None:
    vigil = Vigil()
    assert vigil.start_due(0.0)
    vigil.started(0.0)
    assert not vigil.start_due(1.0)
    assert not vigil.hung(START_PATIENCE)
    assert vigil.hung(START_PATIENCE + 1)
    vigil.ready(10.0)
    assert not vigil.hung(10 + PATIENCE)
    assert vigil.hung(10.1 + PATIENCE)
    vigil.heard(12.0)
    assert not vigil.hung(12 + PATIENCE)


def test_a_suspended_machine_blames_nobody() -> None:
    vigil = Vigil()
    vigil.started(0.0)
    vigil.ready(1.0)
    vigil.overslept(3600.0)
    assert not vigil.hung(3601.0)


def test_the_first_restart_comes_at_once_and_then_the_pauses_double_up_to_a_bound() -> None:
    vigil, now, pauses = Vigil(), 100.0, []
    for _ in range(10):
        vigil.started(now)
        vigil.died(now)
        pauses.append(next(p for p in (0, 0.5, 1, 2, 4, 8, 16, 30) if vigil.start_due(now + p)))
    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_ran_for_a_while_is_trusted_again() -> None:
    vigil = Vigil()
    for now in (0.0, 1.0, 2.0):
        vigil.started(now)
        vigil.died(now)
    vigil.started(10.0)
    vigil.ready(11.0)
    vigil.died(11.1 + TRUSTED)
    assert vigil.deaths == 1
    assert vigil.start_due(11.1 + TRUSTED)
