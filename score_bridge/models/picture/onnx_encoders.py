"""The picture encoders run by ONNX Runtime, from the graphs that `models.export` makes of them."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.graphs import Graphs
from score_bridge.models.picture.imagenet_labels import recognise
from score_bridge.models.picture.look import LOOK_SIDE, Look
from score_bridge.models.weight_files import Arrays
from score_bridge.vision.pixels import Rgb

LOOK, LAYOUT = "look", "layout"
LOOK_SIZES = {"network": "efficientnet-lite0", "side": LOOK_SIDE}


class OnnxFeatureEncoder:
    """Turns pictures (128, 128, 3) into features. Same pictures, same numbers; holds weights only."""

    def __init__(self, weights: Arrays, graphs: Graphs) -> None:
        """Take EfficientNet-Lite0's weights by name."""
        self._run = graphs.open(LOOK, weights)

    def look(self, rgb: Rgb) -> Look:
        """Turn a picture (128, 128, 3), 8-bit RGB, into features; name what it shows, if known."""
        features, logits = self._run(pictures=rgb[None])
        return Look(features[0], recognise(logits[0]))


class OnnxFrameEncoder:
    """Turns pictures (64, 64, 3) into latents of the frame VAE. Same picture, same numbers; holds weights only."""

    def __init__(self, weights: Arrays, graphs: Graphs) -> None:
        """Take a frame VAE's weights by name."""
        self._run = graphs.open(LAYOUT, weights)

    def encode(self, thumbnail: Rgb) -> NDArray[np.float32]:
        """Turn a picture (64, 64, 3), 8-bit RGB, into the posterior mean (Z,)."""
        [means] = self._run(pictures=thumbnail[None])
        return means[0]  # type: ignore[no-any-return]
