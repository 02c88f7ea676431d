"""Where melodies lie among characters: what a picture is mapped into, and phrases that a scene may begin from."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.music.character import PROFILES, Scale

Floats = NDArray[np.float32]

_PREFIX = "character."


@dataclass(frozen=True, eq=False)
class CharacterSpace:
    """The scores of melodies and how much of each is heard.

    mean: (K,); covariance: (K, K); heard: (K,) how much a difference in each counts for how different two phrases
    sound; motifs: (M, 32) phrases people wrote; keys: (M,) the keys they stand in, 0..23.
    """

    scale: Scale
    mean: Floats
    covariance: Floats
    heard: Floats
    motifs: NDArray[np.uint8]
    keys: NDArray[np.int64]

    def draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        """Scores (N, K) from a Gaussian like that of melodies, and a key (N,) of one each."""
        rng = np.random.default_rng(seed)
        scores = rng.multivariate_normal(self.mean, self.covariance, count, check_valid="ignore").astype(np.float32)
        return torch.from_numpy(scores), torch.from_numpy(rng.choice(self.keys, count))

    def tensors(self) -> dict[str, Tensor]:
        """By name, as weights files keep them."""
        named = {name: getattr(self, name) for name in ("mean", "covariance", "heard", "motifs", "keys")}
        named["quantiles"] = self.scale.quantiles
        for name in PROFILES:
            named[f"{name}.mean"], named[f"{name}.axes"] = self.scale.means[name], self.scale.axes[name]
        return {_PREFIX + name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in named.items()}

    @classmethod
    def of_tensors(cls, tensors: dict[str, Tensor]) -> "CharacterSpace":
        """Read what `tensors` wrote. Raises KeyError for what is missing."""
        named = {k.removeprefix(_PREFIX): v.cpu().numpy() for k, v in tensors.items() if k.startswith(_PREFIX)}
        means = {name: named[f"{name}.mean"] for name in PROFILES}
        axes = {name: named[f"{name}.axes"] for name in PROFILES}
        values = {name: named[name] for name in ("mean", "covariance", "heard", "motifs", "keys")}
        return cls(Scale(named["quantiles"], means, axes), **values)
