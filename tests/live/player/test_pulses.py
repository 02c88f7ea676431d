import math

from score_bridge.live.player.midi_sink import MidiSink
from score_bridge.live.player.pulses import LATE_S, PulseQueue
from tests.live.recording import RecordingMidi


def test_pulses_come_when_they_are_due_and_a_start_goes_before_them() -> None:
    made = PulseQueue()
    assert made.wake == math.inf
    made.take((1.0, 1.02, 1.04), begins=True)
    assert made.wake == 1.0
    assert made.due(0.9) == []
    assert made.due(1.02) == ["start", "clock", "clock"]
    assert made.due(1.05) == ["clock"]


def test_new_pulses_take_the_place_of_those_that_were_to_come_later() -> None:
    made = PulseQueue()
    made.take((1.0, 1.1, 1.2), begins=False)
    made.take((1.1, 1.15), begins=True)
    assert made.due(2.0) == ["start"]
    made.take((3.0,), begins=False)
    assert made.due(3.0) == ["clock"]


def test_after_a_pause_there_is_no_burst() -> None:
    made = PulseQueue()
    made.take(tuple(1.0 + k * 0.02 for k in range(6)), begins=True)
    assert made.due(1.0 + LATE_S + 0.061) == ["start", "clock", "clock"]


def test_a_stop_is_sent_once_and_only_after_a_start() -> None:
    out, made = RecordingMidi(), PulseQueue()
    sink = MidiSink(out)
    sink.stop_clock(made)
    made.take((1.0,), begins=True)
    made.due(1.0)
    sink.stop_clock(made)
    sink.stop_clock(made)
    assert out.events == [("stop", 0, 0)]
