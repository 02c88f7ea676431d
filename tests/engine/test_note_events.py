from score_bridge.engine.note_events import Moment, events_of, note_id, velocity
from score_bridge.music.tokens import HOLD, OFF, note_on
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, Note, NoteOff

PLAIN = Controls()


def _moment(n: int = 1, motion: float = 0.5) -> Moment:
    return Moment("main", n, 10.0 + n, 0.25, motion)


def test_a_note_on_ends_the_note_before_it_first() -> None:
    events, held = events_of(note_on(60), None, PLAIN, _moment())
    assert [type(e) for e in events] == [Note]
    assert held == events[0]
    events, held = events_of(note_on(64), held, PLAIN, _moment(2))
    assert [(type(e), e.id, e.pitch, e.time) for e in events] == [
        (NoteOff, note_id(1, LEAD), 60, 12.0),
        (Note, note_id(2, LEAD), 64, 12.0),
    ]


def test_hold_changes_nothing_and_off_ends() -> None:
    _, held = events_of(note_on(60), None, PLAIN, _moment())
    assert events_of(HOLD, held, PLAIN, _moment(2)) == ((), held)
    events, after = events_of(OFF, held, PLAIN, _moment(3))
    assert [type(e) for e in events] == [NoteOff]
    assert after is None
    assert events_of(OFF, None, PLAIN, _moment(4)) == ((), None)


def test_an_off_names_the_pitch_and_channel_that_began_though_controls_changed_since() -> None:
    _, held = events_of(note_on(60), None, Controls(transpose=12, channel=3), _moment())
    events, _ = events_of(OFF, held, Controls(transpose=-5, channel=9), _moment(2))
    assert (events[0].pitch, events[0].channel) == (72, 3)


def test_velocity_follows_motion_within_its_range() -> None:
    controls = Controls(velocity_low=40, velocity_high=100)
    values = [velocity(controls, _moment(1, motion)) for motion in (0.0, 0.3, 0.6, 1.0)]
    assert values == sorted(values)
    assert values[0] >= 40
    assert 85 <= values[-1] <= 100
    assert velocity(controls, _moment(16)) > velocity(controls, _moment(20)) > velocity(controls, _moment(17))


def test_a_velocity_range_upside_down_plays_softer_with_motion() -> None:
    controls = Controls(velocity_low=100, velocity_high=40)
    assert velocity(controls, _moment(1, 1.0)) < velocity(controls, _moment(1, 0.0))
