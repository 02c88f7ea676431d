"""What a phrase is like: the numbers from which the melody model is told what to play.

Everything here is what a listener hears of a phrase and a person can name, most of it independent of the key: pitch
classes count from the tonic of the key the phrase stands in. Raw values become standard scores by their rank in a
corpus, so that every descriptor runs from about -2.7 to 2.7 and 0 is the middle of all melodies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.attributes import ATTRIBUTES, attributes
from score_bridge.music.keys import fits
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT

Phrases = NDArray[np.uint8]
Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

LEAP = 5
"""Semitones: intervals beyond this count as leaps."""
PLAIN = (
    *ATTRIBUTES, "off_beat", "eighths", "repeated", "leaps", "rests", "unevenness", "slope", "arch", "growth",
    "rising", "opening", "closing",
)  # fmt: skip
"""Descriptors that need no key, in order; the first five are ATTRIBUTES."""
TONAL = ("fifths_x", "fifths_y", "chromatic")
"""Descriptors of the pitch classes as seen from the tonic."""
PROFILES = {"onsets": 6, "contour": 4, "classes": 5}
"""Vectors of a phrase that are described by so many of their principal components."""


def _components(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{k}" for k in range(1, PROFILES[name] + 1))


KEYLESS = (*PLAIN, *_components("onsets"), *_components("contour"))
IN_KEY = (*TONAL, *_components("classes"))
"""Descriptors that mean nothing without a key."""
DESCRIPTORS = (*KEYLESS, *IN_KEY)
"""All of them, K, in the order in which they are told."""
KEYS = 24
SCALES = np.array([[1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], [1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1]], dtype=bool)
"""Pitch classes from the tonic that belong to major, and to minor in any of its forms, (2, 12)."""
_FIFTHS = np.exp(2j * np.pi * 7 * np.arange(12) / 12)
_RANKS = 1025


@dataclass(frozen=True, eq=False)
class Scale:
    """How raw values become scores: quantiles (1025, K) in a corpus, and the profiles' mean and principal axes.

    means: by profile, (D,); axes: by profile, (D, count).
    """

    quantiles: NDArray[np.float32]
    means: dict[str, NDArray[np.float32]]
    axes: dict[str, NDArray[np.float32]]

    @classmethod
    def of(cls, phrases: Phrases, keys: Whole) -> "Scale":
        """Measure it on phrases (N, 32) that stand in these keys (N,), 0..11 major and 12..23 minor."""
        profiles = profiles_of(phrases, keys)
        means = {name: values.mean(0).astype(np.float32) for name, values in profiles.items()}
        axes = {name: _principal_axes(profiles[name], count) for name, count in PROFILES.items()}
        unranked = cls(np.zeros((_RANKS, len(DESCRIPTORS)), np.float32), means, axes)
        raw = np.concatenate([unranked.raw_keyless(phrases), unranked.raw_in_key(phrases, keys)], axis=1)
        quantiles = np.quantile(raw, np.linspace(0, 1, _RANKS), axis=0).astype(np.float32)
        return cls(quantiles, means, axes)

    def scores(self, phrases: Phrases, keys: Whole) -> NDArray[np.float32]:
        """Describe phrases (N, 32) in keys (N,) by standard scores (N, K), in the order of DESCRIPTORS."""
        return np.concatenate([self.keyless(phrases), self.in_key(phrases, keys)], axis=1)

    def keyless(self, phrases: Phrases) -> NDArray[np.float32]:
        """The scores of KEYLESS alone, (N, len(KEYLESS))."""
        return standard_scores(self.raw_keyless(phrases), self.quantiles[:, : len(KEYLESS)])

    def in_key(self, phrases: Phrases, keys: Whole) -> NDArray[np.float32]:
        """The scores of IN_KEY alone, (N, len(IN_KEY))."""
        return standard_scores(self.raw_in_key(phrases, keys), self.quantiles[:, len(KEYLESS) :])

    def raw_keyless(self, phrases: Phrases) -> Reals:
        """Raw values of KEYLESS, (N, len(KEYLESS))."""
        profiles = {"onsets": onset_counts(phrases), "contour": contours(phrases)}
        return np.concatenate([_plain(phrases), *(self._project(n, v) for n, v in profiles.items())], axis=1)

    def raw_in_key(self, phrases: Phrases, keys: Whole) -> Reals:
        """Raw values of IN_KEY, (N, len(IN_KEY))."""
        classes = class_shares(phrases, keys)
        return np.concatenate([_tonal(classes, keys), self._project("classes", classes)], axis=1)

    def _project(self, name: str, values: Reals) -> Reals:
        projected: Reals = (values - self.means[name]) @ self.axes[name]
        return projected


def standard_scores(raw: Reals, quantiles: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raw values (N, A) to the standard normal score of their rank in `quantiles` (1025, A); ties get their middle.

    Between -2.65 and 2.65, the ranks .004 and .996.
    """
    scores = np.empty(raw.shape, np.float32)
    for a, column in enumerate(quantiles.T):
        values = raw[:, a].astype(np.float32)
        left, right = (np.searchsorted(column, values, side) for side in ("left", "right"))
        scores[:, a] = _SCORE_OF_RANK[left + right]
    return scores


def sounding_pitches(phrases: Phrases) -> Whole:
    """MIDI pitch that sounds at every step of phrases (N, T), 0 where none does (nor what began before them)."""
    at = np.maximum.accumulate(np.where(phrases != HOLD, np.arange(phrases.shape[1]), 0), axis=1)
    last = np.take_along_axis(phrases, at, axis=1).astype(np.int64)
    return np.where(last >= FIRST_ON, last - FIRST_ON + LOWEST_PITCH, 0)


def class_durations(phrases: Phrases) -> Reals:
    """Steps for which each pitch class sounds in phrases (N, T), (N, 12) from C."""
    pitches = sounding_pitches(phrases)
    classes = np.where(pitches > 0, pitches % 12, 12)
    return np.stack([(classes == c).sum(1) for c in range(12)], axis=1).astype(np.float64)


def keys_of(durations: Reals) -> Whole:
    """The key (N,) that each row of pitch class durations (N, 12) fits best: 0..11 major, 12..23 minor."""
    return np.array([int(fits(row).argmax()) for row in durations], dtype=np.int64)


def keys_by_sound(phrases: Phrases) -> Whole:
    """The key (N,) that what sounds in each of phrases (N, T) fits best."""
    return keys_of(class_durations(phrases))


def last_degrees(phrases: Phrases, keys: Whole) -> Whole:
    """Pitch class of each phrase's last note as seen from the tonic, (N,) 0..11; -1 where there is none."""
    onset = phrases >= FIRST_ON
    last = phrases.shape[1] - 1 - onset[:, ::-1].argmax(1)
    pitch = phrases[np.arange(len(phrases)), last].astype(np.int64) - FIRST_ON + LOWEST_PITCH
    return np.where(onset.any(1), (pitch - keys) % 12, -1)


def profiles_of(phrases: Phrases, keys: Whole) -> dict[str, Reals]:
    """The vectors of each phrase that PROFILES names."""
    return {"onsets": onset_counts(phrases), "contour": contours(phrases), "classes": class_shares(phrases, keys)}


def onset_counts(phrases: Phrases) -> Reals:
    """How many notes begin at each sixteenth of the bar, (N, 16)."""
    counts: Reals = (phrases >= FIRST_ON).reshape(len(phrases), -1, STEPS_PER_BAR).sum(1).astype(np.float64)
    return counts


def class_shares(phrases: Phrases, keys: Whole) -> Reals:
    """Share of the sounding time of each pitch class from the tonic, (N, 12)."""
    durations = class_durations(phrases)
    turned = np.take_along_axis(durations, (np.arange(12) + keys[:, None]) % 12, axis=1)
    shares: Reals = turned / np.maximum(durations.sum(1, keepdims=True), 1)
    return shares


def contours(phrases: Phrases) -> Reals:
    """Mean pitch of each quarter about the phrase's mean, (N, 8) in semitones; 0 in quarters that rest."""
    pitches = sounding_pitches(phrases)
    parts = pitches.reshape(len(pitches), -1, STEPS_PER_BEAT)
    some = (parts > 0).sum(2)
    mean = pitches.sum(1) / np.maximum((pitches > 0).sum(1), 1)
    heights: Reals = np.where(some > 0, parts.sum(2) / np.maximum(some, 1) - mean[:, None], 0.0)
    return heights


def _plain(phrases: Phrases) -> Reals:
    """Descriptors that need no key, (N, len(PLAIN))."""
    onset = phrases >= FIRST_ON
    count, places = onset.sum(1), np.arange(phrases.shape[1])
    some = np.maximum(count, 1)
    pitch = np.where(onset, phrases.astype(np.float64) - FIRST_ON + LOWEST_PITCH, 0.0)
    interval, gap, later = _intervals(onset, pitch)
    several = np.maximum(later.sum(1), 1)
    silent = (sounding_pitches(phrases) == 0).mean(1)
    mean_gap = (gap * later).sum(1) / several
    spread = np.sqrt((np.where(later, gap - mean_gap[:, None], 0.0) ** 2).sum(1) / several)
    beat_place = places % STEPS_PER_BEAT
    first = np.where(count > 0, onset.argmax(1), phrases.shape[1])
    last = np.where(count > 0, onset[:, ::-1].argmax(1) + 1, 0)
    half = phrases.shape[1] // 2
    slope, arch = _shape(onset, pitch, count)
    columns = [
        (onset & (places % 2 == 1)).sum(1) / some,
        (onset & (beat_place == STEPS_PER_BEAT // 2)).sum(1) / some,
        (later & (interval == 0)).sum(1) / several,
        (later & (np.abs(interval) > LEAP)).sum(1) / several,
        silent,
        spread / np.maximum(mean_gap, 1),
        slope,
        arch,
        onset[:, half:].sum(1) - onset[:, :half].sum(1),
        np.where(later.any(1), (later & (interval > 0)).sum(1) / several, 0.5),
        first,
        last,
    ]
    return np.concatenate([attributes(phrases), np.stack(columns, axis=1)], axis=1)


def _intervals(onset: NDArray[np.bool_], pitch: Reals) -> tuple[Reals, Reals, NDArray[np.bool_]]:
    """Of every onset: semitones and steps since the one before, and whether there was one, (N, T) each."""
    places = np.where(onset, np.arange(onset.shape[1]), -1)
    latest = np.maximum.accumulate(places, axis=1)
    before = np.concatenate([np.full((len(onset), 1), -1), latest[:, :-1]], axis=1)
    later = onset & (before >= 0)
    previous = np.take_along_axis(pitch, np.maximum(before, 0), axis=1)
    return np.where(later, pitch - previous, 0.0), np.where(later, np.arange(onset.shape[1]) - before, 0.0), later


def _shape(onset: NDArray[np.bool_], pitch: Reals, count: Whole) -> tuple[Reals, Reals]:
    """Semitones a bar that the pitches climb over the phrase, and how much they arch (N,)."""
    time = (np.arange(onset.shape[1]) - (PHRASE_STEPS - 1) / 2) / STEPS_PER_BAR
    about = np.where(onset, pitch - (pitch.sum(1) / np.maximum(count, 1))[:, None], 0.0)
    bend = time**2 - np.mean(time**2)
    slope = (about * time).sum(1) / np.maximum((onset * time**2).sum(1), 0.5)
    arch = (about * bend).sum(1) / np.maximum((onset * bend**2).sum(1), 0.3)
    return np.where(count > 1, slope, 0.0), np.where(count > 2, arch, 0.0)


def _tonal(classes: Reals, keys: Whole) -> Reals:
    """Where pitch class shares (N, 12) from the tonic lie on the circle of fifths, and the share off the scale."""
    place = classes @ _FIFTHS
    outside = (classes * ~SCALES[keys // 12]).sum(1)
    return np.stack([place.real, place.imag, outside], axis=1)


def _principal_axes(values: Reals, count: int) -> NDArray[np.float32]:
    """The leading principal axes (D, count) of vectors (N, D)."""
    _, axes = np.linalg.eigh(np.cov(values, rowvar=False))
    return axes[:, ::-1][:, :count].astype(np.float32)


def _scores_of_ranks(lowest: float = 0.004) -> NDArray[np.float32]:
    """Standard score of the rank r / (2 * 1025), by r = 0..2050."""
    ranks: Sequence[float] = np.clip(np.arange(2 * _RANKS + 1) / (2 * _RANKS), lowest, 1 - lowest).tolist()
    return np.array([NormalDist().inv_cdf(rank) for rank in ranks], np.float32)


_SCORE_OF_RANK = _scores_of_ranks()
