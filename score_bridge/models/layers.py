"""Transformer layers that run over a whole sequence or one step at a time with a ring cache, to the same result."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def rotate(x: Tensor, positions: Tensor) -> Tensor:
    """Rotary position embedding (Su et al. 2021, arXiv:2104.09864).

    x: (B, heads, T, width); positions: (T,) or (B, T) whole steps. Angles are taken in float64, so that relative
    distances stay exact after months of steps.
    """
    half = x.shape[-1] // 2
    rates = 10_000.0 ** (-torch.arange(half, device=x.device, dtype=torch.float64) / half)
    angles = positions.to(torch.float64)[..., None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    if positions.dim() == 2:
        cos, sin = cos[:, None], sin[:, None]
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Scaled dot-product attention, written out: its backward pass takes a CPU a third of the fused one's time.

    q, k, v: (B, heads, T or S, width); mask: True where attention is allowed, broadcast to (B, heads, T, S).
    """
    scores = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2))
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.matmul(scores.softmax(-1).to(v.dtype), v)


class Layer(nn.Module):
    """Pre-norm attention and feed-forward (Xiong et al. 2020, arXiv:2002.04745). Training sets what is dropped."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.feed_norm = nn.LayerNorm(width)
        self.feed_in = nn.Linear(width, 4 * width)
        self.feed_out = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """x: (B, T, width); mask: True where attention is allowed, broadcast to (B, heads, T, T); None = all."""
        q, k, v = self._project(x, positions)
        return self._close(x, attend(q, k, v, mask))

    def step(
        self, x: Tensor, positions: Tensor, keys: Tensor, values: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step: x (B, 1, width) at positions (B, 1) to x after it, and its key and value (B, heads, head width).

        keys, values: (B, heads, window, head width) of steps before; mask: (B, 1, 1, window), True for slots that may
        be looked at. The step itself is looked at, too.
        """
        q, k, v = self._project(x, positions)
        scaled = q * q.shape[-1] ** -0.5
        before = torch.matmul(scaled, keys.transpose(-1, -2)).masked_fill(~mask, -torch.inf)
        itself = (scaled * k).sum(-1, keepdim=True)
        weights = torch.cat((before, itself), dim=-1).softmax(-1).to(v.dtype)
        attended = torch.matmul(weights[..., :-1], values) + weights[..., -1:] * v
        return self._close(x, attended), k[:, :, 0], v[:, :, 0]

    def replay(self, x: Tensor, positions: Tensor, reaches: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Many steps in one pass: x (B, T, width), positions (T,); their keys and values are (B, heads, T, -1) each.

        Each step looks at as many before it as `reaches` (T,) says: the result is that of T calls of `step` from an
        empty cache.
        """
        q, k, v = self._project(x, positions)
        back = positions[:, None] - positions[None, :]
        near = (back >= 0) & (back <= reaches[:, None])
        return self._close(x, attend(q, k, v, near)), k, v

    def _project(self, x: Tensor, positions: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, width = x.shape
        qkv = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        if positions is None:
            return q, k, v
        return rotate(q, positions), rotate(k, positions), v

    def _close(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.dropout(self.attention_out(attended.transpose(1, 2).reshape(x.shape)))
        hidden: Tensor = F.gelu(self.feed_in(self.feed_norm(x)))
        out: Tensor = x + self.dropout(self.feed_out(hidden))
        return out
