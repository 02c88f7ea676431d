import numpy as np

from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, VOCABULARY, note_on
from score_bridge.training.melody.sequence_sampler import (
    PHRASES,
    TURNS,
    UNEDITED,
    Kinds,
    SceneSampler,
    transpose_sequences,
)


def _line(bars: int, pitch: int) -> np.ndarray:
    """A line whose every bar is one note, a semitone higher than the bar before."""
    tokens = np.zeros(bars * 16, np.uint8)
    tokens[::16] = [note_on(pitch + i) for i in range(bars)]
    return tokens


def _scale(bars: int) -> np.ndarray:
    """A line of eighths up and down."""
    tokens = np.zeros(bars * 16, np.uint8)
    tokens[::2] = [note_on(60 + (0, 2, 4, 5, 7, 5, 4, 2)[i % 8] + i // 16) for i in range(bars * 8)]
    return tokens


def test_a_contiguous_plan_is_the_melody_itself() -> None:
    line = _line(8, 60)
    scenes = SceneSampler([line]).draw(np.random.default_rng(0), 16, Kinds(1.0, 0.0, 0.0), transpose=False)
    for b in range(16):
        assert (scenes.plan[b] == b * PHRASES + np.arange(128) // 32).all()
        starts = scenes.phrases[b, :, 0].astype(int)
        assert ((np.diff(starts) == 2) | (np.diff(starts) < 0)).all()


def test_plans_jump_in_mid_phrase_loop_and_return() -> None:
    lines = [_line(12, 40 + 5 * i) for i in range(8)]
    scenes = SceneSampler(lines).draw(np.random.default_rng(1), 64, Kinds(0.0, 0.0, 0.0))
    natural = np.arange(64)[:, None] * PHRASES + np.arange(128) // 32
    jumps = np.diff(scenes.plan, axis=1) != 0
    inside = jumps[:, np.arange(127) % 32 != 31]
    assert inside.sum() > 64
    assert (scenes.plan[:, 64:] // PHRASES != np.arange(64)[:, None]).any()
    loops = scenes.plan[:, 96:] == scenes.plan[:, 64:96]
    assert loops.all(axis=1).any()
    assert (scenes.plan == natural).any()


def test_the_same_generator_draws_the_same_batch() -> None:
    sampler = SceneSampler([_line(9, 50), _line(4, 70)])
    a, b = (sampler.draw(np.random.default_rng((3, 7)), 8) for _ in range(2))
    assert (a.phrases == b.phrases).all()
    assert (a.plan == b.plan).all()


def test_transposing_moves_all_notes_of_a_sequence_alike_and_stays_in_the_vocabulary() -> None:
    phrases = np.zeros((50, PHRASES, PHRASE_STEPS), np.uint8)
    phrases[:, :, 0], phrases[:, :, 5] = FIRST_ON, VOCABULARY - 4
    moved = transpose_sequences(phrases, np.random.default_rng(0)).astype(int)
    shifts = moved[:, :, [0, 5]] - phrases[:, :, [0, 5]]
    assert (shifts == shifts[:, :1, :1]).all()
    assert {int(s) for s in shifts[:, 0, 0]} == {0, 1, 2, 3}
    assert (moved[phrases == 0] == 0).all()


def test_without_edits_and_fades_the_plan_is_what_is_played() -> None:
    scenes = SceneSampler([_line(12, 40)]).draw(np.random.default_rng(2), 16, Kinds(0.4, 0.0, 0.0))
    assert (scenes.played == scenes.phrases).all()
    assert (scenes.edited == UNEDITED).all()
    assert (scenes.way == 0).all()
    flat = scenes.phrases.reshape(-1, PHRASE_STEPS)
    assert (scenes.tokens() == flat[scenes.plan, np.arange(128) % PHRASE_STEPS]).all()


def test_edited_phrases_are_played_changed_and_say_which_axis() -> None:
    scenes = SceneSampler([_scale(12)]).draw(np.random.default_rng(2), 32, Kinds(1.0, 0.5, 0.0))
    differ = (scenes.played != scenes.phrases).any(2)
    assert differ.any()
    assert (scenes.edited[differ] != UNEDITED).all()
    share = (scenes.edited != UNEDITED).all(1).mean()
    assert 0.2 < share < 0.8
    assert (scenes.tokens() == scenes.played.reshape(32, -1)).all()


def test_fading_phrases_turn_over_beat_by_beat_within_their_melody() -> None:
    scenes = SceneSampler([_line(12, 40)]).draw(np.random.default_rng(3), 64, Kinds(1.0, 0.0, 1.0))
    assert (scenes.plan // PHRASES == scenes.beside // PHRASES).all()
    assert (scenes.plan != scenes.beside).all()
    way, tokens = scenes.way.reshape(-1, PHRASE_STEPS), scenes.tokens().reshape(-1, PHRASE_STEPS)
    here = scenes.phrases.reshape(-1, PHRASE_STEPS)
    there = here[scenes.beside.reshape(-1, PHRASE_STEPS)[:, 0]]
    assert (way == way[:, :1]).all()
    assert (tokens == np.where(way < TURNS, here, there)).all()
    near = way[:, 0] < TURNS.min()
    assert near.any()
    assert (tokens[near] == here[near]).all()
    assert len(np.unique(TURNS)) == 8


def test_shares_of_the_kinds_are_kept() -> None:
    scenes = SceneSampler([_line(12, 40)]).draw(np.random.default_rng(4), 400, Kinds(0.4, 0.15, 0.15))
    assert 0.1 < (scenes.way > 0).any(1).mean() < 0.2
    assert 0.1 < (scenes.edited != UNEDITED).all(1).mean() < 0.2
    assert not ((scenes.way > 0).any(1) & (scenes.edited != UNEDITED).any(1)).any()
