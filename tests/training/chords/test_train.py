"""The chord recipe: it learns what songs have in common, and says what it held out."""

import json
from pathlib import Path

import pytest

from score_bridge.corpus.lead_sheets import Harmonized, read_lead_sheets
from score_bridge.errors import SettingsError
from score_bridge.models.chords.chord_file import read_chord_file
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.music.chords import chord_of
from score_bridge.training.chords.lessons import in_minor
from score_bridge.training.chords.train import ChordRecipe, train_chords
from score_bridge.training.melody.recipe import Report
from tests.lead_sheets import write_songs


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Harmonized]:
    return read_lead_sheets(write_songs(tmp_path_factory.mktemp("songs") / "songs", 36))


def test_a_song_that_all_are_like_is_learned(songs: list[Harmonized], tmp_path: Path) -> None:
    assert {song.split for song in songs} == {0, 1, 2}
    reports: list[Report] = []
    path = train_chords(songs, tmp_path / "run", ChordRecipe(steps=60, batch=8), reports.append)
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert card["held_out"]["chord"] > 0.9
    assert card["held_out"]["nats"] == min(report.held_out["nats"] for report in reports)
    assert card["songs"]["chord changes a bar"] == pytest.approx(13 / 8)
    assert card["songs"]["chord tones on beats 1, 3"] == 1.0
    assert ChordPlayer(read_chord_file(path)).begin().shape == (96,)


def test_songs_in_major_are_learned_in_minor_as_well(songs: list[Harmonized]) -> None:
    song = next(song for song in songs if song.key == 0)
    minor = in_minor(song)
    assert minor.key == 12
    names = [chord_of(int(number)).name for number in minor.chords[:8]]
    assert names == ["Cm", "Cm", "Fm", "G7", "G#maj7", "Ddim7", "G7", "Cm"]
    pitches = [int(token) + 19 for token in minor.tokens[:64:8]]
    assert pitches == [60, 63, 65, 67, 68, 65, 62, 60]


def test_too_little_to_learn_from_is_refused(songs: list[Harmonized], tmp_path: Path) -> None:
    alone = [song for song in songs if song.split == 0]
    with pytest.raises(SettingsError, match="too few to learn chords from"):
        train_chords(alone, tmp_path, ChordRecipe(steps=20))
