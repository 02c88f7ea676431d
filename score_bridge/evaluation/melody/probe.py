"""A melody model as it is evaluated: latents, the phrases they stand for, and melodies to hold them against."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.corpus.file import Corpus
from score_bridge.evaluation.melody.ngram import NGram, event_bigram, mean_cost, token_trigram
from score_bridge.evaluation.melody.told import exactly
from score_bridge.models.melody.character_space import CharacterSpace
from score_bridge.models.melody.checkpoint import MelodyModel
from score_bridge.models.melody.melody_file import Posterior
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.training.melody.metrics import along, phrases_of, play

Phrases = NDArray[np.uint8]

MANY = 4096


@dataclass(frozen=True)
class Melodies:
    """Held-out phrases (N, 32), contiguous held-out lines (M, 128), and the costs by n-grams of the training pieces.

    many: more of the phrases, for what is quickly measured.
    """

    phrases: Phrases
    many: Phrases
    lines: Phrases
    trigram: NGram
    events: NGram

    @classmethod
    def of(cls, corpus: Corpus, limit: int, seed: int) -> "Melodies":
        """Take up to `limit` phrases and lines of the corpus's test pieces."""
        training, test = corpus.lines("train"), corpus.lines("test")
        long = [line[at : at + 128] for line in test for at in range(0, len(line) - 127, 128)]
        picks = np.random.default_rng(seed).permutation(len(long))[:limit]
        lines = np.stack([long[p] for p in picks]) if long else np.zeros((0, 128), np.uint8)
        phrases, many = phrases_of(test, limit, seed), phrases_of(test, MANY, seed)
        return cls(phrases, many, lines, token_trigram(training), event_bigram(training))

    def cost_ratio(self, phrases: Phrases) -> float:
        """Trigram cost of phrases (N, T) against the held-out ones."""
        return mean_cost(self.trigram, phrases) / mean_cost(self.trigram, self.phrases)

    def event_cost_ratio(self, phrases: Phrases) -> float:
        """Cost of the notes' intervals and lengths against the held-out ones."""
        cost = mean_cost(self.events, phrases, of_events=True)
        return cost / mean_cost(self.events, self.phrases, of_events=True)


@dataclass(frozen=True)
class Subject:
    """A network with N latents (N, Z) and the tokens (N, 32) each should play.

    With an encoder these are posterior means of held-out phrases and the phrases; without one, places drawn from
    N(0, I) and what the decoder itself plays there at temperature 0.
    """

    network: MelodyNetwork
    posterior: Posterior
    latents: Tensor
    wanted: Tensor
    character: CharacterSpace | None = None

    @classmethod
    def of(cls, model: MelodyModel, melodies: Melodies, seed: int) -> "Subject":
        """Place a model's phrases in its latent space."""
        network = model.network
        if isinstance(network, MelodyVAE):
            wanted = torch.from_numpy(melodies.phrases.astype(np.int64))
            with torch.inference_mode():
                latents = torch.cat([network.encode(part)[0] for part in torch.split(wanted, 256)])
            return cls(network, model.info.posterior, latents, wanted, model.info.character)
        latents = normal(len(melodies.phrases), network.latent_size, seed)
        return cls(network, model.info.posterior, latents, likeliest(network, along(latents)))


def normal(count: int, size: int, seed: int) -> Tensor:
    """`count` places from N(0, I), (N, Z)."""
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def likeliest(network: MelodyNetwork, latents: Tensor) -> Tensor:
    """Tokens (B, T) along latents (B, T, Z), told as they are, at temperature 0."""
    return likeliest_told(network, exactly(network, latents))


def likeliest_told(network: MelodyNetwork, conditions: Tensor) -> Tensor:
    """Tokens (B, T) along conditions (B, T, C) at temperature 0."""
    return play(network, conditions, 0.0, torch.Generator())


def draw_tokens(network: MelodyNetwork, conditions: Tensor, seed: int) -> Phrases:
    """Tokens (B, T) along conditions (B, T, C) at temperature 1."""
    return play(network, conditions, 1.0, torch.Generator().manual_seed(seed)).numpy().astype(np.uint8)
