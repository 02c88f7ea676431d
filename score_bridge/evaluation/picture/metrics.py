"""Figures of one rendition of a film: how it follows the pictures, where it lies among melodies, what it is like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.geometry_metrics import moves, neighbours_kept, rank_agreement, retrieval_auc
from score_bridge.evaluation.melody.probe import Melodies
from score_bridge.evaluation.picture.moments import Rendition, apart, between_music, between_places, moments
from score_bridge.evaluation.statistics import note_statistics, variety
from score_bridge.music.character import Scale, keys_by_sound

Figures = dict[str, Any]
Floats = NDArray[np.float32]

SETTLED_S = 3.0
FOLLOWING = ("knn5", "knn5_chance", "spearman", "retrieval_auc")
OF_PICTURES_ONLY = ("cut_onset_share", "still_changed")


@dataclass(frozen=True)
class Yardstick:
    """What a rendition is held against: held-out melodies, the RMS norm of their posterior means, and the scale on
    which differences between melodies are heard.
    """

    melodies: Melodies
    rms: float
    scale: Scale

    @classmethod
    def of(cls, melodies: Melodies, rms: float) -> "Yardstick":
        """Measure the scale on as many of the held-out phrases as there are."""
        return cls(melodies, rms, Scale.of(melodies.many, keys_by_sound(melodies.many)))


def figures_of(rendition: Rendition, features: Floats, step_seconds: float, yardstick: Yardstick) -> Figures:
    """All figures of one rendition with the pictures' features (T, D) at its sixteenths."""
    return {
        "played": following(rendition, features),
        **measure_norms(rendition, step_seconds, yardstick.rms),
        **musical(rendition, yardstick.melodies),
    }


def following(rendition: Rendition, features: Floats) -> Figures:
    """Geometry from pictures to the music as it was played in time; see `faithful`, and `held` for its limits.

    All None where the film is too short or stands still.
    """
    begins = moments(len(rendition.tokens))
    pairs = apart(begins)
    pictures = between_places(features, begins)
    if not moves(pictures, pairs):
        return dict.fromkeys(FOLLOWING)
    music = between_music(rendition.tokens, begins)
    knn5 = neighbours_kept(pictures, music, pairs)
    return {
        "knn5": knn5 and knn5[0],
        "knn5_chance": knn5 and knn5[1],
        "spearman": rank_agreement(pictures, music, pairs),
        "retrieval_auc": retrieval_auc(pictures, music, pairs),
    }


def measure_norms(rendition: Rendition, step_seconds: float, rms: float) -> Figures:
    """Where the latents lie after the first SETTLED_S, in RMS norms of melodies: their RMS, least and greatest."""
    norms = np.linalg.norm(rendition.latents[round(SETTLED_S / step_seconds) :].astype(np.float64), axis=1) / rms
    if not len(norms):
        return {"z_rms_ratio": None, "z_norm_range": None}
    return {
        "z_rms_ratio": float(np.sqrt((norms**2).mean())),
        "z_norm_range": [float(norms.min()), float(norms.max())],
    }


def musical(rendition: Rendition, melodies: Melodies) -> Figures:
    """N-gram costs, variety and note statistics of the whole phrases, against held-out melodies; None without any.

    variety_ratio is None of a single phrase, event_cost_ratio of phrases that have fewer than two notes each.
    """
    phrases = rendition.phrases
    if not len(phrases):
        return dict.fromkeys(("cost_ratio", "event_cost_ratio", "variety_ratio", "note_statistics"))
    theirs = variety(melodies.phrases)
    return {
        "cost_ratio": _number(melodies.cost_ratio(phrases)),
        "event_cost_ratio": _number(melodies.event_cost_ratio(phrases)),
        "variety_ratio": variety(phrases) / theirs if len(phrases) > 1 and theirs else None,
        "note_statistics": {"film": note_statistics(phrases), "melodies": note_statistics(melodies.phrases)},
    }


def mean_of(found: Sequence[Figures]) -> Figures:
    """The mean of several draws' figures, key by key; None where any draw has none."""
    return {key: _mean([figures[key] for figures in found]) for key in found[0]} if found else {}


def _mean(values: list[Any]) -> Any:
    if any(value is None for value in values):
        return None
    if isinstance(values[0], Mapping):
        return mean_of(values)
    mean = np.mean(values, axis=0)
    return mean.tolist()


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
