"""Chords from voices."""

import numpy as np

from score_bridge.music.chord_labels import label_chords
from score_bridge.music.chords import NO_CHORD, chord_of


def named(*halves: tuple[int, ...]) -> list[str]:
    pitches = np.array([[pitch for half in halves for pitch in [half[voice]] * 8] for voice in range(len(halves[0]))])
    return ["" if number == NO_CHORD else chord_of(number).name for number in label_chords(pitches).tolist()]


def test_what_voices_sound_together() -> None:
    assert named((67, 64, 60, 48), (69, 65, 60, 53), (65, 62, 59, 43), (67, 64, 60, 48)) == ["C", "F", "G7", "C"]
    assert named((69, 64, 60, 45), (70, 67, 62, 43)) == ["Am", "Gm"]


def test_the_bass_says_which_root_where_tones_are_shared() -> None:
    """C E G A is a C with a sixth above C, and an Am7 above A."""
    assert named((69, 67, 64, 48)) == ["C6"]
    assert named((64, 67, 60, 45)) == ["Am7"]


def test_a_bar_of_nothing_has_no_chord_and_a_passing_tone_makes_no_new_one() -> None:
    assert named((-1, -1, -1, -1), (67, 64, 60, 48)) == ["", "C"]
    pitches = np.array([[67] * 15 + [65], [64] * 16, [60] * 16, [48] * 16])
    assert [chord_of(n).name for n in label_chords(pitches).tolist()] == ["C", "C"]
