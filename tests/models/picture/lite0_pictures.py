"""The pictures whose outputs by the original package are kept in `lite0_reference.safetensors`.

They are made of NumPy's seeded integers alone, so that no other library's rounding is in them.
"""

import numpy as np
from numpy.typing import NDArray


def lite0_pictures() -> dict[str, NDArray[np.uint8]]:
    """Noise, and patches of flat colour, at two sizes: (side, side, 3) 8-bit RGB by name."""
    made = {}
    for seed, side in enumerate((64, 128)):
        random = np.random.default_rng(seed)
        made[f"noise{side}"] = random.integers(0, 256, (side, side, 3), np.uint8)
        patches = random.integers(0, 256, (8, 8, 3), np.uint8)
        made[f"patches{side}"] = patches.repeat(side // 8, axis=0).repeat(side // 8, axis=1)
    return made
