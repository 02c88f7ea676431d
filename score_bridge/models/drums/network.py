"""The drum network: causal, one step at a time, told what the drums are to be like.

At each step it knows the hits before it, its place in the phrase and the character (`music.drums.CHARACTER`) that is
asked for, each part of which may be left open. It foresees which of the nine sounds are hit, one after the other, and
how loud and how early or late each is (in bins: means would be neither). Its units are gated recurrent ones (Cho et
al. 2014, arXiv:1406.1078).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from score_bridge.models.drums.layout import OFFSETS, PLACES, SOUNDS, TOLD, VELOCITIES, Sizes


class Told(NamedTuple):
    """What is asked for: standard scores (B, T, 11), and 1 where they are told, 0 where they are left open."""

    scores: Tensor
    told: Tensor

    @property
    def packed(self) -> Tensor:
        """Both in one, (B, T, 22)."""
        return torch.cat([self.scores * self.told, self.told], -1)


class Foreseen(NamedTuple):
    """Logits: of hits (B, T, 9), of velocities and offsets (B, T, 9, 8)."""

    hits: Tensor
    velocities: Tensor
    offsets: Tensor


class DrumNetwork(nn.Module):
    """See the module."""

    def __init__(self, sizes: Sizes = Sizes(), dropout: float = 0.2) -> None:  # noqa: B008 - a frozen value
        super().__init__()
        told = 2 * TOLD
        self.sizes, self.dropout = sizes, dropout
        self.place = nn.Embedding(PLACES, sizes.place)
        self.enter = nn.Linear(2 * SOUNDS + told + sizes.place, sizes.hidden)
        self.units = nn.GRU(sizes.hidden, sizes.hidden, sizes.layers, batch_first=True)
        self.hits = nn.Linear(sizes.hidden + told + sizes.place, SOUNDS)
        self.chain = nn.Parameter(torch.zeros(SOUNDS, SOUNDS))
        self.velocities = nn.Linear(sizes.hidden + SOUNDS + told, SOUNDS * VELOCITIES)
        self.offsets = nn.Linear(sizes.hidden + SOUNDS + told, SOUNDS * OFFSETS)

    def forward(self, hits: Tensor, loud: Tensor, told: Told, places: Tensor, heard: Tensor) -> Foreseen:
        """Foresee every step from those before it.

        hits: (B, T, 9), 0 or 1; loud: (B, T, 9), how loud each is, 0..1; places: (B, T) in the phrase; heard:
        (B, T, 1), 0 where the step before is not to be known.
        """
        played = torch.cat([hits, hits * loud], -1)
        before = heard * functional.pad(played, (0, 0, 1, 0))[:, :-1]
        told_, place = told.packed, self.place(places)
        known, _ = self.units(torch.tanh(self.enter(torch.cat([before, told_, place], -1))))
        known = functional.dropout(known, self.dropout, self.training)
        logits = self.hits(torch.cat([known, told_, place], -1)) + hits @ torch.tril(self.chain, -1).T
        with_hits = torch.cat([known, hits, told_], -1)
        shape = (*hits.shape, -1)
        return Foreseen(logits, self.velocities(with_hits).view(shape), self.offsets(with_hits).view(shape))
