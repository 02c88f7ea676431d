"""How a line ends when its end is known: on the tonic, on a strong beat, held until all is over."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, PHRASE_STEPS, STEPS_PER_BAR, VOCABULARY

HALF_BAR = STEPS_PER_BAR // 2
_TOKENS = np.arange(VOCABULARY)
_HOLD: NDArray[np.bool_] = np.equal(_TOKENS, HOLD)
_NOTES: NDArray[np.bool_] = np.greater_equal(_TOKENS, FIRST_ON)
_OF_CLASS: NDArray[np.bool_] = np.equal((_TOKENS - FIRST_ON + LOWEST_PITCH) % 12, np.arange(12)[:, None])


def last_onset(ends: int) -> int:
    """The step at which the last note of a line of `ends` steps begins: a half bar's, half a bar or more before the
    end, and 0 in a line too short for that.
    """
    return max(0, ends // HALF_BAR - 1) * HALF_BAR


def in_last_phrase(n: int, ends: int | None) -> bool:
    """Whether step n is in the phrase in which a line of `ends` steps closes."""
    return ends is not None and n // PHRASE_STEPS == last_onset(ends) // PHRASE_STEPS


def closing_tokens(n: int, ends: int | None, tonic: int | None) -> NDArray[np.bool_] | None:
    """Which tokens (90,) may be played at step n of a line of `ends` steps; None where the end asks for nothing.

    tonic: pitch class 0..11 on which the line closes; None closes on any note.
    """
    if ends is None or n < (last := last_onset(ends)):
        return None
    if n > last:
        return _HOLD
    return _NOTES if tonic is None else _NOTES & _OF_CLASS[tonic]
