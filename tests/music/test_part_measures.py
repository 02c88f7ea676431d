"""What is counted of lines that sound together."""

import numpy as np
import pytest

from score_bridge.music.part_measures import Parts, outer_intervals, part_measures
from score_bridge.music.tokens import HOLD, OFF, note_on


def parts(*lines: str) -> Parts:
    """Lines of a token a beat: a pitch, . to hold, - to rest."""
    tokens = {".": HOLD, "-": OFF}
    rows = [[tokens[word] if word in tokens else note_on(int(word)) for word in line.split()] for line in lines]
    spread = np.zeros((len(rows), 4 * len(rows[0])), np.uint8)
    spread[:, ::4] = rows
    return Parts.of(spread)


def test_what_sounds_and_begins() -> None:
    one = parts("72 . - 74")
    assert one.pitches[0, ::4].tolist() == [72, 72, -1, 74]
    assert one.onsets[0].nonzero()[0].tolist() == [0, 12]


def test_onsets_leaps_and_crossings() -> None:
    found = part_measures([parts("72 74 76 77", "60 72 74 .", "48 . . 80")])
    assert found["onsets a bar, part 2"] == 3
    assert found["with the lead, part 2"] == 0.75
    assert found["with the lead, part 3"] == 0.5
    assert found["leaps"] == pytest.approx(2 / 3)  # 12 and 32 of 12, 2 and 32 semitones
    assert found["crossings"] == pytest.approx(4 / 32)  # the last beat of the lowest part


def test_parallel_fifths_and_octaves_are_those_that_both_move_to() -> None:
    assert part_measures([parts("67 69 71 72", "60 62 64 65")])["parallels"] == 1.0
    assert part_measures([parts("67 69 71 72", "60 . . .")])["parallels"] == 0.0
    assert part_measures([parts("64 65 67 69", "60 62 64 65")])["parallels"] == 0.0
    assert part_measures([parts("72 74 76 76", "60 62 60 59")])["parallels"] == 0.5


def test_rough_intervals_on_beats_and_intervals_of_the_outer_parts() -> None:
    one = parts("72 74 71 71", "67 . . .", "60 60 60 -")
    assert part_measures([one])["rough intervals on beats"] == pytest.approx(2 / 10)  # D and B above C
    assert outer_intervals([one]).tolist() == [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
