"""The chords that several voices make together, half bar by half bar."""

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.chords import COUNT, HALF_BAR, NO_CHORD, chord_of

OUTSIDE, ROOT_IN_BASS, ABSENT, STAYS = 1.0, 0.4, 0.12, 0.12
"""In shares of what sounds in a half bar: what a tone outside the chord costs, what its root in the bass is worth,
what each of its tones costs that is not there, and what a chord that goes on is worth."""


def label_chords(pitches: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the likeliest chords (H,) of voices, numbers of `music.chords`, NO_CHORD where nothing sounds.

    pitches: (V, 8 H) MIDI pitches that sound at each step, the lowest voice last, below 0 for none. The path is
    Viterbi's over templates of all chords.
    """
    heard = _durations(pitches)
    lowest = _durations(pitches[-1:])
    tones = np.array([[t in chord_of(i).tones for t in range(12)] for i in range(COUNT)], np.float64)
    roots = np.array([chord_of(i).root for i in range(COUNT)])
    total = heard.sum(1, keepdims=True)
    share = heard / np.maximum(total, 1)
    bass = lowest / np.maximum(lowest.sum(1, keepdims=True), 1)
    absent = (share < 1e-9) @ tones.T.astype(np.float64)
    scores = share @ tones.T - OUTSIDE * (share @ (1 - tones).T) + ROOT_IN_BASS * bass[:, roots] - ABSENT * absent
    found = _likeliest(scores)
    found[total[:, 0] == 0] = NO_CHORD
    return found


def _durations(pitches: NDArray[np.int64]) -> NDArray[np.float64]:
    """Steps that each pitch class sounds in each half bar, (H, 12)."""
    halves = pitches.shape[1] // HALF_BAR
    found = np.zeros((halves, 12))
    for line in pitches[:, : halves * HALF_BAR]:
        for half, inside in enumerate(line.reshape(halves, HALF_BAR)):
            found[half] += np.bincount(inside[inside >= 0] % 12, minlength=12)
    return found


def _likeliest(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    best, came = scores[0], np.zeros(scores.shape, np.int64)
    for half in range(1, len(scores)):
        other = int(best.argmax())
        stays = best + STAYS >= best[other]
        came[half] = np.where(stays, np.arange(COUNT), other)
        best = scores[half] + np.where(stays, best + STAYS, best[other])
    path = np.zeros(len(scores), np.int64)
    path[-1] = int(best.argmax())
    for half in range(len(scores) - 1, 0, -1):
        path[half - 1] = came[half, path[half]]
    return path
