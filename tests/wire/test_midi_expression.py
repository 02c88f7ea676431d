"""Readings as MIDI: what is meant by which words."""

import pytest

from score_bridge.errors import SettingsError
from score_bridge.vision.descriptors import READINGS
from score_bridge.wire.midi_expression import SHOWN, MidiTarget, MidiValue, express, parse_mapping


def test_lines_name_a_reading_and_where_it_goes() -> None:
    assert parse_mapping(("motion=1", " hue = bend ", "edges=pressure", "motion=119")) == (
        ("motion", MidiTarget("controller", 1)),
        ("hue", MidiTarget("bend")),
        ("edges", MidiTarget("pressure")),
        ("motion", MidiTarget("controller", 119)),
    )
    assert (*READINGS, "cut", "onset") == SHOWN


@pytest.mark.parametrize("line", ["", "motion", "motion=", "speed=1", "motion=120", "motion=-1", "motion=loud", "=1"])
def test_what_cannot_be_read_is_refused_in_one_line(line: str) -> None:
    with pytest.raises(SettingsError, match=r"expected one of brightness.*controller from 0 to 119") as refused:
        parse_mapping((line,))
    assert repr(line) in str(refused.value)


def test_two_readings_cannot_move_one_controller() -> None:
    with pytest.raises(SettingsError, match="1 is moved by motion already"):
        parse_mapping(("motion=1", "hue=1"))


def test_a_picture_moves_what_it_has_a_reading_for() -> None:
    mapping = parse_mapping(("motion=1", "hue=bend"))
    assert express(mapping, {"motion": 0.25, "edges": 1.0}) == (MidiValue(MidiTarget("controller", 1), 0.25),)
    assert express((), {"motion": 0.25}) == ()
