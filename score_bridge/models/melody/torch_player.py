"""A melody network played by PyTorch: on a GPU, or where there is no graph of it."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.errors import ModelError
from score_bridge.models.melody.checkpoint import MelodyModel
from score_bridge.models.melody.player import Floats, Memory, PlayableMelody, Stepped
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.streaming import MelodyNetwork


class TorchPlayer:
    """See `player.MelodyPlayer`. Holds weights only."""

    def __init__(self, network: MelodyNetwork, device: torch.device) -> None:
        self._network, self._device = network, device
        self.latent_size, self.condition_size, self.history = (
            network.latent_size,
            network.condition_size,
            network.history,
        )

    def begin(self) -> Memory:
        """Return the memory of a stream that has not played yet."""
        return tuple(part[0] for part in self._network.empty_cache(1))

    @torch.inference_mode()
    def step(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        conditions: Floats,
        memories: Sequence[Memory],
        reaches: Sequence[int],
    ) -> Stepped:
        """Play a step of B streams."""
        whole = torch.tensor([tokens, positions, reaches], device=self._device)
        cache = tuple(torch.stack(parts) for parts in zip(*memories, strict=True))
        logits, lengths, after = self._network.step(whole[0], whole[1], self._floats(conditions), cache, whole[2])
        each = list(zip(*(part.unbind() for part in after), strict=True))
        return Stepped(_array(logits), None if lengths is None else _array(lengths), each)

    @torch.inference_mode()
    def replay(self, tokens: Sequence[int], positions: range, conditions: Floats, reaches: Sequence[int]) -> Memory:
        """Return the memory of one stream after T consecutive steps from none."""
        previous = torch.tensor([tokens], device=self._device)
        steps = torch.tensor(positions, device=self._device)
        near = torch.tensor(reaches, device=self._device)
        cache = self._network.replay(previous, steps, self._floats(conditions[None]), near)
        return tuple(part[0] for part in cache)

    @torch.inference_mode()
    def outline(self, condition: Floats) -> Floats:
        """Logits (32, 3) of hold, off and on for each place of the phrase that a condition (C,) stands for."""
        return _array(self._network.outline(self._floats(condition[None]))[0])

    @torch.inference_mode()
    def encode(self, phrase: NDArray[np.integer]) -> Floats:
        """Return the posterior's mean (Z,) of a phrase (32,) of tokens. ModelError for a model without encoder."""
        if not isinstance(self._network, MelodyVAE):
            raise ModelError("an imported MusicVAE has no encoder")
        mean, _ = self._network.encode(torch.tensor(phrase.astype(np.int64)[None], device=self._device))
        return _array(mean[0])

    def _floats(self, values: Floats) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self._device)


def playable(model: MelodyModel, device: torch.device | None = None) -> PlayableMelody:
    """Let PyTorch play a model that lies on `device`, by default the CPU."""
    return PlayableMelody(TorchPlayer(model.network, device or torch.device("cpu")), model.info)


def _array(values: Tensor) -> Floats:
    return values.float().cpu().numpy()
