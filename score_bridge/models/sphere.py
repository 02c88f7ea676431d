"""Ways through a latent space whose points lie near a sphere."""

import torch.nn.functional as F
from torch import Tensor

NEARLY_PARALLEL = 0.9999


def slerp(a: Tensor, b: Tensor, share: Tensor | float) -> Tensor:
    """Spherical interpolation (Shoemake 1985) of places (..., Z); the norm goes from |a| to |b| too.

    share: 0 is a, 1 is b; one number, or one a place, (..., 1).
    """
    cosine = F.cosine_similarity(a, b, dim=-1)[..., None]
    angle = cosine.clamp(-NEARLY_PARALLEL, NEARLY_PARALLEL).arccos()
    between: Tensor = (((1 - share) * angle).sin() * a + (share * angle).sin() * b) / angle.sin()
    return between
