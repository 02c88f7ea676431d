from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.music.scales import ROOTS, SCALES, allowed_tokens
from score_bridge.music.tokens import HOLD, OFF, VOCABULARY, pitch_of
from score_bridge.wire.controls import Controls, Root, Scale


def pitches(root: Root, scale: Scale, lowest: int = 21, highest: int = 108, transpose: int = 0) -> list[int]:
    allowed = allowed_tokens(root, scale, lowest, highest, transpose)
    assert allowed[HOLD]
    assert allowed[OFF]
    return [pitch for token in np.nonzero(allowed)[0] if (pitch := pitch_of(int(token))) is not None]


def test_the_table_of_controls_has_its_pitch_classes() -> None:
    assert tuple(SCALES) == get_args(Scale)
    assert tuple(ROOTS) == get_args(Root)
    assert [ROOTS[name] for name in ("free", "C", "A", "B")] == [0, 0, 9, 11]
    for name, classes in SCALES.items():
        assert classes[0] == 0, name
        assert list(classes) == sorted(set(classes)), name
        assert max(classes) < 12, name


def test_c_major_is_the_white_keys() -> None:
    assert pitches("C", "major", 60, 72) == [60, 62, 64, 65, 67, 69, 71, 72]
    assert pitches("free", "major", 60, 72) == pitches("C", "major", 60, 72)


def test_a_minor_has_the_notes_of_c_major() -> None:
    assert pitches("A", "minor") == pitches("C", "major") == pitches("D", "dorian") == pitches("G", "mixolydian")


def test_free_allows_all_in_range() -> None:
    assert pitches("F#", "free", 30, 41) == list(range(30, 42))
    assert len(pitches("free", "free")) == 88


def test_transposed_music_sounds_in_the_scale_and_range() -> None:
    assert [p + 3 for p in pitches("C", "major", 60, 72, 3)] == [60, 62, 64, 65, 67, 69, 71, 72]
    assert min(pitches("free", "free", 40, 60, 24)) == 21
    assert max(pitches("free", "free", 40, 60, 24)) == 36


@pytest.mark.parametrize(("lowest", "highest"), [(70, 60), (61, 61)])
def test_where_nothing_remains_the_stream_rests(lowest: int, highest: int) -> None:
    assert pitches("C", "major", lowest, highest) == []


def test_the_answer_is_cached_and_cannot_be_changed() -> None:
    allowed = allowed_tokens("C", "blues", 36, 96, 0)
    assert allowed is allowed_tokens("C", "blues", 36, 96, 0)
    assert allowed.shape == (VOCABULARY,)
    with pytest.raises(ValueError, match="read-only"):
        allowed[5] = True


@given(
    st.sampled_from(get_args(Root)), st.sampled_from(get_args(Scale)),
    st.integers(21, 108), st.integers(21, 108), st.integers(-24, 24),
)  # fmt: skip
def test_every_allowed_pitch_keeps_all_rules(
    root: Root, scale: Scale, lowest: int, highest: int, transpose: int
) -> None:
    for pitch in pitches(root, scale, lowest, highest, transpose):
        assert lowest <= pitch + transpose <= highest
        assert (pitch + transpose - ROOTS[root]) % 12 in SCALES[scale]


def test_the_defaults_of_the_controls_allow_five_octaves() -> None:
    c = Controls()
    assert len(pitches(c.root, c.scale, c.lowest, c.highest, c.transpose)) == 61
