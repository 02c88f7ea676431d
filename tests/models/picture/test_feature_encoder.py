import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.picture.feature_encoder import FEATURES, FeatureEncoder
from score_bridge.models.picture.feature_file import FEATURES_FILE, LABELS_FILE, read_features
from score_bridge.models.picture.published_features import convert_features, packaged_weights
from score_bridge.models.weight_files import sha256_of, shipped_weights
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


@pytest.mark.parametrize("name", [FEATURES_FILE, LABELS_FILE])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: p.unlink(), "no weights at"),
        (lambda p: p.write_bytes(b""), "cannot read weights"),
        (lambda p: p.with_suffix(".json").write_text("{}"), "is not a picture encoder"),
    ],
)
def test_damaged_weights_are_refused(name: str, damage: Callable[[Path], object], words: str, tmp_path: Path) -> None:
    for file in (FEATURES_FILE, LABELS_FILE):
        for path in (shipped_weights() / file, (shipped_weights() / file).with_suffix(".json")):
            shutil.copy(path, tmp_path / path.name)
    assert read_features(tmp_path).identity == read_features().identity
    damage(tmp_path / name)
    with pytest.raises(ModelError, match=words) as caught:
        read_features(tmp_path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_shipped_weights_are_the_published_ones(tmp_path: Path) -> None:
    convert_features(packaged_weights(), tmp_path)
    made, shipped = read_features(tmp_path), read_features()
    assert (
        made.identity == shipped.identity == {"name": "efficientnet-lite0", "sha256": sha256_of(packaged_weights())}
    )
    assert made.weights.keys() == shipped.weights.keys()
    for name, value in made.weights.items():
        np.testing.assert_allclose(value, shipped.weights[name], atol=1e-6, err_msg=name)
