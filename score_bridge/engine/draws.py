"""Random draws that are repeatable, whatever was drawn before them."""

import zlib
from typing import NamedTuple

import numpy as np

from score_bridge.music.tokens import PHRASE_STEPS


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
