"""The melody decoder at work: batches of streams, constrained and seeded draws, memory that survives gaps."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.engine.state import VoiceState
from score_bridge.mapping.latent_map import Target
from score_bridge.models.melody.checkpoint import MelodyModel
from score_bridge.models.melody.vae import OUTLINE_HOLD, START, MelodyVAE
from score_bridge.models.streaming import Memory
from score_bridge.music.attributes import ATTRIBUTES
from score_bridge.music.scales import allowed_tokens
from score_bridge.music.tokens import FIRST_ON, HOLD, PHRASE_STEPS, STEPS_PER_BAR, VOCABULARY
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]

LONGEST_GAP = 16  # missed steps that are filled with holds
LONGEST_ABSENCE = 64  # the same of a stream whose engine died: four bars


class DrawKey(NamedTuple):
    """What makes a draw repeatable, whatever was drawn before."""

    seed: int
    stream: str
    voice: int
    step: int


class Decoder:
    """A melody model ready for steps. Holds weights only; all memory is in the streams' `VoiceState`."""

    def __init__(self, model: MelodyModel, device: torch.device) -> None:
        self.network = model.network
        self.device = device
        self.history = model.network.history
        p = model.posterior
        named = np.linalg.norm(p.axes * p.std[:, None], axis=0)[: len(self.directions)]
        self.target = Target(p.mean, p.axes, p.std, p.rms, tuple(named.tolist()))

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the latent's first coordinates, which bindings move; none in an imported model."""
        return ATTRIBUTES if isinstance(self.network, MelodyVAE) else ()

    def warm(self) -> None:
        """Run once, so that the first real step is as quick as the rest."""
        for _ in range(3):
            self.advance([VoiceState(), VoiceState()], [self.target.mean] * 2, 0)
            self.advance([VoiceState()], [self.target.mean], 0)
            self.foreseen_steps(self.target.mean, 0)

    def advance(
        self, batch: Sequence[VoiceState], latents: Sequence[Floats], n: int, bars: Sequence[int] | None = None
    ) -> tuple[Floats, list[VoiceState]]:
        """Logits (B, 90) of step n, and each stream with its memory brought up to it.

        bars: how many bars back each may look, all there are by default.
        """
        reaches = [self.history] * len(batch) if bars is None else [b * STEPS_PER_BAR for b in bars]
        ready = [replace(p, reach=reach) for p, reach in zip(self._caught_up(batch, n), reaches, strict=True)]
        z = self._tensor(np.stack(latents))
        tokens = [p.tokens[-1] if p.tokens else START for p in ready]
        logits, cache = self._run(tokens, [n] * len(ready), z, ready)
        return logits, [replace(p, cache=c) for p, c in zip(ready, _unstack(cache), strict=True)]

    def draw(self, logits: Floats, controls: Controls, key: DrawKey) -> int:
        """Draw a token among those that root, scale and range allow.

        A draw is the greatest of the logits and Gumbel noise (Gumbel 1954), which follows the model's chances at
        temperature 1. The noise belongs to the place in the phrase, so that the same latent draws the same notes and
        a near one nearly the same; the share `variation` of the steps get noise of their own.
        """
        c = controls
        masked = mask_tokens(
            logits.astype(np.float64), allowed_tokens(c.root, c.scale, c.lowest, c.highest, c.transpose)
        )
        anew = c.variation > 0 and _generator(key).random() < c.variation
        noise = _noise(key if anew else key._replace(step=key.step % PHRASE_STEPS))
        return int((masked + c.temperature * noise).argmax())

    def foreseen_steps(self, latent: Floats, n: int) -> int:
        """How many steps a note that begins at step n lasts if the phrase goes on as `latent` has it, 1..32."""
        with torch.inference_mode():
            logits = self.network.outline(self._tensor(latent[None]))[0]
        moves = (logits.argmax(-1) != OUTLINE_HOLD).cpu().numpy()
        following = np.roll(moves, -(n % PHRASE_STEPS) - 1)
        return int(following.argmax()) + 1 if following.any() else PHRASE_STEPS

    def rebuilt(self, played: VoiceState, until: int | None = None) -> VoiceState:
        """Restore the decoder's memory after a restart, from the remembered tokens and latents in one pass.

        until: the last step that was missed; the steps since are holds. After a long absence nothing is remembered.
        """
        missed = max(0, until - played.step) if until is not None and played.step >= 0 else 0
        if not played.tokens or missed > LONGEST_ABSENCE:
            return VoiceState(step=played.step + missed, first=played.step + missed + 1)
        played = self._with_holds(played, missed)
        begin = played.step - len(played.tokens) + 1
        previous = torch.tensor([[START, *played.tokens[:-1]]], device=self.device)
        positions = torch.arange(begin, played.step + 1, device=self.device)
        with torch.inference_mode():
            latents = self._tensor(np.stack(played.latents)[None])
            cache = self.network.replay(previous, positions, latents, min(played.reach, self.history - 1))
        return replace(played, first=begin, cache=_unstack(cache)[0], held=None)

    def _caught_up(self, batch: Sequence[VoiceState], n: int) -> list[VoiceState]:
        """Fill short gaps of missed steps with holds, one step at a time for all; begin anew after a long one."""
        missed = [n - p.step - 1 for p in batch]
        ready = [
            replace(p, cache=self._empty(), first=n, tokens=(), latents=())
            if p.cache is None or p.step < 0 or not 0 <= gap <= LONGEST_GAP
            else p
            for p, gap in zip(batch, missed, strict=True)
        ]
        for step in range(n - LONGEST_GAP, n):
            late = [i for i, p in enumerate(ready) if p.tokens and p.step == step - 1]
            held = self._held([ready[i] for i in late], step) if late else []
            for i, p in zip(late, held, strict=True):
                ready[i] = p
        return ready

    def _held(self, batch: Sequence[VoiceState], n: int) -> list[VoiceState]:
        """Let each play a hold at step n."""
        z = self._tensor(np.stack([p.latents[-1] for p in batch]))
        _, cache = self._run([p.tokens[-1] for p in batch], [n] * len(batch), z, batch)
        parts = zip(batch, _unstack(cache), strict=True)
        return [replace(self._with_holds(p, 1), cache=memory) for p, memory in parts]

    def _with_holds(self, played: VoiceState, count: int) -> VoiceState:
        """Record that `count` holds were played, without the memory of it."""
        return replace(
            played, step=played.step + count, tokens=(*played.tokens, *[HOLD] * count)[-self.history :],
            latents=(*played.latents, *[played.latents[-1]] * count)[-self.history :],
        )  # fmt: skip

    def _run(
        self, tokens: list[int], steps: list[int], z: Tensor, batch: Sequence[VoiceState]
    ) -> tuple[Floats, Memory]:
        memory = [min(n - p.first, p.reach, self.history - 1) for n, p in zip(steps, batch, strict=True)]
        longs = torch.tensor([tokens, steps, memory], device=self.device)
        with torch.inference_mode():
            logits, cache = self.network.step(longs[0], longs[1], z, _stack(batch), longs[2])
        return logits.float().cpu().numpy(), cache

    def _empty(self) -> Memory:
        return _unstack(self.network.empty_cache(1))[0]

    def _tensor(self, values: Floats) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device)


def mask_tokens(logits: NDArray[np.float64], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logits (90,) of the tokens that are `allowed` (90,); the rest get -inf.

    What the notes that are not allowed had goes to those that are, each its share, so that a narrow scale or range
    asks for other pitches and not for fewer notes.
    """
    notes = np.arange(len(logits)) >= FIRST_ON
    masked = np.where(allowed, logits, -np.inf)
    if (allowed & notes).any():
        masked[notes] += np.logaddexp.reduce(logits[notes]) - np.logaddexp.reduce(masked[notes])
    return masked


def _generator(key: DrawKey) -> np.random.Generator:
    source = np.random.Philox(key=[key.seed, zlib.crc32(key.stream.encode())], counter=[key.step, key.voice, 0, 0])
    return np.random.Generator(source)


@lru_cache(maxsize=64 * PHRASE_STEPS)
def _noise(key: DrawKey) -> NDArray[np.float64]:
    """Gumbel noise for every token, (90,): of a place in the phrase, or of one step."""
    noise = _generator(key).gumbel(size=VOCABULARY)
    noise.flags.writeable = False  # it is shared
    return noise


def _stack(batch: Sequence[VoiceState]) -> Memory:
    caches = [p.cache for p in batch if p.cache is not None]
    return tuple(torch.stack(parts) for parts in zip(*caches, strict=True))


def _unstack(cache: Memory) -> list[Memory]:
    return list(zip(*(part.unbind() for part in cache), strict=True))
