"""Training sequences whose latent changes over time: contiguous melody, splices, loops and returns.

Every sequence of eight bars has a *plan*: for each step, the phrase whose token is wanted there. A contiguous melody,
a jump to another piece, a phrase that repeats and a scene that returns are all plans; tokens and latents
are gathered by the same plan, so the model learns to obey a new latent at its very first step.

In some sequences the latent lies between two phrases of the melody, and beat after beat of the one gives way to the
other's, so that the way from phrase to phrase is no sudden step. In some a phrase is to be played changed in one
named way, with its named axis moved as much (see `edits`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.attributes import ATTRIBUTES
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, VOCABULARY
from score_bridge.training.melody.attribute_edits import edit_attribute, scale_of

PHRASES = 4
TRANSPOSE = 6
MEAN_SCENE_STEPS = 28
UNEDITED = -1
# Where on the way from one phrase to another each beat turns over: the halves first, then the quarters between.
TURNS = np.repeat(0.12 + 0.76 * (np.array([0, 4, 2, 6, 1, 5, 3, 7]) + 0.5) / 8, STEPS_PER_BEAT).astype(np.float32)


@dataclass(frozen=True)
class Kinds:
    """Shares of the sequences: one melody throughout, phrases edited, and phrases fading into one another."""

    contiguous: float = 0.4
    edited: float = 0.35
    fading: float = 0.15


@dataclass(frozen=True)
class Scenes:
    """A batch of B sequences.

    phrases: (B, 4, 32) tokens to encode; played: (B, 4, 32) tokens to be played from them, mostly the same; edited:
    (B, 4) which named axis tells the difference, or UNEDITED. plan, beside: (B, 128) indices into the B*4 phrases;
    way: (B, 128) how far the latent lies from plan's phrase towards beside's, 0..1.
    """

    phrases: NDArray[np.uint8]
    played: NDArray[np.uint8]
    edited: NDArray[np.int64]
    plan: NDArray[np.int64]
    beside: NDArray[np.int64]
    way: NDArray[np.float32]

    def tokens(self) -> NDArray[np.uint8]:
        """What is to be played, (B, 128)."""
        flat, place = self.played.reshape(-1, PHRASE_STEPS), np.arange(self.plan.shape[1]) % PHRASE_STEPS
        phrase = np.where(self.way < TURNS[place], self.plan, self.beside)
        wanted: NDArray[np.uint8] = flat[phrase, place]
        return wanted


class SceneSampler:
    """Draws batches from contiguous lines (arrays of tokens, whole bars); every bar is as likely to begin one."""

    def __init__(self, lines: list[NDArray[np.uint8]]) -> None:
        self.lines = [line for line in lines if len(line) >= PHRASE_STEPS]
        bars = np.array([len(line) // STEPS_PER_BAR - 1 for line in self.lines])
        self.owners = np.repeat(np.arange(len(self.lines)), bars)
        self.bars = np.concatenate([np.arange(n) for n in bars])

    def draw(self, rng: np.random.Generator, batch: int, kinds: Kinds = Kinds(), transpose: bool = True) -> Scenes:
        """Draw `batch` sequences of these kinds."""
        picks = rng.integers(len(self.owners), size=batch)
        phrases = np.stack([self._melody(self.owners[i], self.bars[i]) for i in picks])
        if transpose:
            phrases = transpose_sequences(phrases, rng)
        kind = rng.random(batch)
        played, edited = _edit(rng, phrases, kind < kinds.edited)
        fades = kind > 1 - kinds.fading
        straight = fades | (rng.random(batch) < kinds.contiguous)
        plan = np.stack([_plan(rng, b, batch, bool(straight[b])) for b in range(batch)])
        beside, way = _beside(rng, plan, fades)
        return Scenes(phrases, played, edited, plan, beside, way)

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


def _edit(
    rng: np.random.Generator, phrases: NDArray[np.uint8], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Phrases as they are to be played, and which attribute was changed of each phrase of the sequences chosen."""
    played, axes = phrases.copy(), np.full(phrases.shape[:2], UNEDITED)
    for b in np.flatnonzero(chosen):
        scale = scale_of(phrases[b])
        axes[b] = rng.integers(len(ATTRIBUTES), size=PHRASES)
        for k, axis in enumerate(axes[b]):
            played[b, k] = edit_attribute(phrases[b, k], ATTRIBUTES[axis], scale, rng)
    return played, axes


def _beside(
    rng: np.random.Generator, plan: NDArray[np.int64], fades: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Another phrase of the same melody for each phrase of the fading sequences, and how near it is."""
    other = rng.integers(1, PHRASES, size=(len(plan), PHRASES)).repeat(PHRASE_STEPS, axis=1)
    beside = np.where(fades[:, None], plan // PHRASES * PHRASES + (plan + other) % PHRASES, plan)
    way = rng.random((len(plan), PHRASES), dtype=np.float32).repeat(PHRASE_STEPS, axis=1)
    return beside, np.where(fades[:, None], way, 0).astype(np.float32)


def transpose_sequences(phrases: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shift every sequence (B, 4, 32) by its own number of semitones in -6..6, as far as the vocabulary reaches."""
    on = phrases >= FIRST_ON
    low = np.where(on, phrases, 255).min(axis=(1, 2)).astype(int)
    high = np.where(on, phrases, FIRST_ON).max(axis=(1, 2)).astype(int)
    shift = rng.integers(-TRANSPOSE, TRANSPOSE + 1, size=len(phrases))
    shift = np.clip(shift, FIRST_ON - low, VOCABULARY - 1 - high)
    moved: NDArray[np.uint8] = np.where(on, phrases.astype(int) + shift[:, None, None], phrases).astype(np.uint8)
    return moved
