"""Performances of drummers on a grid."""

from pathlib import Path

import mido
import numpy as np
import pytest

from score_bridge.corpus.drums import grid_hits, read_drums
from score_bridge.errors import SettingsError
from score_bridge.music.drums import DESCRIBED, KIT, PITCHES, SOUND_OF, describe
from tests.drums import write_performances


def test_performances_in_four_are_read_with_what_is_known_of_them(tmp_path: Path) -> None:
    found = read_drums(write_performances(tmp_path))
    assert found.split.tolist() == [0, 0, 1, 2]
    assert found.fill.tolist() == [False, True, False, False]
    assert found.tempo.tolist() == [120.0] * 4
    assert found.starts.tolist() == [0, 96, 192, 288, 384]
    bar = found.velocity[:16] > 0
    assert np.flatnonzero(bar[:, KIT.index("kick")]).tolist() == [0, 8]
    assert np.flatnonzero(bar[:, KIT.index("snare")]).tolist() == [4, 12]
    assert bar[:, KIT.index("closed hat")].sum() == 8
    assert found.offset[4, KIT.index("snare")] == 10
    assert found.offset[0].tolist() == [0] * 9


def test_a_folder_without_performances_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"info\.csv cannot be read"):
        read_drums(tmp_path)
    (tmp_path / "info.csv").write_text("midi_filename,time_signature,split,beat_type,bpm,style\n")
    with pytest.raises(SettingsError, match="no drum performance in 4/4"):
        read_drums(tmp_path)


def test_of_two_hits_in_a_step_the_louder_counts_and_other_notes_are_no_drums(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    hits = ((36, 50, 0), (35, 90, 10), (36, 20, 10), (20, 127, 0))
    file.tracks.append(
        mido.MidiTrack(mido.Message("note_on", note=p, velocity=v, channel=9, time=t) for p, v, t in hits)
    )
    file.save(tmp_path / "a.mid")
    velocity, offset = grid_hits(tmp_path / "a.mid")
    assert velocity.shape == (16, 9)
    assert velocity[0].tolist() == [90, 0, 0, 0, 0, 0, 0, 0, 0]
    assert offset[0, 0] == 8
    assert velocity[1:].sum() == 0


def test_two_bars_are_described_by_what_is_hit_how_often_and_how_loud() -> None:
    velocity = np.zeros((32, 9), np.uint8)
    velocity[::8, 0], velocity[4::8, 1], velocity[::2, 2], velocity[1, 0] = 127, 64, 100, 1
    found = dict(zip(DESCRIBED, describe(velocity).tolist(), strict=True))
    assert found["kick"] ** 2 == pytest.approx(2.5)
    assert found["snare"] ** 2 == pytest.approx(2)
    assert found["hats"] ** 2 == pytest.approx(8)
    assert found["off_beat"] == pytest.approx(1 / 9)
    assert found["toms"] == found["ride"] == found["open_hat"] == 0
    assert describe(np.zeros((16, 9), np.uint8)).tolist() == [0] * 9
    assert [SOUND_OF[pitch] for pitch in PITCHES] == list(range(9))
