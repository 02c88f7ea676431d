from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.live.player.schedule import Cue, Key, Schedule, key_of
from score_bridge.wire.messages import Note, NoteOff


def note(id: int, time: float, stream: str = "main", pitch: int = 60, channel: int = 1) -> Note:
    return Note(stream=stream, id=id, pitch=pitch, velocity=80, channel=channel, seconds=0.5, time=time)


def off(id: int, time: float, stream: str = "main", pitch: int = 60, channel: int = 1) -> NoteOff:
    return NoteOff(stream=stream, id=id, pitch=pitch, channel=channel, time=time)


def test_events_come_out_when_due_and_offs_before_ons() -> None:
    schedule = Schedule()
    schedule.add(note(1, 1.0), program=5)
    schedule.add(note(2, 2.0, pitch=62), program=5)
    schedule.add(off(1, 2.0))
    assert schedule.wake == 1.0
    assert schedule.due(0.9) == []
    assert schedule.due(1.0) == [Cue(note(1, 1.0), 5)]
    assert schedule.sounding == (note(1, 1.0),)
    assert schedule.due(2.5) == [Cue(off(1, 2.0)), Cue(note(2, 2.0, pitch=62), 5)]
    assert schedule.wake is None


def test_a_note_whose_turn_comes_too_late_is_missed_and_a_note_off_never_is() -> None:
    schedule = Schedule(late=0.2)
    schedule.add(note(1, 1.0))
    assert schedule.due(1.2) == [Cue(note(1, 1.0))]
    for event in (off(1, 2.0), note(2, 2.0), off(2, 3.0), note(3, 4.9), note(4, 9.0)):
        schedule.add(event)
    assert schedule.due(5.0) == [Cue(off(1, 2.0)), Cue(note(2, 2.0), missed=True), Cue(note(3, 4.9))]
    assert schedule.sounding == (note(3, 4.9),)
    assert schedule.due(5.0, ahead=10.0) == [Cue(note(4, 9.0))]


def test_a_missed_note_is_not_begun_later_either() -> None:
    schedule = Schedule(late=0.2)
    schedule.add(note(1, 1.0))
    schedule.due(2.0)
    schedule.add(note(1, 2.0))
    assert schedule.due(2.0) == []


def test_what_has_sounded_as_long_as_was_foreseen_is_overdue() -> None:
    schedule = Schedule()
    schedule.add(note(1, 1.0))  # of half a second
    schedule.add(note(2, 1.2))
    schedule.due(1.3)
    assert schedule.overdue(1.4) == ()
    assert schedule.overdue(1.5) == (note(1, 1.0),)
    assert schedule.overdue(1.7) == (note(1, 1.0), note(2, 1.2))


def test_an_off_ends_the_note_that_sounds_whatever_pitch_it_names() -> None:
    schedule = Schedule()
    schedule.add(note(1, 1.0, pitch=64, channel=3))
    schedule.add(off(1, 2.0, pitch=60, channel=1))
    assert schedule.due(2.0)[-1].event == off(1, 2.0, pitch=64, channel=3)


def test_silence_ends_one_stream_and_forgets_its_future() -> None:
    schedule = Schedule()
    for stream in ("a", "b"):
        schedule.add(note(1, 1.0, stream))
        schedule.add(off(1, 3.0, stream))
    schedule.add(note(2, 3.0, "a"))
    schedule.due(1.0)
    assert schedule.silence("a", 2.0) == [off(1, 2.0, "a")]
    assert schedule.due(9.0) == [Cue(off(1, 3.0, "b"))]


def test_silencing_all_ends_every_stream() -> None:
    schedule = Schedule()
    schedule.add(note(1, 1.0, "a"))
    schedule.add(note(1, 1.0, "b"))
    schedule.due(1.0)
    assert schedule.silence("", 2.0) == [off(1, 2.0, "a"), off(1, 2.0, "b")]
    assert schedule.sounding == ()


def test_a_note_announced_ahead_and_silenced_ends_no_sooner_than_it_begins() -> None:
    schedule = Schedule()
    schedule.add(note(1, 5.0))
    schedule.due(5.0)
    assert schedule.silence("main", 4.9) == [off(1, 5.0)]


@pytest.mark.parametrize(
    "events",
    [
        [off(1, 1.0), note(1, 2.0)],
        [off(7, 1.0)],
        [note(1, 1.0), off(1, 1.0)],
    ],
    ids=["off before its note", "off for nobody", "no length"],
)
def test_nothing_sounds(events: list[Note | NoteOff]) -> None:
    schedule = Schedule()
    for event in events:
        schedule.add(event)
    assert schedule.due(9.0) == []
    assert schedule.sounding == ()


def test_a_note_is_not_begun_twice_until_its_stream_was_silenced() -> None:
    schedule = Schedule()
    for event in (note(1, 1.0), note(1, 1.5), off(1, 2.0), note(1, 3.0)):
        schedule.add(event)
    assert [c.event for c in schedule.due(9.0)] == [note(1, 1.0), off(1, 2.0)]
    schedule.silence("main", 9.0)  # a restarted engine may count from its last snapshot
    schedule.add(note(1, 10.0))
    assert [c.event for c in schedule.due(10.0)] == [note(1, 10.0)]


Word = Note | NoteOff | str | float  # an event, a stream to silence, or the time it gets to be

STREAMS, IDS, TIMES = st.sampled_from(["a", "b"]), st.integers(0, 3), st.floats(0, 10)
WORDS: st.SearchStrategy[Word] = st.one_of(
    st.builds(note, IDS, TIMES, STREAMS), st.builds(off, IDS, TIMES, STREAMS), STREAMS, st.just(""), TIMES
)


@given(st.lists(WORDS, max_size=60))
def test_every_on_has_exactly_one_off_in_any_order(script: list[Word]) -> None:
    schedule, now = Schedule(), 0.0
    out: list[Note | NoteOff] = []
    for word in script:
        if isinstance(word, str):
            out += schedule.silence(word, now)
        elif isinstance(word, float):
            now = max(now, word)
            out += [cue.event for cue in schedule.due(now)]
        else:
            schedule.add(word)
    out += schedule.silence("", now)
    check_pairs(out)
    assert schedule.due(99.0) == []


def check_pairs(out: list[Note | NoteOff]) -> None:
    """Each key goes on, off, on, off ..., and ends with off."""
    level: Counter[Key] = Counter()
    for event in out:
        level[key_of(event)] += 1 if isinstance(event, Note) else -1
        assert level[key_of(event)] in (0, 1)
    assert not any(level.values())


@given(st.permutations([note(1, 1.0), off(1, 2.0), note(1, 3.0), off(1, 4.0), note(2, 1.0), off(2, 1.5)]))
def test_once_every_note_has_its_off_nothing_sounds_on(order: list[Note | NoteOff]) -> None:
    schedule = Schedule()
    out: list[Note | NoteOff] = []
    for event in order:
        schedule.add(event)
        out += [cue.event for cue in schedule.due(event.time)]
    out += [cue.event for cue in schedule.due(9.0)]
    check_pairs(out)
