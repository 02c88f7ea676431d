"""Networks run from their graphs give what PyTorch gives, and PyTorch is not loaded for it."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.errors import ModelError
from score_bridge.models.export import export_frames, export_melody
from score_bridge.models.graphs import Graphs, find_graphs, graphs_beside
from score_bridge.models.melody.checkpoint import build_melody, load_melody, save_melody
from score_bridge.models.melody.melody_file import MelodyFile, read_melody, shipped_melody
from score_bridge.models.melody.onnx_player import ENCODE, STEP, OnnxPlayer
from score_bridge.models.melody.player import Floats, MelodyPlayer, Memory
from score_bridge.models.melody.torch_player import playable
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.feature_file import read_features
from score_bridge.models.picture.frame_checkpoint import load_frames, save_frames
from score_bridge.models.picture.frame_file import read_frames, shipped_frames
from score_bridge.models.picture.frame_vae import FrameConfig, FrameEncoder, FrameVAE
from score_bridge.models.picture.onnx_encoders import LOOK_SIZES, OnnxFeatureEncoder, OnnxFrameEncoder
from score_bridge.models.weight_files import shipped_weights
from score_bridge.music.tokens import PHRASE_STEPS, START, VOCABULARY
from score_bridge.vision.frame import shrink
from tests.tiny import TINY, TOLD, save_tiny, tiny_character, tiny_network, tiny_posterior
from tests.vision.scenes import room

CPU = torch.device("cpu")
STREAMS, STEPS, FIRST = 3, 40, 1_000_003
REACHES = (0, 5, 200)


def graphs_of(file: MelodyFile) -> Graphs:
    found = find_graphs(file.path, file.info.card["config"])
    assert found is not None
    return found


def both_players(file: MelodyFile) -> tuple[MelodyPlayer, MelodyPlayer]:
    return OnnxPlayer(file, graphs_of(file)), playable(build_melody(file, CPU)).player


def told(player: MelodyPlayer, count: int) -> Floats:
    return np.random.default_rng(1).standard_normal((count, player.condition_size)).astype(np.float32)


def run(player: MelodyPlayer) -> list[Floats]:
    """Logits and lengths of steps of three streams that look back nowhere, a little, and as far as they can."""
    rng, memories, found = np.random.default_rng(0), [player.begin()] * STREAMS, []
    tokens = [START] * STREAMS
    for n in range(STEPS):
        near = [min(n, reach, player.history - 1) for reach in REACHES]
        played = player.step(tokens, [FIRST + n] * STREAMS, told(player, STREAMS), memories, near)
        assert played.lengths is not None
        found += [played.logits, played.lengths]
        memories, tokens = played.memories, rng.integers(0, VOCABULARY, STREAMS).tolist()
    return found


def replayed(player: MelodyPlayer) -> Sequence[Floats]:
    tokens = [START, *np.random.default_rng(2).integers(0, VOCABULARY, STEPS - 1).tolist()]
    reaches = [min(n, 9) for n in range(STEPS)]
    memory: Memory = player.replay(tokens, range(FIRST, FIRST + STEPS), told(player, STEPS), reaches)
    return [np.asarray(part) for part in memory]


def assert_same_music(one: MelodyPlayer, other: MelodyPlayer) -> None:
    assert (one.latent_size, one.condition_size, one.history) == (
        other.latent_size, other.condition_size, other.history,
    )  # fmt: skip
    for a, b in zip(run(one), run(other), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    for a, b in zip(replayed(one), replayed(other), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    phrase = np.random.default_rng(3).integers(0, VOCABULARY, PHRASE_STEPS)
    np.testing.assert_allclose(one.encode(phrase), other.encode(phrase), atol=1e-4)


def test_the_shipped_melody_plays_the_same_from_its_graphs() -> None:
    assert_same_music(*both_players(read_melody(shipped_melody())))


def test_a_step_keeps_the_memory_it_was_given() -> None:
    player, _ = both_players(read_melody(shipped_melody()))
    begun = player.begin()
    first = player.step([START], [0], told(player, 1), [begun], [0]).memories
    kept = [part.copy() for part in first[0]]
    player.step([40], [1], told(player, 1), first, [1])
    assert all(np.array_equal(a, b) for a, b in zip(kept, first[0], strict=True))
    assert not any(part.any() for part in begun)


def test_pictures_are_read_the_same_from_the_graphs() -> None:
    file, pictures = read_features(), [room(n, 128, 128) for n in range(3)]
    graphs = find_graphs(shipped_weights(), LOOK_SIZES)
    assert graphs is not None
    quick, slow = OnnxFeatureEncoder(file.weights, graphs), FeatureEncoder()
    frames = read_frames(shipped_frames())
    layout = find_graphs(frames.path, frames.card["config"])
    assert layout is not None
    quick_layout = OnnxFrameEncoder(frames.weights, layout)
    slow_layout = FrameEncoder(load_frames(shipped_frames(), CPU).network)
    for picture in pictures:
        np.testing.assert_allclose(quick.look(picture).features, slow.look(picture).features, atol=5e-5)
        assert [name for name, _ in quick.look(picture).labels] == [name for name, _ in slow.look(picture).labels]
        thumbnail = shrink(picture, 64)
        np.testing.assert_allclose(quick_layout.encode(thumbnail), slow_layout.encode(thumbnail), atol=5e-5)


def test_own_weights_of_the_shipped_sizes_need_no_graphs_of_their_own(tmp_path: Path) -> None:
    model = load_melody(shipped_melody(), CPU)
    file = read_melody(shipped_melody())
    with torch.no_grad():
        model.network.to_logits.weight.mul_(0.5)  # type: ignore[attr-defined]
    path = tmp_path / "own.safetensors"
    save_melody(path, model.network, file.info.posterior, {"name": "own"}, file.info.character)  # type: ignore[arg-type]
    own = read_melody(path)
    assert graphs_of(own).folder == graphs_beside(shipped_melody())
    one, other = both_players(own)
    np.testing.assert_allclose(run(one)[-2], run(other)[-2], atol=1e-4)


def test_a_model_of_other_sizes_runs_from_graphs_that_are_exported_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_melody(path, tiny_network(1, TOLD), tiny_posterior(), {"name": "own"}, tiny_character())
    file = read_melody(path)
    assert find_graphs(path, file.info.card["config"]) is None
    export_melody(TOLD, graphs_beside(path))
    assert graphs_of(file).folder == graphs_beside(path)
    assert_same_music(*both_players(file))


def test_a_frame_model_of_other_sizes_too(tmp_path: Path) -> None:
    config = FrameConfig(8, (4, 4, 8, 8))
    torch.manual_seed(0)
    save_frames(tmp_path / "own.safetensors", FrameVAE(config), {"name": "own"})
    file = read_frames(tmp_path / "own.safetensors")
    assert find_graphs(file.path, file.card["config"]) is None
    export_frames(config, graphs_beside(file.path))
    graphs = find_graphs(file.path, file.card["config"])
    assert graphs is not None
    picture = room(0, 64, 64)
    slow = FrameEncoder(load_frames(file.path, CPU).network).encode(picture)
    np.testing.assert_allclose(OnnxFrameEncoder(file.weights, graphs).encode(picture), slow, atol=5e-5)


def test_a_model_of_the_first_kind_has_no_graphs(tmp_path: Path) -> None:
    file = read_melody(save_tiny(tmp_path / "tiny.safetensors"))
    assert find_graphs(file.path, file.info.card["config"]) is None
    with pytest.raises(ValueError, match="told a character"):
        export_melody(TINY, tmp_path)


def test_damaged_graphs_and_weights_are_refused_in_one_line(tmp_path: Path) -> None:
    file = read_melody(shipped_melody())
    shutil.copytree(graphs_beside(shipped_melody()), tmp_path / "g.graphs")
    graphs = find_graphs(tmp_path / "g.safetensors", file.info.card["config"])
    assert graphs is not None
    (graphs.folder / "step.onnx").write_bytes(b"\0" * 100)
    (graphs.folder / "encode.onnx").unlink()
    without = {name: value for name, value in file.weights.items() if name != "condition"}
    for name, weights, words in (
        (STEP, file.weights, "cannot run the graph"),
        (ENCODE, file.weights, "cannot run the graph"),
        (STEP, without, "needs the weight 'condition', which is missing"),
    ):
        with pytest.raises(ModelError, match=words) as caught:
            graphs.open(name, weights)
        assert "\n" not in str(caught.value)


def test_a_server_on_a_cpu_does_without_pytorch() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "onnx onnx onnx\n"


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # importing it fails
import score_bridge.engine.process
from score_bridge.engine.models import load_models
from score_bridge.settings import Settings
models = load_models(Settings(device="cpu"))
parts = (models.look.__self__, models.layout.__self__, models.decoder.melody.player)
print(*(type(part).__name__[:4].lower() for part in parts))
"""
