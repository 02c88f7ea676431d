"""Training sequences whose latent changes over time: contiguous melody, splices, loops and returns.

Every sequence of eight bars has a *plan*: for each step, the phrase whose token is wanted there. A contiguous melody,
a jump to another piece, a phrase that repeats and a scene that returns are all plans; tokens and latents
are gathered by the same plan, so the model learns to obey a new latent at its very first step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, STEPS_PER_BAR, VOCABULARY

PHRASES = 4
TRANSPOSE = 6
MEAN_SCENE_STEPS = 28


@dataclass(frozen=True)
class Scenes:
    """A batch: phrases (B, 4, 32) of tokens, and plan (B, 128) of indices into the B*4 phrases."""

    phrases: NDArray[np.uint8]
    plan: NDArray[np.int64]


class SceneSampler:
    """Draws batches from contiguous lines (arrays of tokens, whole bars); every bar is as likely to begin one."""

    def __init__(self, lines: list[NDArray[np.uint8]]) -> None:
        self.lines = [line for line in lines if len(line) >= PHRASE_STEPS]
        bars = np.array([len(line) // STEPS_PER_BAR - 1 for line in self.lines])
        self.owners = np.repeat(np.arange(len(self.lines)), bars)
        self.bars = np.concatenate([np.arange(n) for n in bars])

    def draw(self, rng: np.random.Generator, batch: int, contiguous: float = 0.4, transpose: bool = True) -> Scenes:
        """Draw `batch` sequences; the share `contiguous` of them follow one melody throughout."""
        picks = rng.integers(len(self.owners), size=batch)
        phrases = np.stack([self._melody(self.owners[i], self.bars[i]) for i in picks])
        if transpose:
            phrases = transposed(phrases, rng)
        plan = np.stack([_plan(rng, b, batch, rng.random() < contiguous) for b in range(batch)])
        return Scenes(phrases, plan)

    def _melody(self, owner: int, bar: int) -> NDArray[np.uint8]:
        line = self.lines[owner]
        last = len(line) // STEPS_PER_BAR - 1
        starts = [((bar + 2 * k) % last) * STEPS_PER_BAR for k in range(PHRASES)]
        return np.stack([line[s : s + PHRASE_STEPS] for s in starts])


def _plan(rng: np.random.Generator, own: int, batch: int, contiguous: bool) -> NDArray[np.int64]:
    """Which of the batch's phrases each step of sequence `own` plays: its own in order, or with jumps."""
    natural = np.arange(PHRASES * PHRASE_STEPS) // PHRASE_STEPS
    plan = own * PHRASES + natural
    at = int(rng.geometric(1 / MEAN_SCENE_STEPS))
    while not contiguous and at < len(plan):
        kind = rng.random()
        if kind < 0.5:
            plan[at:] = rng.integers(batch) * PHRASES + natural[at:]
        elif kind < 0.75:
            plan[at:] = plan[at - 1]
        else:
            plan[at:] = plan[0]
        at += int(rng.geometric(1 / MEAN_SCENE_STEPS))
    return plan


def transposed(phrases: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shift every sequence (B, 4, 32) by its own number of semitones in -6..6, as far as the vocabulary reaches."""
    on = phrases >= FIRST_ON
    low = np.where(on, phrases, 255).min(axis=(1, 2)).astype(int)
    high = np.where(on, phrases, FIRST_ON).max(axis=(1, 2)).astype(int)
    shift = rng.integers(-TRANSPOSE, TRANSPOSE + 1, size=len(phrases))
    shift = np.clip(shift, FIRST_ON - low, VOCABULARY - 1 - high)
    moved: NDArray[np.uint8] = np.where(on, phrases.astype(int) + shift[:, None, None], phrases).astype(np.uint8)
    return moved
