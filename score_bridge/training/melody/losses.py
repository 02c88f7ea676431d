"""The one loss of the melody model, in nats a phrase."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.models.melody.vae import MASKED, OUTLINE_HOLD, OUTLINE_OFF, OUTLINE_ON, START, MelodyVAE
from score_bridge.models.sphere import slerp
from score_bridge.music.attributes import attributes, gaussian_rank
from score_bridge.music.tokens import FIRST_ON, OFF, PHRASE_STEPS
from score_bridge.training.melody.sequence_sampler import UNEDITED, Scenes


@dataclass(frozen=True)
class Weights:
    """How the parts of the loss are weighed: beta on the divergence beyond free_nats, the rest as named.

    masked: up to which share of the tokens before are hidden; blurred: share of sequences whose latents are blurred.
    """

    beta: float = 0.2
    free_nats: float = 16.0
    masked: float = 0.5
    attributes: float = 2.0
    outline: float = 0.2
    spread: float = 0.5
    blurred: float = 0.3


class Code(NamedTuple):
    """Phrases in the latent space, (N, Z) each: the posterior's mean and a sample of it."""

    mean: Tensor
    sample: Tensor


def scene_losses(
    network: MelodyVAE, scenes: Scenes, weights: Weights, table: NDArray[np.float64], device: torch.device
) -> dict[str, Tensor]:
    """Reconstruction, divergence, attribute and outline terms and their sum `loss`.

    Loss = CE + beta * max(KL - free, 0) as in MusicVAE; the first latent axes are drawn to the Gaussian ranks of the
    named attributes (after AR-VAE, Pati & Lerch 2021; a plain regression instead of the sign loss, and on the sample,
    so that these axes are precise).
    """
    flat = scenes.phrases.reshape(-1, PHRASE_STEPS)
    mean, std = network.encode(torch.from_numpy(flat.astype(np.int64)).to(device))
    ranks = torch.from_numpy(gaussian_rank(attributes(flat), table)).to(device, mean.dtype)
    code = Code(mean, mean + std * torch.randn_like(std))
    latents = _along(_edit_loss(code, scenes, table), _Path.of(scenes, device), ranks.shape[1], weights.blurred)
    tokens = torch.from_numpy(scenes.tokens().astype(np.int64)).to(device)
    reconstruction = _reconstruction(network, tokens, latents, weights.masked)
    divergence = 0.5 * (mean**2 + std**2 - 1 - 2 * std.log()).sum(1).mean()
    parts = {
        "reconstruction": reconstruction,
        "divergence": divergence,
        "attributes": ((code.sample[:, : ranks.shape[1]] - ranks) ** 2).sum(1).mean(),
        "outline": _outline(network, tokens, latents),
        "spread": _spread_loss(code.sample),
    }
    over = (divergence - weights.free_nats).clamp(min=0)
    loss = reconstruction + weights.beta * over
    for name in ("attributes", "outline", "spread"):
        loss = loss + getattr(weights, name) * parts[name]
    return {"loss": loss, **parts}


class _Path(NamedTuple):
    """Which phrases the latents of a batch come from: see Scenes."""

    plan: Tensor
    beside: Tensor
    way: Tensor

    @classmethod
    def of(cls, scenes: Scenes, device: torch.device) -> "_Path":
        return cls(*(torch.from_numpy(part).to(device) for part in (scenes.plan, scenes.beside, scenes.way)))


def _edit_loss(code: Code, scenes: Scenes, table: NDArray[np.float64]) -> Code:
    """Where a phrase is to be played edited, the one named axis is its target."""
    axes = scenes.edited.ravel()
    rows = np.flatnonzero(axes != UNEDITED)
    if not len(rows):
        return code
    wanted = gaussian_rank(attributes(scenes.played.reshape(-1, PHRASE_STEPS)[rows]), table)
    values = torch.from_numpy(wanted[np.arange(len(rows)), axes[rows]]).to(code.mean)
    at = (torch.from_numpy(rows), torch.from_numpy(axes[rows]))
    return Code(*(part.index_put(at, values) for part in code))


def _along(code: Code, path: _Path, named: int, share: float) -> Tensor:
    """Latents (B, T, Z) along a path: posterior samples, a share of the sequences turned towards noise.

    A picture may land where no melody lies. From a latent that tells little, what is likeliest is still music: told
    to play x from cos(a) z(x) + sin(a) noise, for angles a up to a right one, the decoder learns to play that music
    there. Blurred sequences have shorter noise too, as means are played and not samples; half of them keep their
    named axes, which are then to be obeyed whatever the rest says.
    """
    plan, size = path.plan, code.mean.shape[1]
    draw = torch.rand(len(plan), 4, 1, 1, device=plan.device)
    fading = (path.way > 0).any(1)[:, None, None]
    blurred, kept = (draw[:, 0] < share) & ~fading, draw[:, 1] < 0.5
    short = torch.where(blurred, 0.4 + 0.6 * draw[:, 2], 1.0)
    angle = torch.where(blurred, draw[:, 3] * (torch.pi / 2), 0.0).expand(-1, -1, size)
    axes = torch.arange(size, device=plan.device) < named
    angle = angle.masked_fill(kept & axes, 0)
    played = code.mean[plan] + short * (code.sample - code.mean)[plan]
    played = torch.where(fading, slerp(code.sample[plan], code.sample[path.beside], path.way[..., None]), played)
    return angle.cos() * played + angle.sin() * short * torch.randn_like(code.mean)[plan]


def _spread_loss(sample: Tensor) -> Tensor:
    """How far the axes' standard deviations over the batch are from the prior's 1, squared logarithms summed."""
    return sample.var(0).clamp(min=1e-4).log().mul(0.5).square().sum()


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
