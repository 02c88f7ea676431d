"""What every moment of a film would play if its picture stayed: the map and the decoder, apart from time.

Played in time, music answers at every sixteenth, so two bars of it are no more alike than the pictures of 32 single
instants: even an ideal answer keeps few neighbours. Held, a moment has one place and one phrase, and the geometry of
pictures can be compared with that of phrases.
"""

import math
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import EngineModels
from score_bridge.engine.pipeline import follow
from score_bridge.engine.state import PictureState
from score_bridge.evaluation.geometry_metrics import moves, neighbours_kept, rank_agreement, retrieval_auc
from score_bridge.evaluation.picture.baselines import DRAWS, UNSEEN, play_all
from score_bridge.evaluation.picture.film_context import FilmContext
from score_bridge.evaluation.picture.moments import Distances
from score_bridge.evaluation.picture.original_map import TEMPERATURE, latents_of, whiten
from score_bridge.geometry import distances
from score_bridge.mapping.latent_map import latent_of
from score_bridge.music.character import Scale
from score_bridge.music.heard import PARTS, heard_distances
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.scoring.film_score import STREAM
from score_bridge.scoring.generate import random_latent
from score_bridge.settings import Settings

Floats = NDArray[np.float32]
Figures = dict[str, float | None]

MOMENT_S, EVERY_S = 2.0, 1.0
PHRASES = 2  # the first has no past to go on from
HEARD = {"heard": PARTS, "heard_shape": ("pitch classes", "onsets", "contour", "off_beat")}
"""Parts of what is heard by which phrases are compared: all of them, and without density, register and range."""
KEPT = (
    "knn5", "knn5_chance", "knn5_z", "spearman", "spearman_z", "retrieval_auc", "knn5_content", "spearman_content",
    *(f"{figure}_{name}" for name in HEARD for figure in ("knn5", "spearman")),
)  # fmt: skip


@dataclass(frozen=True)
class StaticGeometry:
    """Places (N, Z) of moments and the phrases (N, 32) that these play."""

    latents: Floats
    phrases: NDArray[np.uint8]


def begins(watched: FilmContext) -> NDArray[np.float64]:
    """When moments of MOMENT_S begin, every EVERY_S seconds; one at least."""
    return np.arange(0.0, max(watched.seconds - MOMENT_S, 0.0) + 1e-9, EVERY_S)


def means(watched: FilmContext, values: NDArray[np.floating]) -> Floats:
    """Values (F, K) of the pictures with features to their means over each moment, (N, K)."""
    rows = []
    for begin in begins(watched):
        among = (watched.times >= begin) & (watched.times < begin + MOMENT_S)
        rows.append(values[among].mean(0) if among.any() else values[np.abs(watched.times - begin).argmin()])
    return np.array(rows, np.float32)


def hold(latents: Floats, settings: Settings, decoder: Decoder, picture: PictureState = UNSEEN) -> StaticGeometry:
    """Play each place (N, Z) for itself, without variation, until it has its own past."""
    calm = msgspec.structs.replace(settings.controls, variation=0.0)
    along = np.repeat(latents[:, None], PHRASES * PHRASE_STEPS, axis=1)
    tokens = play_all(along, [STREAM] * len(latents), calm, settings, decoder, picture)
    return StaticGeometry(latents, tokens[:, -PHRASE_STEPS:])


def measure_geometry(held: StaticGeometry, watched: FilmContext, scale: Scale) -> Figures:
    """What of the pictures' geometry is kept in the phrases, and (`_z`) in the places on the way.

    Phrases are compared token by token, and (`_heard`) by what a listener hears of them, on the `scale` of melodies.
    Pictures are compared as the music attends to them; `_content` compares by content alone. All None where the film
    is too short or stands still.
    """
    pictures = distances(means(watched, watched.attended))
    pairs = ~np.eye(len(pictures), dtype=bool)
    if not moves(pictures, pairs):
        return dict.fromkeys(KEPT)
    music = between_phrases(held.phrases)
    places, content = distances(held.latents), distances(means(watched, watched.content))
    knn5, knn5_z, by_content = (
        neighbours_kept(a, b, pairs) for a, b in ((pictures, music), (pictures, places), (content, music))
    )
    return {
        "knn5": knn5 and knn5[0],
        "knn5_chance": knn5 and knn5[1],
        "knn5_z": knn5_z and knn5_z[0],
        "spearman": rank_agreement(pictures, music, pairs),
        "spearman_z": rank_agreement(pictures, places, pairs),
        "retrieval_auc": retrieval_auc(pictures, music, pairs),
        "knn5_content": by_content and by_content[0],
        "spearman_content": rank_agreement(content, music, pairs),
        **_measure_heard(held.phrases, pictures, pairs, scale),
    }


def _measure_heard(
    phrases: NDArray[np.uint8], pictures: Distances, pairs: NDArray[np.bool_], scale: Scale
) -> Figures:
    """The figures of phrases (N, 32) as they are heard; pitch classes count from C, as they sound."""
    found: Figures = {}
    for name, parts in HEARD.items():
        music = heard_distances(phrases, np.zeros(len(phrases), np.int64), scale, parts)
        knn5 = neighbours_kept(pictures, music, pairs)
        found[f"knn5_{name}"] = knn5 and knn5[0]
        found[f"spearman_{name}"] = rank_agreement(pictures, music, pairs)
    return found


def hold_film(watched: FilmContext, models: EngineModels, settings: Settings) -> StaticGeometry:
    """Play each moment's mean picture, through the film's own map, all in the key and with the motif of its first
    scene.
    """
    known, target = watched.start.picture.calibration, models.decoder.target
    assert known is not None
    pictures = means(watched, watched.features)
    places = [latent_of(picture, known, target, settings.controls, math.inf) for picture in pictures]
    return hold(np.stack(places), settings, models.decoder, _first_scene(watched, settings))


def _first_scene(watched: FilmContext, settings: Settings) -> PictureState:
    """What is known of the film when its first whole picture was seen; no picture of its own."""
    picture = watched.start.picture
    for seen in watched.observations:
        picture = follow(picture, seen, settings.controls)
        if seen.complete:
            break
    return replace(watched.start.picture, scenes=picture.scenes)


def hold_others(
    own: StaticGeometry, watched: FilmContext, models: EngineModels, settings: Settings
) -> dict[str, list[StaticGeometry]]:
    """What each moment plays through the original's map, from random places, and from another moment's place."""
    decoder, size, seed = models.decoder, own.latents.shape[1], settings.seed
    by_original = latents_of(means(watched, whiten(watched.content, size)), size, seed)
    rng, count = np.random.default_rng(seed), len(own.latents)
    at_temperature = msgspec.structs.replace(
        settings, controls=msgspec.structs.replace(settings.controls, temperature=TEMPERATURE)
    )
    mixed = [rng.permutation(count) for _ in range(DRAWS)]
    unnamed = [by_original[:, rng.permutation(size)] for _ in range(DRAWS)]
    places = [
        np.stack([random_latent(decoder.target, seed, d * count + i) for i in range(count)]) for d in range(DRAWS)
    ]
    return {
        "original": [hold(by_original, at_temperature, decoder)],
        "original_unnamed": [hold(z, at_temperature, decoder) for z in unnamed],
        "random": [hold(z, settings, decoder) for z in places],
        "shuffled": [StaticGeometry(own.latents[order], own.phrases[order]) for order in mixed],
    }


def between_phrases(phrases: NDArray[np.uint8]) -> Distances:
    """Shares (N, N) of tokens that differ between phrases (N, 32)."""
    return np.asarray((phrases[:, None] != phrases[None]).mean(-1), np.float64)
