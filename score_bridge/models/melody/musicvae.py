"""The flat melody decoder of MusicVAE (Roberts et al. 2018, arXiv:1803.05428), fed one step at a time.

A stack of LSTM cells. As published, a phrase of 32 steps begins with the state tanh(W z + b) and no token before it;
nothing is carried over from the phrase before. Every step's input is the token before and z, so that a z that changes
in mid-phrase is heard at the next sixteenth, though the state still leans to the old one. A decoder that was
published for longer phrases plays their first two bars. There is no encoder: nothing can be trained from it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from score_bridge.models.melody.player import OUTLINE_ON
from score_bridge.models.streaming import Memory
from score_bridge.music.tokens import PHRASE_STEPS, START, VOCABULARY

REMEMBERED_OUTLINES = 64


@dataclass(frozen=True)
class MusicVAEConfig:
    """Sizes: of z, and of every LSTM layer from the input up."""

    latent: int
    layers: tuple[int, ...]


class MusicVAEDecoder(nn.Module):
    """p(token | latents, tokens of this phrase so far). Shapes: B streams, Z latent, S numbers of all cells' states.

    token_gates: what each token before adds to the first cell's gates, that cell's bias included; START adds nothing
    but the bias. kernels: (inputs + H, 4 H) a cell, gates in the order input, candidate, forget, output. biases: of
    the cells above the first. The forget gates' published + 1 is part of the biases.
    """

    def __init__(self, config: MusicVAEConfig) -> None:
        super().__init__()
        self.config = config
        sizes = tuple(config.layers)
        self.state_sizes = [size for size in sizes for _ in ("cell", "hidden")]
        inputs = (config.latent, *sizes[:-1])
        self.token_gates = nn.Embedding(VOCABULARY + 1, 4 * sizes[0])
        self.begin = nn.Linear(config.latent, sum(self.state_sizes))
        self.kernels = nn.ParameterList(torch.zeros(i + h, 4 * h) for i, h in zip(inputs, sizes, strict=True))
        self.biases = nn.ParameterList(torch.zeros(4 * h) for h in sizes[1:])
        self.to_logits = nn.Linear(sizes[-1], VOCABULARY)
        self._outlines: dict[bytes, Tensor] = {}

    @property
    def latent_size(self) -> int:
        """Z, how many numbers a latent has."""
        return self.config.latent

    @property
    def condition_size(self) -> int:
        """It is told a latent and nothing else."""
        return self.config.latent

    @property
    def history(self) -> int:
        """A phrase: what was played before it leaves no trace."""
        return PHRASE_STEPS

    def empty_cache(self, batch: int, steps: int | None = None) -> Memory:
        """Return the memory of `batch` streams that have not played yet: (B, S), cell and hidden state by layer.

        `steps` is not used: the states are as many however long is played.
        """
        del steps
        weight = self.begin.weight
        return (torch.zeros(batch, len(weight), device=weight.device, dtype=weight.dtype),)

    def step(
        self, token: Tensor, position: Tensor, condition: Tensor, cache: Memory, memory: Tensor
    ) -> tuple[Tensor, None, Memory]:
        """One step of B streams, told a latent (B, Z); see `streaming.MelodyNetwork`.

        A phrase begins at every 32nd position, and where a stream does. `memory` is not used: the state has no window
        that could be made narrower.
        """
        del memory
        begins = (position % PHRASE_STEPS == 0) | (token == START)
        state = cache[0]
        if begins.any():
            state = torch.where(begins[:, None], self.begin(condition).tanh(), state)
            token = token.masked_fill(begins, START)
        logits, after = self._through_cells(token, condition, state)
        return logits, None, after

    def replay(self, previous: Tensor, positions: Tensor, conditions: Tensor, reaches: Tensor) -> Memory:  # noqa: ARG002
        """The state after T steps; recurrent, so step by step. See `streaming.MelodyNetwork`."""
        cache = self.empty_cache(len(previous))
        for i, position in enumerate(positions):
            _, _, cache = self.step(previous[:, i], position.expand(len(previous)), conditions[:, i], cache, position)
        return cache

    def phrases(self, latents: Tensor) -> Tensor:
        """Phrases (B, 32) that latents (B, Z) stand for: the likeliest token at every step."""
        token = torch.full((len(latents),), START, device=latents.device)
        state, tokens = self.begin(latents).tanh(), []
        for _ in range(PHRASE_STEPS):
            logits, (state,) = self._through_cells(token, latents, state)
            token = logits.argmax(-1)
            tokens.append(token)
        return torch.stack(tokens, dim=1)

    def outline(self, latents: Tensor) -> Tensor:
        """One-hot logits (B, 32, 3) of hold, off and on: what `phrases` plays from latents (B, Z).

        That takes 32 steps, so the last outlines are remembered: a picture that rests keeps its latent.
        """
        key = latents.cpu().numpy().tobytes()
        if key not in self._outlines:
            if len(self._outlines) == REMEMBERED_OUTLINES:
                del self._outlines[next(iter(self._outlines))]
            self._outlines[key] = F.one_hot(self.phrases(latents).clamp(max=OUTLINE_ON), 3).float()
        return self._outlines[key]

    def _through_cells(self, token: Tensor, latent: Tensor, state: Tensor) -> tuple[Tensor, Memory]:
        """Logits (B, 90) and the states after a step. TensorFlow's BasicLSTMCell, one matrix product a layer."""
        parts = torch.split(state, self.state_sizes, dim=1)
        x, after, biases = latent, [], (self.token_gates(token), *self.biases)
        for cell, hidden, kernel, bias in zip(parts[::2], parts[1::2], self.kernels, biases, strict=True):
            gates = torch.addmm(bias, torch.cat((x, hidden), dim=1), kernel)
            enter, candidate, forget, leave = gates.chunk(4, dim=1)
            kept = cell * forget.sigmoid() + enter.sigmoid() * candidate.tanh()
            x = leave.sigmoid() * kept.tanh()
            after += [kept, x]
        logits: Tensor = self.to_logits(x)
        return logits, (torch.cat(after, dim=1),)
