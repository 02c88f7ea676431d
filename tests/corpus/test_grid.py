"""Bars and notes to tokens, without any file."""

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.corpus.grid import grid_piece, stretches
from score_bridge.corpus.types import Bar, Voice, melody_voices
from score_bridge.music.grid import BeatNote as Note
from score_bridge.music.grid import Stretch, skyline, tokens
from score_bridge.music.tokens import note_on

FOUR = Stretch(0.0, 0.0, 4.0, 44)


def spell(line: NDArray[np.uint8]) -> list[int | str]:
    """Tokens as a test reads them: '.' hold, '-' off, a MIDI pitch for a note-on."""
    return [".-"[token] if token < 2 else int(token) + 19 for token in line]


def bars(*lengths: float, metre: tuple[int, int] = (4, 4)) -> list[Bar]:
    starts = np.cumsum([0.0, *lengths])
    return [Bar(float(start), length, metre) for start, length in zip(starts, lengths, strict=False)]


def test_a_note_holds_and_ends_in_a_rest() -> None:
    line = tokens([Note(0, 1, 60), Note(1, 1.5, 62), Note(3, 4, 64)], FOUR)
    assert spell(line) == [60, ".", ".", ".", 62, ".", "-", ".", ".", ".", ".", ".", 64, ".", ".", "."]


def test_triplets_go_to_the_nearest_step() -> None:
    third = 1 / 3
    line = tokens([Note(at * third, (at + 1) * third, 60 + at) for at in range(6)], FOUR)
    assert spell(line)[:9] == [60, 61, ".", 62, 63, 64, ".", 65, "-"]


def test_of_two_notes_that_round_to_one_step_the_nearer_stays() -> None:
    line = tokens([Note(at * 0.125, (at + 1) * 0.125, 60 + at) for at in range(4)], FOUR)
    assert spell(line)[:4] == [60, 62, 63, "-"]


def test_a_very_short_note_keeps_one_step() -> None:
    assert spell(tokens([Note(0, 0.02, 60)], FOUR))[:3] == [60, "-", "."]


def test_the_last_note_is_cut_where_the_stretch_ends() -> None:
    assert spell(tokens([Note(3.75, 9, 60)], FOUR))[-2:] == [".", 60]


@pytest.mark.parametrize(("written", "played"), [(20, 32), (9, 21), (109, 97), (127, 103)])
def test_pitches_out_of_range_move_by_octaves(written: int, played: int) -> None:
    assert tokens([Note(0, 1, written)], FOUR)[0] == note_on(played)


def test_skyline() -> None:
    chord = [Note(0, 2, 60), Note(0, 2, 67)]
    under = Note(1, 1.5, 64)
    over = Note(1.5, 3, 72)
    assert skyline([*chord, under, over]) == [Note(0, 1.5, 67), over]


def test_a_small_overlap_is_legato() -> None:
    assert skyline([Note(0, 1.1, 67), Note(1, 2, 60)]) == [Note(0, 1.1, 67), Note(1, 2, 60)]
    assert spell(tokens([Note(0, 1.1, 67), Note(1, 2, 60)], FOUR))[:9] == [67, ".", ".", ".", 60, ".", ".", ".", "-"]


def test_a_pickup_stands_at_the_end_of_its_bar() -> None:
    (stretch,) = stretches(bars(1, 4, 4))
    assert (stretch.origin, stretch.steps) == (-3.0, 48)
    assert spell(tokens([Note(0, 1, 67), Note(1, 5, 72)], stretch))[10:20] == [*"..", 67, *"...", 72, *"..."]


def test_a_bar_split_by_a_repeat_is_one_bar() -> None:
    (stretch,) = stretches(bars(1, 4, 3, 1, 4, 3))
    assert stretch == Stretch(-3.0, 0.0, 16.0, 44)
    assert stretch.steps == 5 * 16


def test_a_short_bar_that_nothing_completes_ends_the_stretch() -> None:
    assert stretches(bars(4, 4, 2.5, 4, 4)) == [Stretch(0, 0, 10.5, 44), Stretch(10.5, 10.5, 18.5, 44)]


def test_a_bar_too_long_belongs_to_no_stretch() -> None:
    assert [(s.start, s.end) for s in stretches(bars(4, 4, 11, 4, 4))] == [(0, 8), (19, 27)]


def test_a_change_of_metre_breaks_the_stretch() -> None:
    waltz = [Bar(8 + 3 * at, 3, (3, 4)) for at in range(3)]
    cut = [Bar(17 + 4 * at, 4, (2, 2)) for at in range(2)]
    assert stretches([*bars(4, 4), *waltz, *cut]) == [Stretch(0, 0, 8, 44), Stretch(17, 17, 25, 22)]


def test_a_marked_pickup_in_the_middle_starts_a_stretch() -> None:
    assert [s.start for s in stretches([*bars(4, 4), Bar(8, 1, (4, 4), pickup=True), Bar(9, 4, (4, 4))])] == [0, 8]


def test_two_four_is_joined_in_pairs() -> None:
    (whole,) = stretches(bars(2, 2, 2, metre=(2, 4)))
    assert (whole.origin, whole.steps, whole.metre) == (0, 32, 24)
    (picked_up,) = stretches(bars(0.5, 2, 2, metre=(2, 4)))
    assert (picked_up.origin, picked_up.steps) == (-3.5, 32)


def test_what_is_tied_in_from_another_metre_is_a_rest() -> None:
    assert spell(tokens([Note(-1, 2, 60), Note(2, 3, 62)], FOUR))[7:10] == [".", 62, "."]


def test_grid_piece_counts_the_bars_it_leaves() -> None:
    voice = Voice((Note(0, 1, 60),), (*bars(4, 4), Bar(8, 3, (3, 4))))
    piece = grid_piece("a", "A", [voice])
    assert (len(piece.lines), piece.other_bars) == (1, 1)


def test_melody_voices() -> None:
    some = (Note(0, 1, 60),)
    silent, top, low = Voice((), ()), Voice(some, ()), Voice((Note(0, 1, 48),), ())
    sung = [Voice((Note(0, 1, pitch),), (), sung=True) for pitch in (72, 65, 53)]
    assert melody_voices([silent, top, low]) == [top]
    assert melody_voices([top, *sung[:2]]) == sung[:2]
    assert melody_voices([top, *sung]) == sung[:1]
    assert melody_voices([silent]) == []
