"""Random draws that are repeatable, whatever was drawn before them."""

import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, VOCABULARY

Floats = NDArray[np.float32]


class DrawKey(NamedTuple):
    """What makes a draw repeatable: of which voice of which stream, at which step of which scene."""

    seed: int
    stream: str
    voice: int
    step: int
    scene: int = 0


def generator(key: DrawKey) -> np.random.Generator:
    """Return a generator that always draws the same for the same key."""
    source = np.random.Philox(
        key=[key.seed, zlib.crc32(key.stream.encode())], counter=[key.step, key.voice, key.scene, 0]
    )
    return np.random.Generator(source)


def at_its_place(key: DrawKey, variation: float) -> DrawKey:
    """Return the key of the step's place in the phrase, so that what is the same is drawn the same again.

    The share `variation`, 0..1, of the steps keep a key of their own.
    """
    anew = variation > 0 and generator(key).random() < variation
    return key if anew else key._replace(step=key.step % PHRASE_STEPS)


def draw_token(
    logits: Floats, allowed: NDArray[np.bool_], only: NDArray[np.bool_] | None, key: DrawKey, temperature: float
) -> int:
    """Draw a token among those that are `allowed` (90,), and of these among `only` (90,) if it has any.

    A draw is the greatest of the logits and Gumbel noise (Gumbel 1954), which follows the model's chances at
    temperature 1.
    """
    if only is not None and (allowed & only).any():
        allowed = allowed & only
    masked = mask_tokens(logits.astype(np.float64), allowed)
    return int((masked + temperature * _noise(key)).argmax())


def mask_tokens(logits: NDArray[np.float64], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logits (90,) of the tokens that are `allowed` (90,); the rest get -inf.

    What the notes that are not allowed had goes to those that are, each its share, so that a narrow scale or range
    asks for other pitches and not for fewer notes.
    """
    notes = np.arange(len(logits)) >= FIRST_ON
    masked = np.where(allowed, logits, -np.inf)
    if (allowed & notes).any():
        masked[notes] += np.logaddexp.reduce(logits[notes]) - np.logaddexp.reduce(masked[notes])
    return masked


@lru_cache(maxsize=64 * PHRASE_STEPS)
def _noise(key: DrawKey) -> NDArray[np.float64]:
    """Gumbel noise for every token, (90,): of a place in the phrase, or of one step."""
    noise = generator(key).gumbel(size=VOCABULARY)
    noise.flags.writeable = False  # it is shared
    return noise
