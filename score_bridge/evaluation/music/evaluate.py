"""Music against held-out melodies: each figure beside what parts of the melodies are to the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.melody.probe import Melodies
from score_bridge.evaluation.music.histograms import NAMES, Histogram, divergence, histograms, overlap
from score_bridge.evaluation.music.measures import measures, phrases_of_lines
from score_bridge.music.tokens import PHRASE_STEPS

Line = NDArray[np.uint8]
Figures = dict[str, Any]

DRAWS = 8
"""Draws of the floor."""


@dataclass(frozen=True)
class Corpus:
    """Held-out melodies in lines of eight bars (N, 128), the costs by which they are usual, and their histograms."""

    melodies: Melodies
    lines: Sequence[Line]
    counted: Mapping[str, Histogram]

    @classmethod
    def of(cls, melodies: Melodies) -> "Corpus":
        """Take the contiguous lines of the held-out pieces."""
        lines = list(melodies.lines)
        return cls(melodies, lines, histograms(lines))


def evaluate_music(music: Mapping[str, Sequence[Line]], corpus: Corpus, seed: int) -> Figures:
    """Measure each name's lines (T,): {melodies, music: {name: figures}}.

    A name's figures are its measures; event_cost_ratio, the cost of its intervals and lengths against held-out
    melodies; and for each histogram the overlap with that of the melodies, its floor (what as many phrases of
    melodies overlap with the others), the ratio of the two, and the divergence in nats.
    """
    floors: dict[int, dict[str, float]] = {}
    found: Figures = {}
    for name, given in music.items():
        lines = [whole for line in given if len(whole := line[: len(line) // PHRASE_STEPS * PHRASE_STEPS])]
        if not lines:
            found[name] = None
            continue
        size = len(phrases_of_lines(lines))
        floors[size] = floors.get(size) or _floor(corpus, size, seed)
        found[name] = {"phrases": size, **_figures(lines, corpus, floors[size])}
    return {"melodies": measures(corpus.lines), "music": found}


def _figures(lines: Sequence[Line], corpus: Corpus, floor: Mapping[str, float]) -> Figures:
    counted = histograms(lines)
    shared = {name: overlap(counted[name], corpus.counted[name]) for name in NAMES}
    cost = corpus.melodies.event_cost_ratio(phrases_of_lines(lines))
    return {
        **measures(lines),
        "event_cost_ratio": cost if np.isfinite(cost) else None,
        **{f"overlap_{name}": shared[name] for name in NAMES},
        **{f"floor_{name}": floor[name] for name in NAMES},
        **{f"of_floor_{name}": shared[name] / floor[name] for name in NAMES},
        **{f"divergence_{name}": divergence(counted[name], corpus.counted[name]) for name in NAMES},
    }


def _floor(corpus: Corpus, size: int, seed: int) -> dict[str, float]:
    """Overlaps of so many phrases of melodies, at most half of them, with the rest: means of DRAWS draws of lines."""
    rng = np.random.default_rng(seed)
    count = min(max(1, size * PHRASE_STEPS // len(corpus.lines[0])), len(corpus.lines) // 2)
    draws = []
    for _ in range(DRAWS):
        order = rng.permutation(len(corpus.lines))
        one, other = (histograms([corpus.lines[i] for i in part]) for part in (order[:count], order[count:]))
        draws.append([overlap(one[name], other[name]) for name in NAMES])
    return dict(zip(NAMES, np.mean(draws, axis=0).tolist(), strict=True))
