"""What a picture is, in groups of numbers that the music may follow: content, layout, colour and motion.

    content  what is to be seen           feature encoder   (1280,)
    layout   where it is and how it looks frame VAE         (128,)
    colour   which colours, wherever      64 cells' means   (12,)
    motion   how much moves, and where    luma's change     (16,)
    host     a vector of the host's own, in the place of all these

Groups become one vector, each at a scale of its own, so that none drowns another; from there on distances are those
of the whole vector.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.signature import LUMA

Floats = NDArray[np.float32]
FeatureGroups = Mapping[str, Floats]
Sizes = tuple[tuple[str, int], ...]

GROUPS = ("content", "layout", "colour", "motion", "host")
SCALES = {"content": 1.0, "layout": 1.5, "colour": 120.0, "motion": 6.0, "host": 1.0}
"""What a group's numbers are multiplied by. Over six films the variances are then 110 to 680 (content), 20 to 230
(layout), 1 to 120 (colour) and 2 to 55 (motion)."""
NOISE = {"content": 20.0, "layout": 0.1, "colour": 0.5, "motion": 0.5, "host": 0.0}
"""About the variance that a still camera's noise alone gives a group; of contents, 2 to 30 was measured."""
COLOURS, CELLS = 12, 16
HUES = np.arange(6) * (np.pi / 3)


def concatenate_groups(parts: FeatureGroups) -> Floats:
    """Return the groups as one vector (D,), in the order of GROUPS, each at its scale."""
    vector: Floats = np.concatenate([parts[name] * np.float32(SCALES[name]) for name in GROUPS if name in parts])
    return vector


def group_sizes(parts: FeatureGroups) -> Sizes:
    """Name the groups of a vector and how many numbers each has, in its order."""
    return tuple((name, len(parts[name])) for name in GROUPS if name in parts)


def colour_of(cells: Floats) -> Floats:
    """Colours of a picture's cells (H, W, 3), RGB 0..1, wherever they are: (12,).

    Mean and spread of luma, red against green and yellow against blue; then how much there is of each of six hues,
    red, yellow, green, cyan, blue and magenta, by chroma.
    """
    rgb = cells.reshape(-1, 3)
    opponents = np.stack([rgb @ LUMA, rgb[:, 0] - rgb[:, 1], (rgb[:, 0] + rgb[:, 1]) / 2 - rgb[:, 2]], axis=1)
    x = rgb[:, 0] - 0.5 * (rgb[:, 1] + rgb[:, 2])
    y = np.sqrt(np.float32(0.75)) * (rgb[:, 1] - rgb[:, 2])
    towards = np.maximum(np.outer(x, np.cos(HUES)) + np.outer(y, np.sin(HUES)), 0.0)
    found: Floats = np.concatenate([opponents.mean(0), opponents.std(0), towards.mean(0)]).astype(np.float32)
    return found
