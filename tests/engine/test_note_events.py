import pytest

from score_bridge.engine.note_events import Moment, events_of, note_id, velocity
from score_bridge.engine.note_timing import chances, longest
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


def test_swing_delays_the_second_half_of_a_beat_and_keeps_each_half_even() -> None:
    swung = Controls(swing=60)
    times = [events_of(note_on(60), None, swung, Moment("main", n, n * 0.25, 0.25, 0.5, step_s=0.25))[0][0].time
             for n in range(9)]  # fmt: skip
    beat = [0.0, 0.3, 0.6, 0.8]
    assert times == pytest.approx([*beat, *(1 + t for t in beat), 2.0])


def test_the_note_before_ends_where_a_swung_note_begins() -> None:
    swung = Controls(swing=58)
    _, held = events_of(note_on(60), None, swung, Moment("main", 1, 0.25, 0.25, 0.5, step_s=0.25))
    events, _ = events_of(note_on(62), held, swung, Moment("main", 2, 0.5, 0.25, 0.5, step_s=0.25))
    assert [(type(event), round(event.time, 6)) for event in events] == [(NoteOff, 0.58), (Note, 0.58)]


def test_by_hand_no_two_notes_are_alike_and_a_scene_that_returns_is() -> None:
    hand = Controls(humanize=1.0)

    def played(scene: int, n: int) -> tuple[float, int]:
        moment = Moment("main", n, 0.0, 0.25, 0.5, step_s=0.125, chances=chances(7, "main", LEAD, scene, n))
        [note], _ = events_of(note_on(60), None, hand, moment)
        return note.time, getattr(note, "velocity", 0)

    notes = [played(1, n) for n in range(32)]
    assert notes == [played(1, n + 32) for n in range(32)]
    assert notes != [played(2, n) for n in range(32)]
    assert all(0 <= time <= 0.01 for time, _ in notes)
    assert len({time for time, _ in notes}) == 32
    stronger = [
        strength - velocity(PLAIN, Moment("main", n, 0.0, 0.25, 0.5)) for n, (_, strength) in enumerate(notes)
    ]
    assert -8 <= min(stronger) < -4
    assert 4 < max(stronger) <= 8


@pytest.mark.parametrize(("staccato", "sixteenths"), [(1.0, 0.5), (0.8, 1.0), (0.6, 2.0), (0.0, None)])
def test_staccato_ends_a_note_that_is_held_longer(staccato: float, sixteenths: float | None) -> None:
    controls = Controls(staccato=staccato, articulation=0.0)
    events: list[Note | NoteOff] = []
    held = None
    for n, token in enumerate([note_on(60), *[HOLD] * 7, OFF]):
        made, held = events_of(token, held, controls, Moment("main", n, n * 0.25, 1.0, 0.5, step_s=0.25))
        events += made
    assert [type(event) for event in events] == [Note, NoteOff]
    assert events[1].time == pytest.approx((sixteenths or 8) * 0.25)
    assert events[0].seconds == pytest.approx(min(1.0, sixteenths * 0.25 if sixteenths else 1.0))  # type: ignore[union-attr]


@pytest.mark.parametrize(("motion", "sixteenths"), [(1.0, 0.5), (0.6, 2.0), (0.0, None)])
def test_articulation_shortens_notes_as_far_as_the_picture_moves(motion: float, sixteenths: float | None) -> None:
    assert longest(Controls(articulation=1.0), motion) == (sixteenths and pytest.approx(sixteenths))
    assert longest(Controls(articulation=0.0), motion) is None


def test_a_struck_note_comes_when_it_is_due_whatever_the_swing() -> None:
    swung = Controls(swing=60, humanize=1.0)
    late, struck = (Moment("main", 3, 1.0, 0.25, 0.5, chances=(1.0, 0.5), struck=one) for one in (False, True))
    assert events_of(note_on(60), None, swung, struck)[0][0].time == 1.0
    assert events_of(note_on(60), None, swung, late)[0][0].time > 1.0
