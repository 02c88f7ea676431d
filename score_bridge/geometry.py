"""How far apart points are."""

import numpy as np
from numpy.typing import NDArray


def distances(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean distances (N, N) between rows (N, K)."""
    wide = rows.astype(np.float64)
    squares = (wide**2).sum(1)
    found: NDArray[np.float64] = np.sqrt(np.maximum(squares[:, None] + squares - 2 * wide @ wide.T, 0.0))
    np.fill_diagonal(found, 0.0)
    return found
