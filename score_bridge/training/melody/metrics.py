"""Figures on pieces the model never saw, and the place of melodies in its latent space."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.models.melody.melody_file import Posterior
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, START, STEPS_PER_BAR
from score_bridge.training.melody.losses import sequence_losses
from score_bridge.training.melody.phrase_library import PhraseLibrary
from score_bridge.training.melody.sequence_sampler import draw_sequences
from score_bridge.training.melody.telling import Telling
from score_bridge.training.precision import half_precision

PLAYED_AT_ONCE = 64
_ALL = Telling(nothing=1.0, exact=0.0, related=0.0, untold=0.0, partly=0.0, key=1.0, ending=0.0, sampling=0.0)
TOLD = {
    "exact": replace(_ALL, nothing=0.0, exact=1.0),
    "character": _ALL,
    "partly": replace(_ALL, partly=1.0),
    "untold": replace(_ALL, untold=1.0),
    "nothing": replace(_ALL, untold=1.0, key=0.0),
    "between": replace(_ALL, nothing=0.0),
    "related": replace(_ALL, related=1.0),
}
"""Ways of telling, by name: a phrase note for note; its character, part of it, its key alone, nothing; the detail as
far as not, evenly; and the detail of another phrase of the melody."""


def phrases_of(lines: list[NDArray[np.uint8]], limit: int, seed: int) -> NDArray[np.uint8]:
    """Up to `limit` two-bar phrases (N, 32), each beginning at a bar line, drawn without repeats."""
    cuts = [(i, s) for i, line in enumerate(lines) for s in range(0, len(line) - PHRASE_STEPS + 1, STEPS_PER_BAR)]
    picks = np.random.default_rng(seed).permutation(len(cuts))[:limit]
    return np.stack([lines[cuts[p][0]][cuts[p][1] : cuts[p][1] + PHRASE_STEPS] for p in picks])


@torch.inference_mode()
def measure_held_out(network: MelodyVAE, phrases: NDArray[np.uint8], seed: int = 0) -> dict[str, float]:
    """Shares of tokens right and the posterior's numbers.

    teacher_forced: from the posterior mean, true tokens before; sampled: playing freely at temperature 1 from a
    posterior sample (MusicVAE's measure); note_f1: the notes of those, a note being its onset and pitch;
    swap_agreement: playing freely while the latent switches to another phrase at a random step, counted from there
    on; kl_nats; posterior_std_min, _mean, _max: per axis, of mean + noise.
    """
    generator = torch.Generator().manual_seed(seed)
    device = network.place.device
    truth = torch.from_numpy(phrases.astype(np.int64)).to(device)
    mean, std = network.encode(truth)
    sample = mean + std * torch.randn(std.shape, generator=generator).to(device)
    forced = network.decode(shift(truth), network.exact(along(mean))).argmax(-1)
    spread = sample.std(0)
    played = play(network, network.exact(along(sample)), 1.0, generator)
    return {
        "teacher_forced": _share(forced == truth),
        "sampled": _share(played == truth),
        "note_f1": _note_f1(played, truth),
        "argmax": _share(play(network, network.exact(along(mean)), 0.0, generator) == truth),
        "swap_agreement": _swap(network, truth, mean, generator),
        "kl_nats": float(0.5 * (mean**2 + std**2 - 1 - 2 * std.log()).sum(1).mean()),
        "posterior_std_min": float(spread.min()),
        "posterior_std_mean": float(spread.mean()),
        "posterior_std_max": float(spread.max()),
        "mean_norm_rms": float(mean.pow(2).sum(1).mean().sqrt()),
    }


@torch.no_grad()
def measure_costs(network: MelodyVAE, library: PhraseLibrary, batch: int = 128, seed: int = 0) -> dict[str, float]:
    """Nats a phrase of held-out melodies, teacher-forced, by what is told of them: see TOLD."""
    device = network.place.device
    costs = {}
    for name, telling in TOLD.items():
        torch.manual_seed(seed)
        with half_precision(device):
            drawn = draw_sequences(library, batch)
            parts = sequence_losses(network, drawn, 0.0, telling, encoder=False)
        costs[name] = float(parts["reconstruction"])
    return costs


@torch.inference_mode()
def play(network: MelodyNetwork, conditions: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Play B streams freely along conditions (B, T, C): tokens (B, T), drawn at `temperature` (0 = the likeliest)."""
    return torch.cat(
        [_play(network, part, temperature, generator) for part in torch.split(conditions, PLAYED_AT_ONCE)]
    )


def _play(network: MelodyNetwork, conditions: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    batch, length, _ = conditions.shape
    token = torch.full((batch,), START, device=conditions.device)
    memory = torch.full((batch,), network.history - 1, device=conditions.device)
    cache = network.empty_cache(batch, length)
    played = []
    for t in range(length):
        position = torch.full((batch,), t, device=conditions.device)
        logits, _, cache = network.step(token, position, conditions[:, t], cache, memory)
        token = _draw(logits, temperature, generator)
        played.append(token)
    return torch.stack(played, dim=1)


def along(latents: Tensor) -> Tensor:
    """Hold latents (B, Z) still for a phrase: (B, 32, Z)."""
    return latents[:, None].expand(-1, PHRASE_STEPS, -1)


def shift(tokens: Tensor) -> Tensor:
    """Tokens (B, T) to what came before each, START first."""
    return torch.cat((torch.full_like(tokens[:, :1], START), tokens[:, :-1]), dim=1)


def measure_posterior(
    network: MelodyVAE, phrases: NDArray[np.uint8], quantiles: NDArray[np.float64], batch: int = 512
) -> Posterior:
    """Mean, principal axes, spread and RMS norm of the posterior means of phrases (N, 32)."""
    with torch.inference_mode():
        tokens = torch.from_numpy(phrases.astype(np.int64)).to(network.place.device)
        means = torch.cat([network.encode(part)[0].cpu() for part in torch.split(tokens, batch)]).double().numpy()
    centre = means.mean(0)
    variances, axes = np.linalg.eigh(np.cov(means - centre, rowvar=False))
    return Posterior(
        mean=centre.astype(np.float32),
        axes=axes[:, ::-1].T.astype(np.float32),
        std=np.sqrt(np.maximum(variances[::-1], 0)).astype(np.float32),
        rms=float(np.sqrt((means**2).sum(1).mean())),
        quantiles=quantiles,
    )


def _draw(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    chances = (logits.float() / temperature).softmax(-1).cpu()
    return torch.multinomial(chances, 1, generator=generator)[:, 0].to(logits.device)


def _swap(network: MelodyVAE, truth: Tensor, mean: Tensor, generator: torch.Generator) -> float:
    """Two phrases of one latent, then a switch to the next phrase's at a random step of the third."""
    batch = len(truth)
    other = torch.roll(mean, 1, 0)
    wanted = torch.roll(truth, 1, 0)
    at = torch.randint(1, PHRASE_STEPS - 4, (batch, 1), generator=generator).to(truth.device)
    after = torch.arange(PHRASE_STEPS, device=truth.device)[None] >= at
    last = torch.where(after[..., None], along(other), along(mean))
    conditions = network.exact(torch.cat((along(mean), last), dim=1))
    played = play(network, conditions, 0.0, generator)[:, PHRASE_STEPS:]
    return float((played == wanted)[after].float().mean())


def _note_f1(played: Tensor, truth: Tensor) -> float:
    """Harmonic mean of precision and recall."""
    right = ((played == truth) & (truth >= FIRST_ON)).sum()
    return float(2 * right / ((played >= FIRST_ON).sum() + (truth >= FIRST_ON).sum()).clamp(min=1))


def _share(right: Tensor) -> float:
    return float(right.float().mean())
