"""Whether it is music wherever one lands: at random places, between melodies, and at the seams of phrases."""

import numpy as np
import torch
from torch import Tensor

from score_bridge.evaluation.melody.ngram import NGram
from score_bridge.evaluation.melody.probe import Melodies, Phrases, Subject, draw_tokens, likeliest_told, normal
from score_bridge.evaluation.melody.told import exactly, on_the_way
from score_bridge.evaluation.statistics import Statistics, in_key, note_statistics
from score_bridge.models.melody.condition import tell_character
from score_bridge.models.melody.melody_file import Posterior
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.melody.metrics import along

POINTS = 11
_PAIRS = 64
_SEAM_STEPS = 4
_MOVING_PHRASES = 4


def prior(subject: Subject, melodies: Melodies, seed: int) -> dict[str, object]:
    """Phrases from N(0, I) and from a Gaussian fitted to the posterior means, drawn at temperature 1.

    Of a model that is told a character: told nothing, and told a character from a Gaussian like that of melodies.
    """
    prior_places, fitted_places = _random_places(subject, len(melodies.phrases), seed)
    free = draw_tokens(subject.network, along(prior_places), seed)
    fitted = draw_tokens(subject.network, along(fitted_places), seed)
    likely = likeliest_told(subject.network, along(prior_places)).numpy().astype(np.uint8)
    return {
        "prior_cost_ratio": melodies.cost_ratio(free),
        "fitted_prior_cost_ratio": melodies.cost_ratio(fitted),
        "prior_likeliest_cost_ratio": melodies.cost_ratio(likely),
        "prior_event_cost_ratio": melodies.event_cost_ratio(free),
        "fitted_prior_event_cost_ratio": melodies.event_cost_ratio(fitted),
        "random_notes_cost_ratio": melodies.cost_ratio(_shuffle(melodies.phrases, seed)),
        "random_notes_event_cost_ratio": melodies.event_cost_ratio(_shuffle(melodies.phrases, seed)),
        "prior_statistics": _statistics(free, fitted, melodies),
    }


def _random_places(subject: Subject, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Conditions (N, C): from the prior, and from where melodies lie."""
    network, space = subject.network, subject.character
    if space is None or not isinstance(network, MelodyVAE):
        places = normal(count, network.latent_size, seed)
        return places, _draw_fitted(subject.posterior, places)
    scores, keys = map(torch.from_numpy, space.draw(count, seed))
    size, descriptors = network.config.latent, network.config.descriptors
    nothing = tell_character(size, None, descriptors, torch.full_like(keys, -1))
    return nothing.pack(), tell_character(size, scores, descriptors, keys).pack()


def measure_slerp(subject: Subject, melodies: Melodies) -> dict[str, object]:
    """On the sphere between pairs of places, in 11 points, at temperature 0.

    slerp_curve: share of tokens unlike the first end's; slerp_max_deviation: its greatest distance from a straight
    line, both as shares of the last point's; slerp_cost_ratio: of the worst point, against held-out melodies.
    """
    a = subject.latents[:_PAIRS]
    b = subject.latents.roll(1, 0)[:_PAIRS]
    shares = torch.linspace(0, 1, POINTS)
    network = subject.network
    ways = [on_the_way(network, a, b, float(s)) for s in shares]
    played = [likeliest_told(network, along(way)) for way in ways]
    curve = torch.stack([(p != played[0]).float().mean() for p in played])
    costs = [melodies.cost_ratio(p.numpy().astype(np.uint8)) for p in played]
    return {
        "slerp_curve": [round(float(c), 4) for c in curve],
        "slerp_max_deviation": float((curve / curve[-1].clamp(min=1e-9) - shares).abs().max()),
        "slerp_cost_ratio": max(costs),
        "slerp_ends_cost_ratio": (costs[0] + costs[-1]) / 2,
    }


def seams(subject: Subject, melodies: Melodies, seed: int) -> dict[str, float]:
    """Move slowly between places for eight bars, at temperature 1; compare phrases' seams with their middles.

    seam_cost_ratio: trigram cost after a phrase's bar line against that after the bar line inside phrases;
    in_key: share of the notes in the best diatonic scale. Each with the held-out melodies' own, and in_key also of
    eight bars put together from four places.
    """
    a, b = subject.latents, subject.latents.roll(1, 0)
    shares = torch.linspace(0, 1, _MOVING_PHRASES * PHRASE_STEPS)
    moving = torch.stack([on_the_way(subject.network, a, b, float(s)) for s in shares], dim=1)
    lines = draw_tokens(subject.network, moving, seed)
    parts = [subject.latents.roll(k, 0) for k in range(_MOVING_PHRASES)]
    jumping = np.concatenate(
        [draw_tokens(subject.network, exactly(subject.network, along(p)), seed) for p in parts], axis=1
    )
    return {
        "seam_cost_ratio": _seam_ratio(lines, melodies.trigram),
        "seam_cost_ratio_melodies": _seam_ratio(melodies.lines, melodies.trigram),
        "in_key": in_key(lines),
        "in_key_melodies": in_key(melodies.lines),
        "in_key_chance": in_key(jumping),
    }


def _draw_fitted(posterior: Posterior, places: Tensor) -> Tensor:
    spread = torch.from_numpy(posterior.std[:, None] * posterior.axes)
    return torch.from_numpy(posterior.mean) + places @ spread


def _statistics(free: Phrases, fitted: Phrases, melodies: Melodies) -> dict[str, Statistics]:
    phrases = {"prior": free, "fitted": fitted, "melodies": melodies.phrases}
    return {name: note_statistics(p) for name, p in phrases.items()}


def _shuffle(phrases: Phrases, seed: int) -> Phrases:
    """The held-out tokens in no order: what chance costs."""
    return np.random.default_rng(seed).permuted(phrases, axis=1)


def _seam_ratio(lines: Phrases, trigram: NGram) -> float:
    costs = np.stack([trigram.cost(line.astype(np.int64)) for line in lines])
    bars = costs.reshape(len(lines), -1, PHRASE_STEPS // 2)[:, :, :_SEAM_STEPS].mean((0, 2))
    return float(bars[2::2].mean() / bars[1::2].mean())
