"""Ways through a latent space whose points lie near a sphere."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEARLY_PARALLEL = 0.9999


def slerp(a: Floats, b: Floats, share: Floats | float) -> Floats:
    """Spherical interpolation (Shoemake 1985) of places (..., Z); the norm goes from |a| to |b| too.

    share: 0 is a, 1 is b; one number, or one a place, (..., 1).
    """
    norms = np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True)
    cosine = (a * b).sum(-1, keepdims=True) / np.maximum(norms, 1e-12)
    angle = np.arccos(np.clip(cosine, -NEARLY_PARALLEL, NEARLY_PARALLEL))
    between = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    return between.astype(np.float32)  # type: ignore[no-any-return]
