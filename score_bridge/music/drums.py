"""The drum kit: nine sounds, as GrooVAE maps an electronic kit's pads (Gillick et al. 2019, arXiv:1905.06118)."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import STEPS_PER_BAR

KIT = ("kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride")
PITCHES = (36, 38, 42, 46, 43, 47, 50, 49, 51)
"""The General MIDI note of each, in the order of KIT."""
_PADS: tuple[tuple[int, ...], ...] = (
    (35, 36), (37, 38, 40), (22, 42, 44), (26, 46), (41, 43, 58), (45, 47), (48, 50), (49, 52, 55, 57), (51, 53, 59),
)  # fmt: skip
SOUND_OF = {pitch: sound for sound, pads in enumerate(_PADS) for pitch in pads}
"""Which of the nine sounds a MIDI note is."""

SHARES = ("kick", "snare", "hats", "toms", "crash", "ride")
CHARACTER = (*SHARES, "loudness", "off_beat", "open_hat", "fill", "tempo")
"""What two bars of drums are like, in the order of `describe`; fill and tempo are known otherwise."""
DESCRIBED = CHARACTER[:9]
_OF_SHARES: tuple[tuple[int, ...], ...] = ((0,), (1,), (2, 3), (4, 5, 6), (7,), (8,))


def describe(velocity: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what whole bars of hits (T, 9), velocities 0..127, are like: (9,), in the order of DESCRIBED.

    The first six are roots of hits a bar; loudness is the mean velocity of hits, off_beat the share of kicks and
    snares on odd sixteenths, open_hat the share of hats that are open, each 0..1.
    """
    hit = velocity > 0
    bars = len(hit) / STEPS_PER_BAR
    rates = [hit[:, sounds].sum() / bars for sounds in map(list, _OF_SHARES)]
    beats, odd = hit[:, :2], hit[1::2, :2]
    loud = velocity[hit].mean() / 127 if hit.any() else 0.0
    found = [*np.sqrt(rates), loud, odd.sum() / max(beats.sum(), 1), hit[:, 3].sum() / max(hit[:, 2:4].sum(), 1)]
    return np.array(found, np.float32)
