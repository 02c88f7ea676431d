"""Lead sheets on the grid: which chord each half bar is in, and in which key."""

from pathlib import Path

import pytest

from score_bridge.corpus.lead_sheets import read_lead_sheets
from score_bridge.errors import SettingsError
from score_bridge.music.chords import NO_CHORD, QUALITIES, Chord, chord_of, quality_of
from score_bridge.music.tokens import note_on
from tests.lead_sheets import write_songs


def test_songs_are_read_with_their_chords_and_keys(tmp_path: Path) -> None:
    songs = read_lead_sheets(write_songs(tmp_path / "songs", 3))
    assert len(songs) == 3, "the waltz and what is no score are left out"
    first = next(song for song in songs if song.key == 0)
    assert [chord_of(int(number)).name for number in first.chords[:8]] == [
        "C",
        "C",
        "F",
        "G7",
        "Am7",
        "Dm",
        "G7",
        "C",
    ]
    assert first.tokens[:16:8].tolist() == [note_on(60), note_on(64)]
    assert first.last
    assert sorted(song.key for song in songs) == [0, 1, 2]


def test_a_folder_without_songs_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds no lead sheet with chord symbols in 4/4$"):
        read_lead_sheets(tmp_path)


@pytest.mark.parametrize(
    ("above", "quality"),
    [
        ([0, 4, 7], "major"), ([0, 3, 7], "minor"), ([0, 4, 7, 10], "seventh"), ([0, 4, 7, 10, 2], "seventh"),
        ([0, 3, 7, 10], "minor seventh"), ([0, 3, 6], "diminished"), ([0, 4, 8], "augmented"),
        ([0, 4, 7, 9], "sixth"),
    ],
)  # fmt: skip
def test_written_chords_have_the_nearest_quality(above: list[int], quality: str) -> None:
    assert QUALITIES[quality_of(above)] == quality


def test_chords_have_numbers_tones_and_names() -> None:
    chord = Chord(3, 3)
    assert chord_of(chord.number) == chord
    assert (chord.name, chord.tones) == ("D#m7", (3, 6, 10, 1))
    assert chord.moved(-3).name == "Cm7"
    assert chord.number < NO_CHORD
