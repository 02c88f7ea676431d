"""The companion network: causal, a step of one part at a time, given the lead, the chord and what the others do.

One network plays all parts and is told which. Its units are gated recurrent ones (Cho et al. 2014, arXiv:1406.1078).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from score_bridge.models.companions.layout import COLUMNS, ROWS, Sizes
from score_bridge.music.tokens import VOCABULARY


class CompanionNetwork(nn.Module):
    """See the module."""

    def __init__(self, sizes: Sizes = Sizes(), dropout: float = 0.25) -> None:  # noqa: B008 - a frozen value
        super().__init__()
        self.sizes, self.dropout = sizes, dropout
        self.table = nn.Parameter(torch.randn(ROWS, sizes.given) * COLUMNS**-0.5)
        self.units = nn.GRU(sizes.given, sizes.hidden, 1, batch_first=True)
        self.mix = nn.Linear(sizes.given + sizes.hidden, sizes.hidden)
        self.tokens = nn.Linear(sizes.hidden, VOCABULARY)

    def forward(self, rows: Tensor) -> Tensor:
        """Logits (B, T, 90) of the tokens of each step; rows: (B, T, COLUMNS)."""
        given = functional.embedding_bag(rows.flatten(0, 1), self.table, mode="sum").view(*rows.shape[:2], -1)
        given = functional.dropout(torch.relu(given), self.dropout / 2, self.training)
        known, _ = self.units(given)
        mixed = torch.relu(self.mix(torch.cat([given, known], -1)))
        logits: Tensor = self.tokens(functional.dropout(mixed, self.dropout, self.training))
        return logits
