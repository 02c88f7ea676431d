"""What the drum model learns from: pieces of performances, and what they are like."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.corpus.drums import SPLITS, DrumCorpus
from score_bridge.errors import SettingsError
from score_bridge.models.drums.layout import PLACES, SOUNDS, TOLD, offset_bins, velocity_bins
from score_bridge.music.drums import DESCRIBED, describe
from score_bridge.music.tokens import STEPS_PER_BAR

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Performance:
    """velocity: (T, 9); offset: (T, 9); character: (T, 11), of the two bars that a step is in."""

    velocity: NDArray[np.uint8]
    offset: NDArray[np.int8]
    character: Floats


@dataclass(frozen=True)
class Lesson:
    """Sequences of T steps. hits, loud: (B, T, 9); velocities, offsets: bins (B, T, 9); scores: (B, T, 11); places:
    (B, T); there: (B, T), 1 where a performance has not ended.
    """

    hits: Tensor
    loud: Tensor
    velocities: Tensor
    offsets: Tensor
    scores: Tensor
    places: Tensor
    there: Tensor

    def to(self, device: str) -> "Lesson":
        """Return the same on a device."""
        return Lesson(*(getattr(self, field.name).to(device) for field in fields(self)))


class Lessons:
    """Performances of one part of the data; mean, std: (11,) that characters are measured by."""

    def __init__(self, performances: list[Performance], mean: Floats, std: Floats) -> None:
        self.performances, self.mean, self.std = performances, mean, std
        lengths = np.array([len(one.velocity) for one in performances], np.float64)
        self._chance = lengths / lengths.sum()

    def draw(self, rng: np.random.Generator, count: int, length: int) -> Lesson:
        """Draw sequences, each from the begin of a bar; long performances are drawn more often."""
        velocity: NDArray[np.uint8] = np.zeros((count, length, SOUNDS), np.uint8)
        offset: NDArray[np.int8] = np.zeros((count, length, SOUNDS), np.int8)
        scores = np.zeros((count, length, TOLD), np.float32)
        places, there = np.zeros((count, length), np.int64), np.zeros((count, length), np.float32)
        for row, chosen in enumerate(rng.choice(len(self.performances), count, p=self._chance)):
            one = self.performances[chosen]
            begin = int(rng.integers(0, max(1, (len(one.velocity) - length) // STEPS_PER_BAR + 1))) * STEPS_PER_BAR
            span = slice(begin, begin + length)
            size = len(one.velocity[span])
            velocity[row, :size], offset[row, :size] = one.velocity[span], one.offset[span]
            scores[row, :size] = (one.character[span] - self.mean) / self.std
            places[row, :size], there[row, :size] = np.arange(begin, begin + size) % PLACES, 1
        bins = velocity_bins(velocity)
        hits = (velocity > 0).astype(np.float32)
        loud = hits * (bins + 0.5).astype(np.float32) / 8
        arrays = (hits, loud, bins, offset_bins(offset), scores, places, there)
        return Lesson(*map(torch.from_numpy, arrays))


def performances_of(corpus: DrumCorpus, split: str) -> list[Performance]:
    """Return the performances of a part of the data. Raises SettingsError where there is none."""
    found = []
    for index in np.flatnonzero(corpus.split == SPLITS.index(split)):
        span = slice(int(corpus.starts[index]), int(corpus.starts[index + 1]))
        velocity = corpus.velocity[span]
        known = np.array([corpus.fill[index], corpus.tempo[index]], np.float32)
        found.append(Performance(velocity, corpus.offset[span], _characters(velocity, known)))
    if not found:
        raise SettingsError(f"the drums hold nothing to {split} with")
    return found


def measure(performances: list[Performance]) -> tuple[Floats, Floats]:
    """Return mean and deviation (11,) of characters over all steps."""
    everything = np.concatenate([one.character for one in performances])
    return everything.mean(0).astype(np.float32), (everything.std(0) + 1e-6).astype(np.float32)


def _characters(velocity: NDArray[np.uint8], known: Floats) -> Floats:
    """The character of each step (T, 11): that of its two bars; the last bar of an odd number counts with the one
    before.
    """
    made = np.zeros((len(velocity), TOLD), np.float32)
    made[:, len(DESCRIBED) :] = known
    for begin in range(0, len(velocity), PLACES):
        from_ = max(0, min(begin, len(velocity) - PLACES))
        made[begin : begin + PLACES, : len(DESCRIBED)] = describe(velocity[from_ : from_ + PLACES])
    return made
