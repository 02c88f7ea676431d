"""Where melodies lie among characters: what a picture is mapped into, and phrases that a scene may begin from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.weight_files import Arrays
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

    def draw(self, count: int, seed: int) -> tuple[Floats, NDArray[np.int64]]:
        """Scores (N, K) from a Gaussian like that of melodies, and a key (N,) of one each."""
        rng = np.random.default_rng(seed)
        scores = rng.multivariate_normal(self.mean, self.covariance, count, check_valid="ignore").astype(np.float32)
        return scores, rng.choice(self.keys, count)

    def arrays(self) -> Arrays:
        """By name, as weights files keep them."""
        named = {name: getattr(self, name) for name in ("mean", "covariance", "heard", "motifs", "keys")}
        named["quantiles"] = self.scale.quantiles
        for name in PROFILES:
            named[f"{name}.mean"], named[f"{name}.axes"] = self.scale.means[name], self.scale.axes[name]
        return {_PREFIX + name: np.ascontiguousarray(value) for name, value in named.items()}

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> "CharacterSpace":
        """Read what `arrays` wrote. Raises KeyError for what is missing."""
        named = {k.removeprefix(_PREFIX): v for k, v in arrays.items() if k.startswith(_PREFIX)}
        means = {name: named[f"{name}.mean"] for name in PROFILES}
        axes = {name: named[f"{name}.axes"] for name in PROFILES}
        values = {name: named[name] for name in ("mean", "covariance", "heard", "motifs", "keys")}
        return cls(Scale(named["quantiles"], means, axes), **values)
