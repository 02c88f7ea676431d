"""Ways of playing a film: as the program scores it, and those it is held against."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import EngineModels
from score_bridge.engine.pipeline import StepTime, play
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.evaluation.picture.film_context import FilmContext
from score_bridge.evaluation.picture.moments import Rendition
from score_bridge.evaluation.picture.original_map import TEMPERATURE, original_latents
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.scoring.film_score import STREAM, play_steps
from score_bridge.scoring.generate import random_latent
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]
States = dict[int, StreamState]

DRAWS = 4
UNSEEN = PictureState()
BASELINES = ("original", "original_unnamed", "random", "shuffled")


def play_film(
    watched: FilmContext, models: EngineModels, settings: Settings, keep: frozenset[int] = frozenset()
) -> tuple[Rendition, States]:
    """Play the film as `score-bridge score` does, and keep the stream as it was before the sixteenths `keep`."""
    start = watched.foreseeing
    states, tokens, latents = {0: start}, [], []
    for n, (decided, after) in enumerate(
        play_steps(start, watched.observations, range(watched.steps), models, settings)
    ):
        tokens.append(decided.token)
        latents.append(decided.place)
        if n + 1 in keep:
            states[n + 1] = after
    size = len(models.decoder.target.mean)
    return Rendition(np.array(tokens, np.uint8), np.array(latents, np.float32).reshape(-1, size)), states


def original(watched: FilmContext, decoder: Decoder, settings: Settings) -> Rendition:
    """Play the film through the original's map: every phrase decoded from nothing, with draws of its own."""
    latents = original_latents(watched, len(decoder.target.mean), settings.seed)
    return _by_phrases(latents, watched, decoder, settings)


def original_unnamed(watched: FilmContext, decoder: Decoder, settings: Settings) -> list[Rendition]:
    """DRAWS times the original's map with the latent's axes in a random order.

    The map sends the picture's largest axis to the latent's first coordinate, and so on. The original's decoder knew
    no order of its coordinates; a model whose first ones are density and register plays those by luck of numbering.
    """
    latents = original_latents(watched, len(decoder.target.mean), settings.seed)
    rng = np.random.default_rng(settings.seed)
    orders = [rng.permutation(latents.shape[1]) for _ in range(DRAWS)]
    return [_by_phrases(latents[:, order], watched, decoder, settings) for order in orders]


def random(watched: FilmContext, decoder: Decoder, settings: Settings) -> list[Rendition]:
    """DRAWS times a new random place for every phrase, from where melodies lie, with the film's own controls."""
    count = watched.phrases
    places = np.stack([random_latent(decoder.target, settings.seed, p) for p in range(DRAWS * count)])
    along = np.split(np.repeat(places, PHRASE_STEPS, axis=0), DRAWS)
    return _renditions([z[: watched.steps] for z in along], settings, decoder)


def shuffle_phrases(own: Rendition, decoder: Decoder, settings: Settings) -> list[Rendition]:
    """DRAWS times the film's own latents with its phrases in an order in which none stays where it was.

    A last phrase that the film breaks off is filled with its last latent.
    """
    steps = len(own.latents)
    count = math.ceil(steps / PHRASE_STEPS)
    rng = np.random.default_rng(settings.seed)
    within = np.arange(PHRASE_STEPS)
    orders = [_elsewhere(count, rng) for _ in range(DRAWS)]
    places = [np.minimum((order[:, None] * PHRASE_STEPS + within).ravel(), steps - 1)[:steps] for order in orders]
    return _renditions([own.latents[place] for place in places], settings, decoder)


def play_all(
    places: Floats,
    streams: Sequence[str],
    controls: Controls,
    settings: Settings,
    decoder: Decoder,
    picture: PictureState = UNSEEN,
) -> NDArray[np.uint8]:
    """Play streams along places (B, T, P), each from nothing but what is known of the `picture`: tokens (B, T)."""
    seconds = step_length(settings.tempo)
    states = [StreamState(name, settings.seed, picture) for name in streams]
    tokens = np.zeros(places.shape[:2], np.uint8)
    for n in range(places.shape[1] if states else 0):
        when = StepTime(n, n * seconds, seconds)
        played = play(states, list(places[:, n]), [controls] * len(states), when, decoder)
        states = [state for _, state in played]
        tokens[:, n] = [decided.token for [decided], _ in played]
    return tokens


def _by_phrases(latents: Floats, watched: FilmContext, decoder: Decoder, settings: Settings) -> Rendition:
    """Play one latent a phrase, (P, Z), each phrase from nothing; the film breaks off the last."""
    controls = Controls(temperature=TEMPERATURE, variation=1.0)
    names = [f"phrase {p}" for p in range(len(latents))]
    along = np.repeat(latents[:, None], PHRASE_STEPS, axis=1)
    tokens = play_all(along, names, controls, settings, decoder)
    return Rendition(tokens.ravel()[: watched.steps], along.reshape(-1, latents.shape[1])[: watched.steps])


def _renditions(along: Sequence[Floats], settings: Settings, decoder: Decoder) -> list[Rendition]:
    tokens = play_all(np.stack(along), [STREAM] * len(along), settings.controls, settings, decoder)
    return [Rendition(t, z) for t, z in zip(tokens, along, strict=True)]


def _elsewhere(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """An order of `count` things in which none keeps its place; one alone cannot but keep it."""
    order = rng.permutation(count)
    while count > 1 and (order == np.arange(count)).any():
        order = rng.permutation(count)
    return order
