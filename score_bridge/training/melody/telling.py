"""What the decoder is told while it learns: every phrase from note for note to not at all, and its character."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from score_bridge.models.melody.condition import Told
from score_bridge.models.melody.condition_layout import DEGREES
from score_bridge.music.character import KEYLESS, KEYS
from score_bridge.training.melody.sequence_sampler import PHRASES, Sequences


class Code(NamedTuple):
    """Phrases in the latent space, (N, Z) each: the posterior's mean and standard deviation."""

    mean: Tensor
    std: Tensor


@dataclass(frozen=True)
class Telling:
    """Shares of the sequences, unless said otherwise.

    nothing: the detail is not told at all (level 1); exact: it is told as it is (level 0); the rest lies between.
    related: the detail is that of another phrase of the same melody. untold: no descriptor is told; partly: only some
    are. key: the key is told; ending: phrases whose last note is told, where the key is. jitter: standard deviation
    of what is added to the scores; sampling: up to which share of the posterior's deviation is added to its mean.
    """

    nothing: float = 0.45
    exact: float = 0.1
    related: float = 0.3
    untold: float = 0.1
    partly: float = 0.5
    key: float = 0.8
    ending: float = 0.3
    jitter: float = 0.15
    sampling: float = 0.5


def draw_conditions(code: Code, drawn: Sequences, telling: Telling) -> Told:
    """What is told at every step of the sequences, (B, 128, ...)."""
    plan = drawn.plan
    batch, device = len(plan), plan.device
    related = torch.rand(batch, 1, device=device) < telling.related
    level = _levels(batch, telling, related).gather(1, drawn.part)
    told_key = torch.rand(batch, 1, device=device) < telling.key
    named = told_key & (torch.rand(len(drawn.key), device=device)[plan] < telling.ending) & (drawn.ending[plan] >= 0)
    way = torch.stack((level, related.expand_as(level).float(), torch.zeros_like(level)), dim=-1)
    return Told(
        detail=_details(code, drawn, telling, level, related),
        way=way,
        scores=(drawn.scores + telling.jitter * torch.randn_like(drawn.scores))[plan],
        told=_told(batch, drawn.scores.shape[1], telling, told_key)[:, None].expand(-1, plan.shape[1], -1),
        key=F.one_hot(drawn.key[plan], KEYS) * told_key[..., None].float(),
        ending=F.one_hot(drawn.ending[plan].clamp(min=0), DEGREES) * named[..., None].float(),
    )


def without_character(told: Told) -> Told:
    """The same with no descriptor told: what guidance leads away from."""
    return Told(told.detail, told.way, told.scores, torch.zeros_like(told.told), told.key, told.ending)


def _levels(batch: int, telling: Telling, related: Tensor) -> Tensor:
    """How far the detail is not to be believed, (B, 3), 0..1, by the part of a sequence."""
    device = related.device
    level, kind = torch.rand(batch, 3, device=device), torch.rand(batch, 3, device=device)
    nothing = (kind < telling.nothing) & ~related
    exact = (kind > 1 - telling.exact) & ~related
    level = level.masked_fill(nothing, 1.0).masked_fill(exact, 0.0)
    alike = torch.rand(batch, 1, device=device) < 0.6
    return torch.where(alike, level[:, :1], level)


def _details(code: Code, drawn: Sequences, telling: Telling, level: Tensor, related: Tensor) -> Tensor:
    """Latents (B, 128, Z) turned towards noise, one noise a phrase; nothing at level 1."""
    plan = drawn.plan
    one = torch.randint(PHRASES, related.shape, device=plan.device)
    source = torch.where(related, plan // PHRASES * PHRASES + one, plan)
    share = telling.sampling * torch.rand(len(plan), 1, 1, device=plan.device)
    deviation = (code.std * torch.randn_like(code.std))[source]
    angle = (level * (math.pi / 2))[..., None]
    turned = angle.cos() * (code.mean[source] + share * deviation) + angle.sin() * torch.randn_like(code.mean)[source]
    return turned.masked_fill(level[..., None] >= 1, 0.0)


def _told(batch: int, descriptors: int, telling: Telling, key: Tensor) -> Tensor:
    """Which descriptors are told, (B, K) of 0 and 1: none, some or all; without a key none that needs one."""
    device = key.device
    kind = torch.rand(batch, 1, device=device)
    some = torch.rand(batch, descriptors, device=device) < torch.rand(batch, 1, device=device)
    partly = (kind >= telling.untold) & (kind < telling.untold + telling.partly)
    told = torch.where(partly, some, kind >= telling.untold)
    keyless = torch.arange(descriptors, device=device) < len(KEYLESS)
    return (told & (keyless | key)).float()
