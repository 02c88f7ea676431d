"""What is seen of a film, picture by picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.picture.imagenet_labels import Labels
from score_bridge.vision.descriptors import Descriptors
from score_bridge.vision.feature_groups import Sizes

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FrameObservation:
    """One picture of the film: its time (seconds), descriptors, and its vector (D,) where one was made.

    sizes: the vector's groups; labels: what it may show, likeliest first.
    """

    time: float
    descriptors: Descriptors
    features: Floats | None
    sizes: Sizes = ()
    labels: Labels = ()
