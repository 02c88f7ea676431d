"""What the engine asks of a melody model, whichever kind it is: one step of many streams at a time."""

from typing import Protocol

from torch import Tensor

from score_bridge.models.melody.player import MelodySizes

Memory = tuple[Tensor, ...]
"""What a network remembers of B streams: tensors whose first dimension is B."""


class MelodyNetwork(MelodySizes, Protocol):
    """A decoder that plays from a latent that may change at every step."""

    def empty_cache(self, batch: int, steps: int | None = None) -> Memory:
        """Return the memory of `batch` streams that have not played yet, for no more than `steps` if given."""

    def step(
        self, token: Tensor, position: Tensor, condition: Tensor, cache: Memory, memory: Tensor
    ) -> tuple[Tensor, Tensor | None, Memory]:
        """One step of B streams: logits (B, 90) for step `position`, logits (B, 32) of how many steps a note that
        begins there lasts (None where only `outline` foresees that), and the memory after it; the one given is kept.

        token: (B,) the token before (START at first); position: (B,) steps since the stream began; condition: (B, C);
        memory: (B,) how many earlier steps may be looked at, 0..history-1.
        """

    def replay(self, previous: Tensor, positions: Tensor, conditions: Tensor, reaches: Tensor) -> Memory:
        """The memory of B streams after T consecutive steps from an empty one, as T calls of `step` leave it.

        previous: (B, T) the token before each step, START first; positions: (T,); conditions: (B, T, C); T at most
        `history`; reaches: (T,) how many steps before it each may look at. Used to restore streams after a restart,
        in as few passes as the network can.
        """

    def outline(self, latents: Tensor) -> Tensor:
        """Logits (B, 32, 3) of hold, off and on for each place of the phrases that latents (B, Z) stand for."""
