from score_bridge.live.player.midi_sink import MidiSink
from score_bridge.live.player.schedule import Cue
from score_bridge.wire.internal import MidiExpression
from score_bridge.wire.midi_expression import express, parse_mapping
from tests.live.player.test_schedule import note, off
from tests.live.recording import RecordingMidi


def play(*cues: Cue) -> list[tuple[object, ...]]:
    out = RecordingMidi()
    notes = MidiSink(out)
    for cue in cues:
        notes.play(cue)
    return [*out.events]


def test_the_program_goes_before_the_first_note_and_again_when_it_changes() -> None:
    assert play(
        Cue(note(1, 1.0), 5), Cue(off(1, 2.0)), Cue(note(2, 2.0), 5), Cue(off(2, 3.0)), Cue(note(3, 3.0), 9)
    ) == [
        ("program", 1, 5), ("on", 1, 60, 80), ("off", 1, 60),
        ("on", 1, 60, 80), ("off", 1, 60),
        ("program", 1, 9), ("on", 1, 60, 80),
    ]  # fmt: skip


def test_each_channel_has_its_own_program() -> None:
    assert play(Cue(note(1, 1.0, channel=2), 5), Cue(note(2, 1.0, channel=3), 5)) == [
        ("program", 2, 5), ("on", 2, 60, 80), ("program", 3, 5), ("on", 3, 60, 80),
    ]  # fmt: skip


def test_two_streams_on_one_pitch_are_struck_in_turn_and_each_on_has_one_off() -> None:
    a, b = note(1, 1.0, "a"), note(1, 1.5, "b")
    assert play(Cue(a), Cue(b), Cue(off(1, 2.0, "a")), Cue(off(1, 3.0, "b"))) == [
        ("program", 1, 0), ("on", 1, 60, 80), ("off", 1, 60), ("on", 1, 60, 80), ("off", 1, 60),
    ]  # fmt: skip


def test_what_another_player_began_is_ended_unless_it_was_struck_again() -> None:
    out = RecordingMidi()
    notes = MidiSink(out)
    notes.end(note(7, 1.0, pitch=64), off(7, 3.0))
    notes.play(Cue(note(8, 2.0, pitch=64)))
    notes.end(note(7, 1.0, pitch=64), off(7, 3.0))
    assert out.events == [("off", 1, 64), ("program", 1, 0), ("on", 1, 64, 80)]


def test_panic_tells_every_channel_three_ways() -> None:
    out = RecordingMidi()
    MidiSink(out).panic()
    assert len(out.events) == 48
    assert out.events[:3] == [("control", 1, 64, 0), ("control", 1, 123, 0), ("control", 1, 120, 0)]


def test_a_device_that_came_back_is_told_its_program_again_and_holds_nothing() -> None:
    out = RecordingMidi()
    notes = MidiSink(out)
    notes.play(Cue(note(1, 1.0), 5))
    notes.tend()
    notes.play(Cue(off(1, 2.0)))
    notes.play(Cue(note(2, 2.0), 5))
    out.came_back = True
    notes.tend()
    notes.play(Cue(off(2, 3.0)))
    notes.play(Cue(note(3, 3.0), 5))
    assert out.events == [
        ("program", 1, 5), ("on", 1, 60, 80), ("off", 1, 60), ("on", 1, 60, 80),
        ("program", 1, 5), ("on", 1, 60, 80),
    ]  # fmt: skip


def test_readings_move_controllers_bend_and_pressure_where_they_changed() -> None:
    out = RecordingMidi()
    sink = MidiSink(out)
    mapping = parse_mapping(("motion=1", "hue=bend", "edges=pressure"))

    def show(motion: float, hue: float, edges: float) -> list[tuple[object, ...]]:
        values = express(mapping, {"motion": motion, "hue": hue, "edges": edges})
        begun = len(out.events)
        sink.express(MidiExpression(channel=3, values=values))
        return list(out.events[begun:])

    assert show(0.5, 0.0, 2.0) == [("control", 3, 1, 64), ("bend", 3, 0), ("pressure", 3, 127)]
    assert show(0.501, 1.0, 1.0) == [("bend", 3, 8191)], "what the device would not notice is not sent"
    assert show(-1.0, 1.0, 1.0) == [("control", 3, 1, 0)]
    sink.straighten()
    sink.straighten()
    assert out.events[-1] == ("bend", 3, 0)
    assert out.events.count(("bend", 3, 0)) == 2
    out.came_back = True
    sink.tend()
    assert len(show(0.0, 0.0, 0.0)) == 3, "a device that came back is told everything again"
