"""Random draws that are repeatable, whatever was drawn before them."""

import zlib
from typing import NamedTuple

import numpy as np


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
