"""The companion network at play: numpy and PyTorch compute the same, whatever the key."""

from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.corpus.quartets import Quartet, read_quartets
from score_bridge.errors import ModelError
from score_bridge.models.companions.companion_file import FORMAT, read_companion_file, shipped_companions
from score_bridge.models.companions.layout import (
    ACTIVITY,
    ROWS,
    Given,
    activity_of,
    into_key,
    moved_tokens,
    unknown_rows,
)
from score_bridge.models.companions.player import CompanionPlayer
from score_bridge.models.weight_files import write_weights
from score_bridge.music.tokens import HOLD, OFF, note_on
from score_bridge.training.companions.lessons import Lessons
from tests.quartets import SMALL, small_companions, write_quartets


def test_numpy_foresees_what_pytorch_does(tmp_path: Path) -> None:
    network, file = small_companions(tmp_path)
    rows, _, _ = Lessons.of(read_quartets(write_quartets(tmp_path / "scores", 1))).batch(np.array([0]))
    player, wanted = CompanionPlayer(file), network(rows).numpy()
    for line in range(3):
        memory = player.begin()
        for at in range(40):
            logits, memory = player.foresee(memory, rows[line, at].numpy())
            np.testing.assert_allclose(logits, wanted[line, at], atol=2e-4)


def test_what_is_given_is_relative_to_the_key(tmp_path: Path) -> None:
    lessons = [Lessons.of([quartet]) for quartet in read_quartets(write_quartets(tmp_path / "scores", 12))]
    for one in lessons[1:]:
        torch.testing.assert_close(one.rows, lessons[0].rows)
        torch.testing.assert_close(one.tokens, lessons[0].tokens)


def test_every_row_is_in_the_table() -> None:
    most = np.stack([np.full(4, 89), np.full(4, 3), np.full(4, 89)])
    rows = Given(3, 15, 96, 99, 10, most).rows()
    assert int(rows.max()) == ROWS - 1
    assert len(set(rows.tolist())) == len(rows)
    hidden = [unknown_rows(part).tolist() for part in range(4)]
    assert sorted(row for part in hidden for row in part) == sorted(rows[5:].tolist())


def test_a_key_is_moved_to_c_by_half_an_octave_at_most() -> None:
    assert [into_key(tonic) for tonic in range(12)] == [0, -1, -2, -3, -4, -5, 6, 5, 4, 3, 2, 1]
    tokens = np.array([HOLD, OFF, note_on(60), note_on(108), note_on(21)], np.uint8)
    assert moved_tokens(tokens, 2).tolist() == [HOLD, OFF, note_on(62), note_on(98), note_on(23)]
    assert moved_tokens(tokens, -2).tolist() == [HOLD, OFF, note_on(58), note_on(106), note_on(31)]


def test_activity_is_counted_in_kinds() -> None:
    assert [activity_of(onsets) for onsets in (0, 0.9, 1, 6, 7, 8, 16)] == [0, 0, 1, 6, 6, 7, len(ACTIVITY) - 1]


def test_the_shipped_weights_are_read_and_others_are_refused(tmp_path: Path) -> None:
    assert CompanionPlayer(read_companion_file(shipped_companions())).file.identity["name"] == "companions"
    path = tmp_path / "companions.safetensors"
    for config in (SMALL._asdict(), {"width": 3}):
        write_weights(path, {"table": np.zeros((9, 16), np.float32)}, FORMAT, {"config": config})
        with pytest.raises(ModelError, match=r"companions\.safetensors is incomplete or of other sizes"):
            CompanionPlayer(read_companion_file(path))


def test_a_window_knows_who_decided_before(tmp_path: Path) -> None:
    """The cello knows the lead alone, the second violin all others."""
    lines = np.zeros((4, 64), np.uint8)
    lines[:, ::8] = np.array([[note_on(pitch)] for pitch in (79, 76, 60, 48)], np.uint8)
    rows = Lessons.of([Quartet(lines, 0)]).rows[0, :, 8].numpy()
    unknown = [set(unknown_rows(part)[1:].tolist()) for part in range(4)]
    known = [[not unknown[part] <= set(line.tolist()) for part in range(4)] for line in rows]
    assert known == [[True, False, False, False], [True, False, False, True], [True, False, True, True]]
