"""Quartets from scores: four lines beside each other."""

from pathlib import Path

import numpy as np
import pytest

from score_bridge.corpus.quartets import read_quartets, together
from score_bridge.corpus.types import Line
from score_bridge.errors import SettingsError
from score_bridge.music.tokens import note_on
from tests.quartets import write_quartets


def test_scores_of_four_parts_are_read_and_others_left_out(tmp_path: Path) -> None:
    seen: list[float] = []
    folder = write_quartets(tmp_path / "scores", 3)
    found = read_quartets(folder, progress=seen.append)
    assert len(found) == 3
    assert seen[-1] == 1.0
    first = found[0].lines
    assert first.shape == (4, 256)
    assert [int(token) for token in first[:, 0]] == [note_on(pitch - 6) for pitch in (79, 76, 60, 48)]
    assert np.count_nonzero(first) == 4 * 32


def test_only_the_files_of_a_split_are_read(tmp_path: Path) -> None:
    folder = write_quartets(tmp_path / "scores", 40, bars=4)
    parts = [read_quartets(folder, (split,)) for split in range(3)]
    assert [{quartet.split for quartet in part} for part in parts] == [{0}, {1}, {2}]
    assert sum(map(len, parts)) == 40


def test_where_there_is_none(tmp_path: Path) -> None:
    folder = write_quartets(tmp_path / "scores", 0)
    with pytest.raises(SettingsError, match="holds no score of four parts in 4/4, 2/2 or 2/4"):
        read_quartets(folder)


def test_lines_that_do_not_fit_together_are_left_out() -> None:
    line = np.full(64, note_on(60), np.uint8)
    whole = [Line(line, 44) for _ in range(4)]
    assert [found.shape for found in together(whole)] == [(4, 64)]
    assert together(whole[:3]) == []
    assert together([*whole[:3], Line(line[:48], 44)]) == []
    assert together([*whole[:3], Line(np.zeros(64, np.uint8), 44)]) == []  # a part that rests all along
