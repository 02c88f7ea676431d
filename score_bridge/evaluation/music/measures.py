"""Single numbers that say what music is like, most of them defined by others, and how phrases end.

Empty beats, pitch entropy, scale consistency and groove consistency are those of muspy (Dong et al., "MusPy: A
toolkit for symbolic music generation", ISMIR 2020), on a grid of sixteenths.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.statistics import in_key, note_statistics
from score_bridge.music.character import sounding_pitches
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT

Phrases = NDArray[np.uint8]
Measures = dict[str, float]

KEY_STEPS = 8 * STEPS_PER_BAR
LAGS = (2, 4, 8)


def measures(lines: Sequence[Phrases]) -> Measures:
    """Means over lines of tokens (T,), each of whole phrases.

    note_statistics of two-bar phrases, and: in_scale: of the notes of eight bars, in the best diatonic scale;
    phrase_ends: share of phrases whose last beat has no onset; alike_2, _4, _8: share of onsets that agree with those
    so many bars before; empty_beats: share of beats in which nothing sounds; pitch_entropy: bits, of a line;
    scale_consistency: share of a line's notes in the best major or minor scale; groove: 1 less the share of
    sixteenths whose onsets differ from the bar before.
    """
    phrases = phrases_of_lines(lines)
    scale_consistency = _mean([in_key(line[None]) for line in lines])
    windows = [line[at : at + KEY_STEPS] for line in lines for at in range(0, len(line) - KEY_STEPS + 1, KEY_STEPS)]
    return {
        **note_statistics(phrases),
        "in_scale": in_key(np.stack(windows)) if windows else scale_consistency,
        "phrase_ends": float((phrases[:, -STEPS_PER_BEAT:] < FIRST_ON).all(1).mean()),
        **{f"alike_{bars}": _mean([_alike(line, bars) for line in lines]) for bars in LAGS},
        "empty_beats": _mean([_empty_beats(line) for line in lines]),
        "pitch_entropy": _mean([_pitch_entropy(line) for line in lines]),
        "scale_consistency": scale_consistency,
        "groove": _mean([_groove(line) for line in lines]),
    }


def phrases_of_lines(lines: Sequence[Phrases]) -> Phrases:
    """The two-bar phrases (N, 32) of lines (T,), at least one line, each of whole phrases."""
    return np.concatenate([line.reshape(-1, PHRASE_STEPS) for line in lines])


def _alike(line: Phrases, bars: int) -> float | None:
    """Of the onsets of a line, the share with the same pitch so many bars before; None in a short line."""
    lag = bars * STEPS_PER_BAR
    later = line[lag:]
    onsets = later >= FIRST_ON
    return float((later == line[:-lag])[onsets].mean()) if onsets.any() else None


def _groove(line: Phrases) -> float | None:
    onsets = line >= FIRST_ON
    return float((onsets[STEPS_PER_BAR:] == onsets[:-STEPS_PER_BAR]).mean()) if len(line) > STEPS_PER_BAR else None


def _empty_beats(line: Phrases) -> float:
    sounds = sounding_pitches(line[None])[0] > 0
    return float((~sounds.reshape(-1, STEPS_PER_BEAT).any(1)).mean())


def _pitch_entropy(line: Phrases) -> float:
    counts = np.bincount(line[line >= FIRST_ON].astype(np.int64))
    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(shares * np.log2(shares)).sum())


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else 0.0
