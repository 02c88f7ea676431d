"""Conditions for evaluation: places told as they are, and the way between phrases."""

from dataclasses import replace

import torch
from torch import Tensor

from score_bridge.models.melody.condition import Told
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.sphere import slerp
from score_bridge.models.streaming import MelodyNetwork


def exactly(network: MelodyNetwork, latents: Tensor) -> Tensor:
    """Conditions (..., C) that tell latents (..., Z) as they are."""
    return network.exact(latents) if isinstance(network, MelodyVAE) else latents


def on_the_way(network: MelodyNetwork, a: Tensor, b: Tensor, share: float) -> Tensor:
    """Conditions (N, C) a share of the way from latents a to b (N, Z).

    A model that is told how far to believe a latent is told the nearer one, the less the further away; for others
    there is a place between them.
    """
    if not isinstance(network, MelodyVAE) or not network.config.descriptors:
        return torch.from_numpy(slerp(a.numpy(), b.numpy(), share))
    nearer, level = (a, 2 * share) if share <= 0.5 else (b, 2 * (1 - share))
    angle = torch.tensor(level * torch.pi / 2)
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(0))
    told = Told.unpack(
        network.exact(angle.cos() * nearer + angle.sin() * noise), a.shape[1], network.config.descriptors
    )
    way = torch.tensor([level, 0.0, 0.0]).expand(len(a), -1)
    return replace(told, way=way).pack()
