"""The drum network at play: numpy and PyTorch compute the same, and draws are what their chances say."""

from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.errors import ModelError
from score_bridge.models.drums.drum_file import read_drum_file, shipped_drums
from score_bridge.models.drums.layout import offset_bins, offset_of, velocity_bins, velocity_of
from score_bridge.models.drums.network import Told
from score_bridge.models.drums.player import Chances, DrumPlayer
from tests.drums import small_drums

STEPS = 40


def test_numpy_plays_what_pytorch_learned(tmp_path: Path) -> None:
    network, file = small_drums(tmp_path)
    player, memory = DrumPlayer(file), DrumPlayer(file).begin()
    rng = np.random.default_rng(0)
    scores, told = rng.standard_normal((2, STEPS, 11)).astype(np.float32), None
    told = (rng.random((STEPS, 11)) < 0.7).astype(np.float32)
    hits, loud = np.zeros((2, STEPS, 9), np.float32)
    chances = Chances(*rng.random((3, 9)))
    for step in range(STEPS):
        packed = np.concatenate([scores[0, step] * told[step], told[step]])
        _, memory = player.step(memory, packed, step, chances)
        hits[step], loud[step] = memory.played[:9], memory.played[9:]
    tensors = [torch.from_numpy(x)[None] for x in (hits, loud, scores[0], told)]
    foreseen = network(
        tensors[0], tensors[1], Told(tensors[2], tensors[3]), torch.arange(STEPS)[None] % 32, torch.ones(1, STEPS, 1)
    )
    chance = torch.sigmoid(foreseen.hits[0]).numpy()
    assert 0 < hits.sum() < hits.size
    np.testing.assert_array_equal(hits, chances.hit < chance)
    velocity = torch.softmax(foreseen.velocities[0], -1).numpy().cumsum(-1)
    bins = (velocity < chances.velocity[:, None]).sum(-1)
    np.testing.assert_allclose(loud[hits > 0], (np.minimum(bins, 7)[hits > 0] + 0.5) / 8, atol=1e-6)


def test_the_same_goes_in_and_comes_out_and_memory_is_not_changed(tmp_path: Path) -> None:
    player = DrumPlayer(small_drums(tmp_path)[1])
    told, chances = player.tell(player.file.mean, np.ones(11, np.float32)), Chances(*np.full((3, 9), 0.4))
    first = player.step(player.begin(), told, 0, chances)
    again = player.step(player.begin(), told, 0, chances)
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1].hidden, again[1].hidden)
    assert not player.begin().hidden.any()


def test_bins_and_what_they_stand_for_go_together() -> None:
    velocity = np.arange(1, 128, dtype=np.uint8)
    assert np.abs(velocity_of(velocity_bins(velocity) + 0.5) - velocity.astype(int)).max() <= 8
    offset = np.arange(-50, 51).astype(np.int8)
    assert np.abs(100 * offset_of(offset_bins(offset) + 0.5) - offset).max() <= 7


def test_what_is_told_is_measured_by_real_drums_and_no_further_than_three_deviations(tmp_path: Path) -> None:
    player = DrumPlayer(small_drums(tmp_path)[1])
    told = np.ones(11, np.float32)
    told[3] = 0
    packed = player.tell(player.file.mean + 9 * player.file.std, told)
    assert packed[:11].tolist() == [3, 3, 3, 0, 3, 3, 3, 3, 3, 3, 3]
    assert packed[11:].tolist() == told.tolist()


def test_weights_of_other_sizes_are_refused_in_one_line(tmp_path: Path) -> None:
    _, file = small_drums(tmp_path)
    del file.weights["hits.bias"]
    with pytest.raises(ModelError, match=r"drums\.safetensors is incomplete"):
        DrumPlayer(file)


def test_the_shipped_drums_play() -> None:
    player = DrumPlayer(read_drum_file(shipped_drums()))
    rng, memory, hits = np.random.default_rng(0), player.begin(), 0
    told = player.tell(player.file.mean, np.ones(11, np.float32))
    for step in range(64):
        found, memory = player.step(memory, told, step, Chances(*rng.random((3, 9))))
        hits += len(found)
        assert all(1 <= hit.velocity <= 127 and -0.5 <= hit.offset <= 0.5 for hit in found)
    assert 40 < hits < 160, "real drums have some 74 hits in four bars"
