"""Moments of a scored film, and how far apart any two are: as pictures, as places in melody space, as music."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT

Floats = NDArray[np.float32]
Distances = NDArray[np.float64]

ENOUGH = 40
NEIGHBOURS = 5


@dataclass(frozen=True)
class Rendition:
    """A film's music, however it was made: tokens (T,) uint8 and the latents (T, Z) they were played from."""

    tokens: NDArray[np.uint8]
    latents: Floats

    @property
    def phrases(self) -> NDArray[np.uint8]:
        """The whole two-bar phrases, (P, 32)."""
        count = len(self.tokens) // PHRASE_STEPS
        return self.tokens[: count * PHRASE_STEPS].reshape(count, PHRASE_STEPS)


def moments(steps: int) -> NDArray[np.int64]:
    """First sixteenths (N,) of the moments of `steps` sixteenths; a moment is as long as a phrase, 32.

    A long film's moments are its phrases. A short one has too few, so they begin every bar, every half bar or every
    beat, whichever first makes ENOUGH of them.
    """
    for every in (PHRASE_STEPS, STEPS_PER_BAR, 2 * STEPS_PER_BEAT, STEPS_PER_BEAT):
        begins = np.arange(0, steps - PHRASE_STEPS + 1, every, dtype=np.int64)
        if len(begins) >= ENOUGH:
            break
    return begins


def apart(begins: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which pairs of moments (N, N) are compared: those that do not overlap.

    In a film so short that a moment would then have no more than NEIGHBOURS others, those that begin at least a bar
    from each other. Fewer sixteenths are left to compare of such a pair, so its distances scatter more, which pushes
    chance some hundredths off its even value: hold such a film's figures against its own baselines.
    """
    gaps = np.abs(begins[:, None] - begins)
    whole: NDArray[np.bool_] = gaps >= PHRASE_STEPS
    if len(begins) and whole.sum(1).min() > NEIGHBOURS:
        return whole
    most: NDArray[np.bool_] = gaps >= STEPS_PER_BAR
    return most


def between_places(values: Floats, begins: NDArray[np.int64]) -> Distances:
    """Euclidean distances (N, N) between moments' means of values (T, D), one row a sixteenth.

    What two overlapping moments share would make them alike whatever the map does, so each pair is compared in the
    sixteenths that it does not share: the earlier one's beginning with the later one's end.
    """
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    found = np.zeros((len(begins), len(begins)))
    for i, begin in enumerate(begins):
        later = begins[i + 1 :]
        own = np.minimum(later - begin, PHRASE_STEPS)
        heads = sums[begin + own] - sums[begin]
        tails = sums[later + PHRASE_STEPS] - sums[later + PHRASE_STEPS - own]
        found[i, i + 1 :] = found[i + 1 :, i] = np.linalg.norm((heads - tails) / own[:, None], axis=1)
    return found


def between_music(tokens: NDArray[np.uint8], begins: NDArray[np.int64]) -> Distances:
    """Shares (N, N) of tokens (T,) that differ between moments at the same places of the phrase.

    A phrase has two different bars, so a moment that begins inside a phrase is turned until its places agree with
    another's. Sixteenths that two moments share are left out, as in `between_places`.
    """
    first = begins[:, None] - begins[:, None] % PHRASE_STEPS
    steps = first + np.arange(PHRASE_STEPS)
    steps += PHRASE_STEPS * (steps < begins[:, None])
    played = tokens[steps]
    found = np.zeros((len(begins), len(begins)))
    for i in range(len(begins)):
        own = steps != steps[i]
        found[i] = ((played != played[i]) & own).sum(1) / np.maximum(own.sum(1), 1)
    return found
