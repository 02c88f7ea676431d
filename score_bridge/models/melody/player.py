"""What the engine asks of a melody model, in numpy: a step of many streams at a time, whatever runs the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.melody.melody_file import MelodyInfo
from score_bridge.music.tokens import PHRASE_STEPS

Floats = NDArray[np.float32]
Memory = tuple[Any, ...]
"""What a network remembers of one stream; only its player knows what is in it. It is never changed."""

OUTLINE_HOLD, OUTLINE_OFF, OUTLINE_ON = 0, 1, 2


class Stepped(NamedTuple):
    """A step of B streams.

    logits: (B, 90) of its token; lengths: logits (B, 32) of how many steps a note that begins there lasts, None where
    only `outline` foresees that; memories: of each stream after it.
    """

    logits: Floats
    lengths: Floats | None
    memories: list[Memory]


class MelodySizes(Protocol):
    """Sizes of a melody network, whatever runs it."""

    @property
    def latent_size(self) -> int:
        """Z, how many numbers a latent has."""

    @property
    def condition_size(self) -> int:
        """C, how many numbers it is told at a step: a latent, and with it what else it can be told."""

    @property
    def history(self) -> int:
        """How many steps it looks back at most."""


class MelodyPlayer(MelodySizes, Protocol):
    """A melody network that plays."""

    def begin(self) -> Memory:
        """Return the memory of a stream that has not played yet."""

    def step(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        conditions: Floats,
        memories: Sequence[Memory],
        reaches: Sequence[int],
    ) -> Stepped:
        """Play a step of B streams.

        tokens: the one before, START at first; positions: steps since each stream began; conditions: (B, C); reaches:
        how many earlier steps may be looked at, 0..history-1.
        """

    def replay(self, tokens: Sequence[int], positions: range, conditions: Floats, reaches: Sequence[int]) -> Memory:
        """Return the memory of one stream after T consecutive steps from none, T at most `history`.

        tokens: before each step, START first; conditions: (T, C); reaches: how many steps before it each may look at.
        """

    def outline(self, condition: Floats) -> Floats:
        """Logits (32, 3) of hold, off and on for each place of the phrase that a condition (C,) stands for."""

    def encode(self, phrase: NDArray[np.integer]) -> Floats:
        """Return the posterior's mean (Z,) of a phrase (32,) of tokens. ModelError for a model without encoder."""


@dataclass(frozen=True)
class PlayableMelody:
    """A melody model that can be played."""

    player: MelodyPlayer
    info: MelodyInfo


def foreseen_length(outline: Floats, n: int) -> int:
    """How many steps a note that begins at step n lasts, 1..32, by the outline (32, 3) of its phrase."""
    moves = outline.argmax(-1) != OUTLINE_HOLD
    following = np.roll(moves, -(n % PHRASE_STEPS) - 1)
    return int(following.argmax()) + 1 if following.any() else PHRASE_STEPS
