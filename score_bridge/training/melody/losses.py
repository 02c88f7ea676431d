"""The one loss of the melody model, in nats a phrase."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from score_bridge.models.melody.condition import Told
from score_bridge.models.melody.vae import MASKED, MelodyVAE
from score_bridge.music.tokens import FIRST_ON, HOLD, PHRASE_STEPS, START
from score_bridge.training.melody.sequence_sampler import Sequences
from score_bridge.training.melody.telling import Code, Telling, draw_conditions, without_character

STRICTEST = 1.5
"""The control `follow` at its most: how much of the way from the untold to the told is gone beyond it."""


@dataclass(frozen=True)
class Weights:
    """How the parts of the loss are weighed: beta on the divergence beyond free_nats, the rest as named."""

    beta: float = 0.2
    free_nats: float = 16.0
    length: float = 0.1
    spread: float = 0.5
    strict: float = 0.5


@dataclass(frozen=True)
class Guidance:
    """Who is learned from to follow strictly, and by which share of the sequences."""

    guide: MelodyVAE
    share: float


def sequence_losses(
    network: MelodyVAE,
    drawn: Sequences,
    masked: float,
    telling: Telling,
    *,
    encoder: bool,
    guidance: Guidance | None = None,
) -> dict[str, Tensor]:
    """The parts of the loss by name, in nats a phrase: see `weighed`.

    masked: up to which share of the tokens before are hidden; encoder: whether that learns too; guidance:
    what a share of the sequences learn from to follow strictly.
    """
    with torch.set_grad_enabled(encoder):
        mean, std = network.encode(drawn.phrases)
    told = draw_conditions(Code(mean, std), drawn, telling)
    tokens = drawn.tokens
    previous, mask = _hide(tokens, masked), _memory_mask(network, tokens)
    count = round(guidance.share * len(tokens)) if guidance is not None else 0
    taught = _learn_strictness(guidance.guide, told, previous, mask, count) if guidance is not None else None
    hidden = network.hidden(previous, (told if taught is None else taught.told).pack(), mask)
    logits = network.to_logits(hidden).float()
    costs = F.cross_entropy(logits[count:].flatten(0, 1), tokens[count:].flatten())
    parts = {"reconstruction": costs * PHRASE_STEPS, "length": _length_loss(network, hidden, tokens)}
    if taught is not None:
        strict = (taught.chances * (taught.logarithms - logits[:count].log_softmax(-1))).sum(-1)
        parts["guidance"] = strict.mean() * PHRASE_STEPS
    if encoder:
        parts["divergence"] = 0.5 * (mean**2 + std**2 - 1 - 2 * std.log()).sum(1).mean()
        parts["spread"] = _spread_loss(mean + std * torch.randn_like(std))
    return parts


def weighed(parts: dict[str, Tensor], weights: Weights) -> Tensor:
    """Loss = CE + beta * max(KL - free, 0) as in MusicVAE, where there is a divergence; the rest as weighed."""
    loss = parts["reconstruction"] + weights.length * parts["length"]
    if "guidance" in parts:
        loss = loss + weights.strict * parts["guidance"]
    if "divergence" in parts:
        over = (parts["divergence"] - weights.free_nats).clamp(min=0)
        loss = loss + weights.beta * over + weights.spread * parts["spread"]
    return loss


@dataclass(frozen=True)
class _Taught:
    """What the first G sequences are to learn: chances (G, T, 90) when told to follow as strictly as `told` says."""

    told: Told
    chances: Tensor
    logarithms: Tensor


@torch.no_grad()
def _learn_strictness(guide: MelodyVAE, told: Told, previous: Tensor, mask: Tensor, count: int) -> _Taught:
    """Distil guidance: one pass told `follow` is to play what two would.

    Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598) takes the logits g times the way from what is
    played untold to what is played told; distilled as in Meng et al. 2022 (arXiv:2210.03142). follow = g - 1.
    """
    part = Told(*(getattr(told, name)[:count] for name in told.__dataclass_fields__))
    without = without_character(part)
    both = torch.cat((part.pack(), without.pack()))
    logits = guide.decode(previous[:count].repeat(2, 1), both, mask[:count].repeat(2, 1, 1, 1)).float()
    with_it, without_it = logits.chunk(2)
    follow = STRICTEST * torch.rand(count, 1, device=previous.device)
    logarithms = (without_it + (1 + follow[..., None]) * (with_it - without_it)).log_softmax(-1)
    way = told.way.clone()
    way[:count, :, 2] = follow
    changed = Told(told.detail, way, told.scores, told.told, told.key, told.ending)
    return _Taught(changed, logarithms.exp(), logarithms)


def _hide(tokens: Tensor, most: float) -> Tensor:
    """The tokens (B, T) before each, START first; up to the share `most` of a sequence's are hidden."""
    previous = torch.cat((torch.full_like(tokens[:, :1], START), tokens[:, :-1]), dim=1)
    rate = torch.rand(len(tokens), 1, device=tokens.device) * most
    return previous.masked_fill(torch.rand(tokens.shape, device=tokens.device) < rate, MASKED)


def _memory_mask(network: MelodyVAE, tokens: Tensor) -> Tensor:
    """(B, 1, T, T): causal; three in ten sequences see only a random part of what came before."""
    batch, length = tokens.shape
    t = torch.arange(length, device=tokens.device)
    back = t[:, None] - t[None, :]
    short = torch.rand(batch, device=tokens.device) < 0.3
    reach = torch.where(short, torch.randint(1, length, (batch,), device=tokens.device), network.config.history)
    return ((back >= 0) & (back < reach[:, None, None]))[:, None]


def _length_loss(network: MelodyVAE, hidden: Tensor, tokens: Tensor) -> Tensor:
    """Cross-entropy a phrase of how many steps each note lasts, foreseen at its onset; without what outlasts T."""
    length = tokens.shape[1]
    at = torch.arange(length, device=tokens.device).expand_as(tokens)
    event = torch.where(tokens != HOLD, at, length)
    following = torch.cat((event[:, 1:], torch.full_like(event[:, :1], length)), dim=1)
    ends = following.flip(1).cummin(1).values.flip(1)
    lasts = (ends - at).clamp(1, PHRASE_STEPS)
    known = ((tokens >= FIRST_ON) & (ends < length)).float()
    costs = F.cross_entropy(network.to_length(hidden).float().flatten(0, 1), lasts.flatten() - 1, reduction="none")
    return (costs * known.flatten()).sum() / len(tokens) / (length // PHRASE_STEPS)


def _spread_loss(sample: Tensor) -> Tensor:
    """How far the axes' standard deviations over the batch are from the prior's 1, squared logarithms summed."""
    return sample.var(0).clamp(min=1e-4).log().mul(0.5).square().sum()
