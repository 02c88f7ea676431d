"""The part of the melody network that reads conditions, and conditions as tensors; see `condition_layout`."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from score_bridge.models.melody.condition_layout import DEGREES, WAYS
from score_bridge.music.character import KEYS
from score_bridge.music.tokens import PHRASE_STEPS

_WAY_FEATURES = 8


@dataclass(frozen=True)
class Told:
    """The parts of conditions, over any leading shape (...): see the module.

    detail: (..., Z); way: (..., 3) level, related, follow; scores: (..., K); told: (..., K) 0 or 1; key: (..., 24)
    and ending: (..., 12) one-hot, or all 0.
    """

    detail: Tensor
    way: Tensor
    scores: Tensor
    told: Tensor
    key: Tensor
    ending: Tensor

    def pack(self) -> Tensor:
        """One vector a step, (..., condition_size(Z, K))."""
        parts = (self.detail, self.way, self.scores * self.told, self.told, self.key, self.ending)
        return torch.cat(parts, dim=-1)

    @classmethod
    def unpack(cls, conditions: Tensor, latent: int, descriptors: int) -> "Told":
        """The parts of packed conditions (..., C)."""
        sizes = [latent, WAYS, descriptors, descriptors, KEYS, DEGREES]
        return cls(*torch.split(conditions, sizes, dim=-1))


def tell_character(latent: int, scores: Tensor | None, descriptors: int, keys: Tensor) -> Told:
    """Tell characters alone, by scores (N, K) or not at all, in keys (N,) 0..23 or -1 for none, and no phrase."""
    count = len(keys)
    none = torch.zeros(count, descriptors, device=keys.device)
    return Told(
        detail=none.new_zeros(count, latent),
        way=none.new_tensor([1.0, 0.0, 0.0]).expand(count, -1),
        scores=none if scores is None else scores,
        told=none if scores is None else torch.ones_like(none),
        key=F.one_hot(keys.clamp(min=0), KEYS) * (keys >= 0).float()[:, None],
        ending=none.new_zeros(count, DEGREES),
    )


class CharacterReader(nn.Module):
    """Adds to the latent's condition what is told of character, and weighs the latent by how far it is believed."""

    def __init__(self, descriptors: int, width: int, hidden: int) -> None:
        super().__init__()
        self.read = nn.Linear(2 * descriptors + KEYS + DEGREES, hidden)
        self.mix = nn.Linear(hidden, hidden)
        self.place = nn.Parameter(torch.randn(PHRASE_STEPS, hidden, width) * 0.3 * hidden**-0.5)
        self.way_in = nn.Linear(_WAY_FEATURES, 64)
        self.way_out = nn.Linear(64, 2 * width)
        nn.init.zeros_(self.way_out.weight)
        nn.init.zeros_(self.way_out.bias)

    def forward(self, of_detail: Tensor, told: Told, place: Tensor | None = None) -> Tensor:
        """Conditions (B, T, width) from the detail's (B, T, width); `place` as in `apply_at_places`."""
        x = torch.cat((told.scores, told.told, told.key, told.ending), dim=-1)
        x = F.gelu(self.mix(F.gelu(self.read(x))))
        gain, shift = self.way_out(F.gelu(self.way_in(_way_features(told.way)))).chunk(2, dim=-1)
        conditions: Tensor = (1 + gain) * of_detail + shift + apply_at_places(x, self.place, place)
        return conditions


def apply_at_places(x: Tensor, matrices: Tensor, place: Tensor | None = None) -> Tensor:
    """Vectors (B, T, H) through the matrix (H, W) of their place in the phrase, of `matrices` (32, H, W).

    place: (B, T) or (T,) of 0..31; None where T is whole phrases from place 0 on.
    """
    if place is not None:
        return torch.einsum("bth,bthw->btw" if place.dim() == 2 else "bth,thw->btw", x, matrices[place])
    batch, length, size = x.shape
    by_place = x.view(batch, length // PHRASE_STEPS, PHRASE_STEPS, size)
    return torch.einsum("bkph,phw->bkpw", by_place, matrices).reshape(batch, length, -1)


def _way_features(way: Tensor) -> Tensor:
    """Level, related and follow (..., 3) as eight smooth features (..., 8)."""
    level, related, follow = way.unbind(-1)
    angle = level * (math.pi / 2)
    parts = (level, angle.sin(), angle.cos(), (2 * angle).sin(), level**2, related, related * level, follow)
    return torch.stack(parts, dim=-1)
