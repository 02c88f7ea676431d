"""What one pass of the picture encoder finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.picture.imagenet_labels import Labels

LOOK_SIDE = 128
"""Pixels a side of the pictures it looks at."""


@dataclass(frozen=True)
class Look:
    """What one pass finds in a picture: features (1280,), each 0..6, and the five likeliest of ImageNet's classes."""

    features: NDArray[np.float32]
    labels: Labels
