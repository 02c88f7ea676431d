"""The 1,000 ImageNet classes by name, in the order of the classifier's outputs.

`imagenet_labels.txt` is torchvision's list (BSD-3-Clause): the first common name of each WordNet synset of ILSVRC
2012, made unique where two share it ("crane" is the machine, "crane bird" the bird).
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TOP = 5

Labels = tuple[tuple[str, float], ...]
"""Names with probabilities 0..1, the likeliest first."""


@lru_cache(maxsize=1)
def label_names() -> tuple[str, ...]:
    """Return the names of all classes, in the classifier's order."""
    return tuple(Path(__file__).with_name("imagenet_labels.txt").read_text("utf-8").splitlines())


def top_labels(logits: NDArray[np.float32], count: int = TOP) -> Labels:
    """Return the `count` likeliest of the classes, by logits (1000,); the rest is the probability of all others."""
    shifted = logits.astype(np.float64) - logits.max()
    odds = np.exp(shifted)
    best = np.argsort(-odds, kind="stable")[:count]
    names, total = label_names(), odds.sum()
    return tuple((names[i], float(odds[i] / total)) for i in best)
