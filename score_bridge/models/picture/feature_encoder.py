"""What a picture is about: EfficientNet-Lite0's 1,280 features, run by PyTorch. See `onnx_encoders` for CPUs."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.models.picture.efficientnet import FEATURES, STRIDE, EfficientNetLite0, normalise
from score_bridge.models.picture.feature_file import FEATURES_FILE, FeatureFile, read_features
from score_bridge.models.picture.frame_vae import channels_last
from score_bridge.models.picture.imagenet_labels import recognise
from score_bridge.models.picture.look import LOOK_SIDE, Look
from score_bridge.models.torch_weights import fill_network
from score_bridge.models.weight_files import shipped_weights
from score_bridge.vision.frame import shrink

__all__ = ["FEATURES", "FeatureEncoder"]


class FeatureEncoder:
    """Turns pictures into features. Same pictures, same numbers; holds weights only."""

    def __init__(
        self, device: torch.device | None = None, side: int = LOOK_SIDE, file: FeatureFile | None = None
    ) -> None:
        """Take weights, the shipped ones by default, for pictures of `side` x `side` pixels, a multiple of 32.

        Raises ModelError when the weights are missing or unusable, ValueError for another side.
        """
        if side < STRIDE or side % STRIDE:
            raise ValueError(f"side must be a multiple of {STRIDE}, got {side}")
        self.side = side
        self.device = device or torch.device("cpu")
        self.network = EfficientNetLite0().eval().requires_grad_(False)
        found = file or read_features()
        fill_network(shipped_weights() / FEATURES_FILE, self.network, found.weights)
        channels_last(self.network.to(self.device))

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
        features: Tensor = self.network.features(normalise(batch.to(self.device)))
        return features
