"""From picture to character: along the axes that are heard most, from where a scene's motif rests.

Descriptors are weighed by how much a difference in each is heard; the principal axes of the melodies' weighed scores
are what a picture moves (`latent_map` maps it onto them). What those axes leave open follows as its conditional mean,
as seen from the motif: of the many melodies that are as the picture asks, the one most like the motif.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.latent_map import Target
from score_bridge.music.attributes import ATTRIBUTES

Floats = NDArray[np.float32]

MOVED_AXES = 12
"""Over four films, 6, 10 and 16 axes keep .57, .59 and .63 of five nearest neighbours as heard; the more, the less of
the motif is left. Twelve hold four fifths of what is heard of the differences between melodies."""
SHARE = 0.9
"""How far pictures go along them, of the melodies' own spread: the rest is the motif's."""


@dataclass(frozen=True, eq=False)
class CharacterMap:
    """What a picture is mapped into, and what leads there from a motif.

    target: of places in scores (K,); reads: (A, K) how far scores about the mean lie along the moved axes.
    """

    target: Target
    reads: Floats

    @classmethod
    def of(cls, mean: Floats, covariance: Floats, heard: Floats) -> "CharacterMap":
        """Find the axes of scores of this mean (K,) and covariance (K, K), by how much each is `heard` (K,)."""
        spread = covariance.astype(np.float64)
        heard = heard.astype(np.float64)
        variances, axes = np.linalg.eigh(heard[:, None] * spread * heard)
        leading = axes[:, ::-1][:, :MOVED_AXES]
        reads = leading.T * heard
        follows = spread @ reads.T @ np.linalg.inv(reads @ spread @ reads.T)
        target = Target(
            mean=mean,
            axes=follows.T.astype(np.float32),
            std=np.sqrt(np.maximum(variances[::-1][:MOVED_AXES], 1e-9)).astype(np.float32),
            rms=float(np.sqrt(np.trace(spread) + (mean**2).sum())),
            named=tuple(np.sqrt(np.diag(spread))[: len(ATTRIBUTES)].tolist()),
            rests=False,
        )
        return cls(target, reads.astype(np.float32))

    def rest(self, motif: Floats, room: Floats) -> Floats:
        """What a motif's scores (K,) add to a place, where pictures leave this `room` (A,) on the moved axes."""
        away = motif - self.target.mean
        taken = (1 - room) * (self.reads @ away)
        rest: Floats = (away - taken @ self.target.axes).astype(np.float32)
        return rest
