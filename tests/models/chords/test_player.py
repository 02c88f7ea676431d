"""The chord network at play: numpy and PyTorch compute the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.corpus.lead_sheets import read_lead_sheets
from score_bridge.errors import ModelError
from score_bridge.models.chords.chord_file import FORMAT, read_chord_file, shipped_chords
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.models.weight_files import write_weights
from score_bridge.training.chords.lessons import half_bars, lesson_of
from tests.lead_sheets import SMALL, small_chords, write_songs


def test_numpy_foresees_what_pytorch_does(tmp_path: Path) -> None:
    network, file = small_chords(tmp_path)
    [song, *_] = read_lead_sheets(write_songs(tmp_path / "songs", 1))
    lesson, player = lesson_of([song], ends=True), ChordPlayer(file)
    wanted, memory = network(lesson.given, lesson.now)[0].numpy(), player.begin()
    for at, half_bar in enumerate(half_bars(song, ends=True)):
        logits, memory = player.foresee(memory, half_bar)
        np.testing.assert_allclose(logits, wanted[at], atol=2e-4)


def test_what_is_told_is_relative_to_the_key(tmp_path: Path) -> None:
    songs = read_lead_sheets(write_songs(tmp_path / "songs", 12))
    told = [lesson_of([song], ends=True) for song in songs]
    for one in told[1:]:
        torch.testing.assert_close(one.given, told[0].given)
        torch.testing.assert_close(one.now, told[0].now)
        torch.testing.assert_close(one.chords, told[0].chords)


def test_the_shipped_weights_are_read_and_others_are_refused(tmp_path: Path) -> None:
    assert ChordPlayer(read_chord_file(shipped_chords())).file.identity["name"] == "chords"
    path = tmp_path / "chords.safetensors"
    write_weights(path, {"chords.bias": np.zeros(96, np.float32)}, FORMAT, {"config": SMALL._asdict()})
    with pytest.raises(ModelError, match=r"chords\.safetensors is incomplete or of other sizes"):
        ChordPlayer(read_chord_file(path))
    write_weights(path, {"chords.bias": np.zeros(96, np.float32)}, FORMAT, {"config": {"width": 3}})
    with pytest.raises(ModelError, match=r"chords\.safetensors"):
        read_chord_file(path)
