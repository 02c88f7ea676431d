"""The chord network: causal, a half bar at a time.

It knows the chords before, the melody up to the half bar's first note, the place in eight bars, the mode, and how far
the end is. Its units are gated recurrent ones (Cho et al. 2014, arXiv:1406.1078).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from score_bridge.models.chords.layout import GIVEN, MODE, NOW, Sizes
from score_bridge.music.chords import COUNT


class ChordNetwork(nn.Module):
    """See the module."""

    def __init__(self, sizes: Sizes = Sizes(), dropout: float = 0.5) -> None:  # noqa: B008 - a frozen value
        super().__init__()
        self.sizes, self.dropout = sizes, dropout
        self.units = nn.GRU(GIVEN, sizes.hidden, 1, batch_first=True)
        self.chords = nn.Linear(sizes.hidden + NOW, COUNT)
        self.both = nn.Bilinear(NOW, sizes.hidden, COUNT, bias=False)
        nn.init.zeros_(self.both.weight)

    def forward(self, given: Tensor, now: Tensor) -> Tensor:
        """Logits (B, H, 96) of the chords of half bars; given: (B, H, GIVEN), now: (B, H, NOW)."""
        hidden = functional.dropout(given, self.dropout / 2, self.training)
        mode = slice(MODE, MODE + 1)  # it is always told: half of what is learned is in either
        told = torch.cat([hidden[..., :MODE], given[..., mode], hidden[..., MODE + 1 :]], -1)
        known, _ = self.units(told)
        known = functional.dropout(known, self.dropout, self.training)
        logits: Tensor = self.chords(torch.cat([known, now], -1)) + self.both(now, known)
        return logits
