"""The one loss of the melody model, in nats a phrase."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.models.melody import MASKED, OUTLINE_HOLD, OUTLINE_OFF, OUTLINE_ON, START, MelodyVAE
from score_bridge.music.attributes import attributes, gaussian_rank
from score_bridge.music.tokens import FIRST_ON, OFF, PHRASE_STEPS
from score_bridge.training.scenes import Scenes


@dataclass(frozen=True)
class Weights:
    """How the parts of the loss are weighed: beta on the divergence beyond free_nats, the rest as named."""

    beta: float = 0.5
    free_nats: float = 16.0
    masked: float = 0.5
    attributes: float = 2.0
    outline: float = 0.2


def scene_losses(
    network: MelodyVAE, scenes: Scenes, weights: Weights, table: NDArray[np.float64], device: torch.device
) -> dict[str, Tensor]:
    """Reconstruction, divergence, attribute and outline terms and their sum `loss`.

    Loss = CE + beta * max(KL - free, 0) as in MusicVAE; the first latent axes are drawn to the Gaussian ranks of the
    named attributes (after AR-VAE, Pati & Lerch 2021, with a plain regression instead of the sign loss).
    """
    flat = scenes.phrases.reshape(-1, PHRASE_STEPS)
    phrases = torch.from_numpy(flat.astype(np.int64)).to(device)
    plan = torch.from_numpy(scenes.plan).to(device)
    mean, std = network.encode(phrases)
    latents = (mean + std * torch.randn_like(std))[plan]
    place = torch.arange(plan.shape[1], device=device) % PHRASE_STEPS
    tokens = phrases[plan, place]
    reconstruction = _reconstruction(network, tokens, latents, weights.masked)
    divergence = 0.5 * (mean**2 + std**2 - 1 - 2 * std.log()).sum(1).mean()
    ranks = gaussian_rank(attributes(flat), table)
    named = mean[:, : ranks.shape[1]] - torch.from_numpy(ranks).to(device, mean.dtype)
    parts = {
        "reconstruction": reconstruction,
        "divergence": divergence,
        "attributes": (named**2).sum(1).mean(),
        "outline": _outline(network, tokens, latents),
    }
    over = (divergence - weights.free_nats).clamp(min=0)
    loss = reconstruction + weights.beta * over
    return {"loss": loss + weights.attributes * parts["attributes"] + weights.outline * parts["outline"], **parts}


def _reconstruction(network: MelodyVAE, tokens: Tensor, latents: Tensor, masked: float) -> Tensor:
    """Cross-entropy a phrase. Part of the tokens before are hidden, and part of the sequences have a short memory."""
    previous = torch.cat((torch.full_like(tokens[:, :1], START), tokens[:, :-1]), dim=1)
    rate = torch.rand(len(tokens), 1, device=tokens.device) * masked
    previous = previous.masked_fill(torch.rand(tokens.shape, device=tokens.device) < rate, MASKED)
    logits = network.decode(previous, latents, _memory_mask(network, tokens))
    return F.cross_entropy(logits.float().flatten(0, 1), tokens.flatten()) * PHRASE_STEPS


def _memory_mask(network: MelodyVAE, tokens: Tensor) -> Tensor:
    """(B, 1, T, T): causal; three in ten sequences see only a random part of what came before."""
    batch, length = tokens.shape
    t = torch.arange(length, device=tokens.device)
    back = t[:, None] - t[None, :]
    short = torch.rand(batch, device=tokens.device) < 0.3
    reach = torch.where(short, torch.randint(1, length, (batch,), device=tokens.device), network.config.history)
    return ((back >= 0) & (back < reach[:, None, None]))[:, None]


def _outline(network: MelodyVAE, tokens: Tensor, latents: Tensor) -> Tensor:
    """Cross-entropy a phrase of hold, off and on, foreseen from the latent alone."""
    kinds = torch.full_like(tokens, OUTLINE_HOLD)
    kinds = kinds.masked_fill(tokens == OFF, OUTLINE_OFF).masked_fill(tokens >= FIRST_ON, OUTLINE_ON)
    logits = network.outline_along(latents)
    return F.cross_entropy(logits.float().flatten(0, 1), kinds.flatten()) * PHRASE_STEPS
