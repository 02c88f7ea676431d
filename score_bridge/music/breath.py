"""A breath before a new scene, where it is known beforehand when one begins: the line stops shortly before it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import HOLD, OFF, STEPS_PER_BAR, VOCABULARY

BREATH_STEPS = 2
"""How long the line is silent, in sixteenths: an eighth, the shortest rest that singers breathe in."""
LEAST_SCENE = STEPS_PER_BAR
"""A scene that is shorter than this many sixteenths has no breath at its end."""
_SILENCE: NDArray[np.bool_] = np.isin(np.arange(VOCABULARY), (OFF, HOLD))
_OFF: NDArray[np.bool_] = np.equal(np.arange(VOCABULARY), OFF)


def breaths_before(begins: Sequence[int]) -> tuple[int, ...]:
    """Return the steps at which breaths end, of the steps at which scenes begin (rising, the first one's too)."""
    return tuple(begin for before, begin in pairwise(begins) if begin - before >= LEAST_SCENE)


def breathing_tokens(n: int, breaths: Sequence[int]) -> NDArray[np.bool_] | None:
    """Which tokens (90,) may be played at step n; None where no breath is taken."""
    left = next((end - n for end in breaths if end > n), None)
    if left is None or left > BREATH_STEPS:
        return None
    return _OFF if left == BREATH_STEPS else _SILENCE


def steps_until_breath(n: int, breaths: Sequence[int]) -> int | None:
    """Return for how many steps a note that begins at step n can sound; None where no breath is to come."""
    return next((end - BREATH_STEPS - n for end in breaths if end - BREATH_STEPS > n), None)
