"""Cutting, judging and naming lines; chaining windows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from score_bridge.corpus.lines import (
    assign_split,
    fault,
    fingerprint,
    from_windows,
    key_of,
    sounding,
    split_at_rests,
)
from score_bridge.corpus.types import UnreadableScoreError
from score_bridge.corpus.windows import read_windows
from score_bridge.music.tokens import OFF, VOCABULARY, note_on

Line = NDArray[np.uint8]


def line(steps: int, **events: int) -> Line:
    """A line of so many steps; `at12=60` strikes a pitch, `at16=1` is an off."""
    tokens = np.zeros(steps, dtype=np.uint8)
    for name, value in events.items():
        tokens[int(name[2:])] = value if value <= OFF else note_on(value)
    return tokens


def test_sounding() -> None:
    assert list(sounding(line(6, at1=60, at3=1, at5=62))) == [0, note_on(60), note_on(60), 0, 0, note_on(62)]


def test_split_at_two_bars_of_silence() -> None:
    cut = split_at_rests(line(96, at20=60, at24=1, at56=62, at60=1, at64=64, at65=1))
    assert [len(part) for part in cut] == [16, 32]
    assert cut[0][4] == note_on(60)
    assert list(np.flatnonzero(cut[1])) == [8, 12, 16, 17]


def test_a_shorter_silence_stays() -> None:
    (whole,) = split_at_rests(line(64, at0=60, at8=1, at39=62))
    assert len(whole) == 64


def test_silence_has_no_lines() -> None:
    assert split_at_rests(line(64)) == []


@given(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=12), st.integers(0, 120))
def test_what_is_cut_is_whole_bars_and_every_note_is_kept(events: list[int], gap: int) -> None:
    tokens = np.zeros((len(events) * (gap + 1) // 16 + 1) * 16, dtype=np.uint8)
    tokens[: len(events) * (gap + 1) : gap + 1] = events
    cut = split_at_rests(tokens)
    assert all(len(part) % 16 == 0 for part in cut)
    assert sum(np.count_nonzero(sounding(part)) for part in cut) == np.count_nonzero(sounding(tokens))


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (line(16, at0=60, at4=62, at8=64, at12=65), "shorter than two bars"),
        (line(32, at0=60, at4=62, at8=64), "fewer than 4 notes"),
        (line(32, at0=60, at4=62, at8=60, at12=62), "fewer than 3 pitches"),
        (line(32, at0=60, at4=62, at8=60, at12=64), None),
    ],
)
def test_fault(tokens: Line, reason: str | None) -> None:
    assert fault(tokens) == reason


def test_a_transposed_line_has_the_same_fingerprint() -> None:
    low, high = line(32, at0=60, at4=64, at8=1), line(32, at0=65, at4=69, at8=1)
    assert fingerprint(low) == fingerprint(high) != fingerprint(line(32, at0=60, at4=63, at8=1))


@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_scale(tonic: int) -> None:
    major = [0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0]
    minor = [0, 2, 3, 5, 7, 8, 11, 12, 7, 3, 0]
    for steps, mode in ((major, 0), (minor, 12)):
        tokens = np.array([note_on(60 + tonic + step) for step in steps], dtype=np.uint8)
        assert key_of(tokens) == tonic + mode


def test_splits_are_fixed_and_about_right() -> None:
    assert [assign_split("openscore-lieder", name) for name in ("lc6583477", "lc6583512")] == [0, 0]
    counts = np.bincount([assign_split("s", str(at)) for at in range(4000)], minlength=3) / 4000
    assert counts == pytest.approx([0.9, 0.05, 0.05], abs=0.01)


def test_window_values_become_tokens() -> None:
    values = np.array([0, 0, 60, 1, 0, 0, 62, 62], dtype=np.uint8)
    assert list(from_windows(values)) == [0, 0, note_on(60), 0, OFF, 0, note_on(62), note_on(62)]


def archive(path: Path, rows: list[Line], **changes: Any) -> Path:
    count = len(rows)
    arrays: dict[str, Any] = {
        "windows": np.array(rows, dtype=np.uint8),
        "piece": np.zeros(count, dtype=np.int32),
        "part": np.zeros(count, dtype=np.int16),
        "from_two_four": np.zeros(count, dtype=np.uint8),
        "titles": np.array(["scores/Composer/Song/x.mxl", "scores/Composer/Other/y.mxl"]),
    }
    np.savez(path, **(arrays | changes))
    return path


def three_bars() -> tuple[Line, list[Line]]:
    """Three bars whose middle bar line a note is held over, and their two windows: the second strikes it again."""
    values = np.zeros(48, dtype=np.uint8)
    values[:20] = [60, 1, 1, 1, 62, 1, 1, 1, 64, 1, 1, 1, 65, 1, 1, 1, 1, 1, 1, 1]
    values[24:48] = 1
    values[24], values[34] = 67, 69
    second = values[16:].copy()
    second[0] = 65
    return values, [values[:32], second]


def test_windows_that_overlap_are_one_line(tmp_path: Path) -> None:
    values, windows = three_bars()
    (piece,) = read_windows(archive(tmp_path / "w.npz", windows))
    assert (piece.name, piece.title) == ("scores/Composer/Song/x.mxl", "x")
    assert [list(found.tokens) for found in piece.lines] == [list(from_windows(values))]


def test_windows_of_another_part_or_piece_are_not_chained(tmp_path: Path) -> None:
    _, windows = three_bars()
    (piece,) = read_windows(archive(tmp_path / "part.npz", windows, part=np.array([0, 1], dtype=np.int16)))
    assert [len(found.tokens) for found in piece.lines] == [32, 32]
    pieces = read_windows(archive(tmp_path / "piece.npz", windows, piece=np.array([0, 1], dtype=np.int32)))
    assert [len(piece.lines) for piece in pieces] == [1, 1]
    joined = read_windows(archive(tmp_path / "two.npz", windows, from_two_four=np.ones(2, dtype=np.uint8)))
    assert [found.metre for found in joined[0].lines] == [24]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"windows": np.zeros((2, 31), dtype=np.uint8)}, "windows must be uint8"),
        ({"windows": np.full((2, 32), 7, dtype=np.uint8)}, "values must be"),
        ({"piece": np.array([0, 5], dtype=np.int32)}, "without a title"),
        ({"piece": np.array([0], dtype=np.int32)}, "differ in length"),
        ({"titles": np.array([{}], dtype=object)}, "not an archive"),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableScoreError, match=reason):
        read_windows(archive(tmp_path / "w.npz", three_bars()[1], **changes))
