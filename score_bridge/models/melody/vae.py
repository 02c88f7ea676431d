"""The streaming melody VAE: two bars to a latent, and a latent at every step back to notes, at once.

The encoder reads a phrase (32 sixteenths) in both directions. The decoder is causal over up to eight bars of what
was played and is given the latent at *every* step, before every layer (the in-attention of MuseMorphose, Wu & Yang
2021, arXiv:2105.04090), through a matrix of its own for each place in the phrase; so a latent that changes in
mid-phrase is obeyed at the next sixteenth, while the history keeps key and motif.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from score_bridge.models.layers import Layer
from score_bridge.models.melody.condition import CharacterReader, Told, apply_at_places
from score_bridge.models.melody.condition_layout import condition_size
from score_bridge.models.streaming import Memory
from score_bridge.music.tokens import PHRASE_STEPS, VOCABULARY

MASKED = VOCABULARY + 1


@dataclass(frozen=True)
class MelodyConfig:
    """Sizes. `history` is how many steps the decoder looks back (128 = eight bars).

    descriptors: how many the decoder is told of a phrase's character beside the latent, see `condition`; 0 in the
    models of the first kind, which are told the latent alone.
    """

    latent: int = 128
    width: int = 192
    heads: int = 6
    encoder_layers: int = 3
    decoder_layers: int = 4
    encoder_channels: int = 24
    history: int = 128
    descriptors: int = 0
    character_width: int = 160


class MelodyVAE(nn.Module):
    """q(z | phrase) and p(token | latents so far, tokens so far). Shapes: B phrases or streams, T steps, Z latent."""

    def __init__(self, config: MelodyConfig) -> None:
        super().__init__()
        self.config = c = config
        self.embed = nn.Embedding(VOCABULARY + 2, c.width)
        self.place = nn.Parameter(torch.randn(PHRASE_STEPS, c.width) * 0.02)
        self.encoder_place = nn.Parameter(torch.randn(PHRASE_STEPS, c.width) * 0.02)
        self.encoder = nn.ModuleList(Layer(c.width, c.heads) for _ in range(c.encoder_layers))
        self.encoder_norm = nn.LayerNorm(c.width)
        self.encoder_flatten = nn.Linear(c.width, c.encoder_channels)
        self.to_posterior = nn.Linear(PHRASE_STEPS * c.encoder_channels, 2 * c.latent)
        self.condition = nn.Parameter(torch.randn(PHRASE_STEPS, c.latent, c.width) * c.latent**-0.5)
        self.inject = nn.Linear(c.width, c.decoder_layers * c.width)
        self.decoder = nn.ModuleList(Layer(c.width, c.heads) for _ in range(c.decoder_layers))
        self.decoder_norm = nn.LayerNorm(c.width)
        self.to_logits = nn.Linear(c.width, VOCABULARY)
        if c.descriptors:
            self.character = CharacterReader(c.descriptors, c.width, c.character_width)
            self.to_length = nn.Linear(c.width, PHRASE_STEPS)
        else:
            self.outline_hidden = nn.Linear(c.width, c.width)
            self.to_outline = nn.Linear(c.width, 3)

    @property
    def latent_size(self) -> int:
        """Z, how many numbers a latent has."""
        return self.config.latent

    @property
    def condition_size(self) -> int:
        """C, how many numbers the decoder is told at a step: a latent, and what `condition` packs beside it."""
        return condition_size(self.config.latent, self.config.descriptors)

    @property
    def history(self) -> int:
        """How many steps the decoder looks back at most."""
        return self.config.history

    def exact(self, latents: Tensor) -> Tensor:
        """Conditions (..., C) that tell latents (..., Z) as they are, and nothing else: the phrase, note for note."""
        nothing = latents.new_zeros(*latents.shape[:-1], self.condition_size - self.config.latent)
        return torch.cat((latents, nothing), dim=-1)

    def encode(self, phrases: Tensor) -> tuple[Tensor, Tensor]:
        """Phrases (B, 32) of tokens to the posterior's mean and standard deviation, (B, Z) each."""
        x = self.embed(phrases) + self.encoder_place
        for layer in self.encoder:
            x = layer(x)
        flat = self.encoder_flatten(self.encoder_norm(x)).flatten(1)
        mean, raw = self.to_posterior(flat).float().chunk(2, dim=-1)
        return mean, F.softplus(raw) + 1e-4

    def decode(self, previous: Tensor, conditions: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (B, T, 90) of every token from the ones before it, over a whole sequence.

        previous: (B, T) tokens shifted right, START first; conditions: (B, T, C); T whole phrases, from place 0 on.
        mask: (B, 1, T, T) or (T, T), True where a step may look; by default causal over `history` steps.
        """
        logits: Tensor = self.to_logits(self.hidden(previous, conditions, mask))
        return logits

    def hidden(self, previous: Tensor, conditions: Tensor, mask: Tensor | None = None) -> Tensor:
        """What the decoder knows at every step, (B, T, width); see `decode`."""
        length = previous.shape[1]
        positions = torch.arange(length, device=previous.device)
        x = self.embed(previous) + self.place[positions % PHRASE_STEPS]
        allowed = self.causal_mask(length, previous.device) if mask is None else mask
        for layer, extra in zip(self.decoder, self._injections(self._read(conditions)), strict=True):
            x = layer(x + extra, positions, allowed)
        known: Tensor = self.decoder_norm(x)
        return known

    def causal_mask(self, length: int, device: torch.device) -> Tensor:
        """(T, T), True where step t may look back at step s: t - history < s <= t."""
        t = torch.arange(length, device=device)
        back = t[:, None] - t[None, :]
        return (back >= 0) & (back < self.config.history)

    def outline(self, latents: Tensor) -> Tensor:
        """Logits (B, 32, 3) of hold, off and on for each place of the phrases that latents (B, Z) stand for."""
        whole = latents[:, None].expand(-1, PHRASE_STEPS, -1)
        return self.outline_along(whole)

    def outline_along(self, latents: Tensor) -> Tensor:
        """As `outline`, for latents (B, T, Z) that may change at every step."""
        logits: Tensor = self.to_outline(F.gelu(self.outline_hidden(self._read(latents))))
        return logits

    def empty_cache(self, batch: int, steps: int | None = None) -> Memory:
        """Return the memory of `batch` streams that have not played yet: keys and values of every layer.

        (B, L, heads, window, head width) each; slot n % window holds step n. `steps`: how many will be played at
        most, where that is known, for a window no longer than it need be.
        """
        c = self.config
        window = min(c.history, steps or c.history)
        shape = (batch, c.decoder_layers, c.heads, window, c.width // c.heads)
        zeros = torch.zeros(shape, device=self.place.device, dtype=self.place.dtype)
        return zeros, zeros.clone()

    def step(
        self, token: Tensor, position: Tensor, condition: Tensor, cache: Memory, memory: Tensor
    ) -> tuple[Tensor, Tensor | None, Memory]:
        """One step of B streams; see `streaming.MelodyNetwork`. The cache given is kept."""
        keys, values = cache
        logits, lengths, *own = self.step_alone(token, position, condition, keys, values, memory)
        rows, slots = torch.arange(len(token), device=token.device), position % cache[0].shape[3]
        after = tuple(part.clone() for part in cache)
        for part, added in zip(after, own, strict=True):
            part[rows, :, :, slots] = added.to(part.dtype)
        return logits, lengths, after

    def step_alone(
        self, token: Tensor, position: Tensor, condition: Tensor, keys: Tensor, values: Tensor, memory: Tensor
    ) -> tuple[Tensor, Tensor | None, Tensor, Tensor]:
        """As `step`, with its own keys and values (B, L, heads, head width) in place of the whole cache after it."""
        place = position % PHRASE_STEPS
        read = self._read(condition[:, None], place[:, None])
        x = (self.embed(token) + self.place[place])[:, None]
        mask = self._window(position, memory, keys.shape[3])[:, None, None]
        own_keys, own_values = [], []
        for i, (layer, extra) in enumerate(zip(self.decoder, self._injections(read), strict=True)):
            assert isinstance(layer, Layer)
            x, key, value = layer.step(x + extra, position[:, None], keys[:, i], values[:, i], mask)
            own_keys.append(key)
            own_values.append(value)
        known = self.decoder_norm(x[:, 0])
        lengths = self.to_length(known) if self.config.descriptors else None
        return self.to_logits(known), lengths, torch.stack(own_keys, 1), torch.stack(own_values, 1)

    def replay(self, previous: Tensor, positions: Tensor, conditions: Tensor, reaches: Tensor) -> Memory:
        """The cache after playing T steps, at most `history`, from an empty one; see `streaming.MelodyNetwork`."""
        cache = self.empty_cache(len(previous))
        slots = positions % cache[0].shape[3]
        for part, played in zip(cache, self.replay_alone(previous, positions, conditions, reaches), strict=True):
            part[:, :, :, slots] = played.to(part.dtype)
        return cache

    def replay_alone(
        self, previous: Tensor, positions: Tensor, conditions: Tensor, reaches: Tensor
    ) -> tuple[Tensor, Tensor]:
        """As `replay`: the keys and values of the T steps alone, (B, L, heads, T, head width) each."""
        place = positions % PHRASE_STEPS
        read = self._read(conditions, place)
        x = self.embed(previous) + self.place[place]
        keys, values = [], []
        for layer, extra in zip(self.decoder, self._injections(read), strict=True):
            assert isinstance(layer, Layer)
            x, key, value = layer.replay(x + extra, positions, reaches)
            keys.append(key)
            values.append(value)
        return torch.stack(keys, 1), torch.stack(values, 1)

    def _read(self, conditions: Tensor, place: Tensor | None = None) -> Tensor:
        """What conditions (B, T, C) say, (B, T, width); `place` as in `apply_at_places`."""
        if not self.config.descriptors:
            return apply_at_places(conditions, self.condition, place)
        told = Told.unpack(conditions, self.config.latent, self.config.descriptors)
        return self.character(told=told, of_detail=apply_at_places(told.detail, self.condition, place), place=place)  # type: ignore[no-any-return]

    def _injections(self, conditions: Tensor) -> tuple[Tensor, ...]:
        return self.inject(conditions).chunk(self.config.decoder_layers, dim=-1)  # type: ignore[no-any-return]

    def _window(self, position: Tensor, memory: Tensor, window: int) -> Tensor:
        """(B, window), True for ring slots whose step was played before, at most `memory` steps back."""
        slots = torch.arange(window, device=position.device)
        age = (position[:, None] - slots) % window
        return (age > 0) & (age <= memory[:, None]) & (age <= position[:, None])
