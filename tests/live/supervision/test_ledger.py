from score_bridge.live.supervision.ledger import Ledger
from score_bridge.wire.internal import Missed, Play, Played, Sounding
from tests.live.player.test_schedule import note, off


def ended(id: int, time: float) -> Played:
    return Played(stream="main", id=id, on=False, time=time, lateness=0.0)


def test_a_new_player_ends_what_may_sound_and_plays_what_is_to_come() -> None:
    ledger = Ledger(ahead=False)
    ledger.play([note(1, 1.0)], 5, handed=True)
    ledger.play([off(1, 9.0), note(2, 9.0)], 5, handed=True)
    assert ledger.resume(2.0) == [Sounding(notes=(note(1, 1.0),)), Play(events=(note(2, 9.0),), program=5)]


def test_what_was_due_while_there_was_no_player_is_not_begun() -> None:
    ledger = Ledger(ahead=False)
    ledger.play([note(1, 1.0), off(1, 1.5)], 0, handed=False)
    ledger.play([note(2, 3.0), off(2, 4.0)], 0, handed=False)
    assert ledger.resume(2.0) == [Play(events=(note(2, 3.0), off(2, 4.0)))]
    assert len(ledger) == 1


def test_what_hosts_were_told_ahead_may_sound_too() -> None:
    ledger = Ledger(ahead=True)
    ledger.play([note(1, 9.0)], 0, handed=True)
    assert ledger.resume(2.0) == [Sounding(notes=(note(1, 9.0),))]


def test_a_note_leaves_once_its_end_is_reported_and_proved_by_a_later_heartbeat() -> None:
    ledger = Ledger(ahead=False)
    ledger.play([note(1, 1.0), off(1, 2.0)], 0, handed=True)
    ledger.played(Played(stream="main", id=1, on=True, time=1.0, lateness=0.0))
    ledger.played(ended(1, 2.0))
    ledger.alive(2.5)
    assert ledger.resume(2.6) == [Sounding(notes=(note(1, 1.0),))]
    ledger.alive(3.1)
    assert ledger.resume(3.2) == []


def test_silenced_notes_leave_when_proved_and_what_was_never_handed_leaves_at_once() -> None:
    ledger = Ledger(ahead=False)
    ledger.play([note(1, 1.0)], 0, handed=True)
    ledger.play([note(2, 1.0, "b")], 0, handed=True)
    ledger.play([note(3, 9.0)], 0, handed=False)
    ledger.silence("main", 2.0)
    assert ledger.resume(2.5) == [Sounding(notes=(note(1, 1.0), note(2, 1.0, "b")))]
    ledger.alive(3.1)
    assert ledger.resume(3.2) == [Sounding(notes=(note(2, 1.0, "b"),))]
    ledger.silence("", 4.0)
    ledger.alive(5.1)
    assert len(ledger) == 0


def test_an_off_for_a_note_that_was_not_begun_is_no_entry() -> None:
    ledger = Ledger(ahead=False)
    ledger.play([off(1, 1.0)], 0, handed=True)
    ledger.played(ended(1, 1.0))
    assert len(ledger) == 0


def test_a_note_that_was_missed_is_no_entry_unless_hosts_were_told_ahead() -> None:
    for ahead, left in ((False, 0), (True, 1)):
        ledger = Ledger(ahead=ahead)
        ledger.play([note(1, 1.0)], 0, handed=True)
        ledger.missed(Missed(stream="main", id=1))
        ledger.missed(Missed(stream="main", id=2))
        assert len(ledger) == left


def test_a_note_without_an_end_is_ended_once_at_its_foreseen_length() -> None:
    ledger = Ledger(ahead=False)
    ledger.play([note(1, 1.0), note(2, 1.0), off(2, 9.0), note(3, 1.2)], 0, handed=True)
    assert ledger.end_overdue(1.4) == []
    assert ledger.end_overdue(1.5) == [off(1, 1.5)]
    assert ledger.end_overdue(1.6) == []
    assert ledger.end_overdue(1.7) == [off(3, 1.7)]
