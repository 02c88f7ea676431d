"""Phrases changed in one named way, and as little as can be otherwise: what a named direction is to do to a melody.

Told the latent of a phrase with one named axis moved, the decoder is to play the phrase so changed. Pitches move by
degrees of the melody's own diatonic scale, so that an edit stays in key.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.attributes import ATTRIBUTES, METRICAL_LACK
from score_bridge.music.tokens import FIRST_ON, HIGHEST_PITCH, HOLD, LOWEST_PITCH, PHRASE_STEPS

Tokens = NDArray[np.uint8]
Whole = NDArray[np.int64]

FEWEST_NOTES = 3
_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
_LACK = np.tile(METRICAL_LACK, PHRASE_STEPS // len(METRICAL_LACK))
_MOVES = np.array([-2, -1, 1, 2])
_LEAST = np.concatenate([[0.0], np.cumsum(np.sort(_LACK))])
_GREATEST = np.concatenate([[0.0], np.cumsum(np.sort(_LACK)[::-1])])


@dataclass(frozen=True)
class Tune:
    """The notes of a phrase: places 0..31, degrees of a scale, and semitones above the degree (0 in the scale)."""

    places: Whole
    degrees: Whole
    altered: Whole


def edit_attribute(phrase: Tokens, name: str, scale: int, rng: np.random.Generator) -> Tokens:
    """Change one of ATTRIBUTES by a random amount. `scale`: root of its scale; too few notes are left as they are."""
    tune = _tune(phrase, scale)
    if len(tune.places) < FEWEST_NOTES:
        return phrase
    change = dict(zip(ATTRIBUTES, (_density, _register, _range, _syncopation, _step_size), strict=True))[name]
    return _tokens(phrase, change(tune, rng), scale)


def scale_of(tokens: Tokens) -> int:
    """Root of the major scale that most notes of tokens, of any shape, lie in, 0..11."""
    classes = (tokens[tokens >= FIRST_ON].astype(np.int64) - FIRST_ON + LOWEST_PITCH) % 12
    return int(np.argmax([np.isin((classes - root) % 12, _MAJOR).sum() for root in range(12)]))


def _tune(phrase: Tokens, scale: int) -> Tune:
    places = np.flatnonzero(phrase >= FIRST_ON)
    above = phrase[places].astype(np.int64) - FIRST_ON + LOWEST_PITCH - scale
    index = np.searchsorted(_MAJOR, above % 12, side="right") - 1
    return Tune(places, above // 12 * 7 + index, above % 12 - _MAJOR[index])


def _tokens(phrase: Tokens, tune: Tune, scale: int) -> Tokens:
    pitches = tune.degrees // 7 * 12 + _MAJOR[tune.degrees % 7] + tune.altered + scale
    pitches = np.where(pitches > HIGHEST_PITCH, pitches - (pitches - HIGHEST_PITCH + 11) // 12 * 12, pitches)
    pitches = np.where(pitches < LOWEST_PITCH, pitches + (LOWEST_PITCH - pitches + 11) // 12 * 12, pitches)
    changed = np.where(phrase >= FIRST_ON, HOLD, phrase).astype(np.uint8)
    changed[tune.places] = (pitches - LOWEST_PITCH + FIRST_ON).astype(np.uint8)
    return changed


def _register(tune: Tune, rng: np.random.Generator) -> Tune:
    return replace(tune, degrees=tune.degrees + rng.integers(-12, 13))


def _range(tune: Tune, rng: np.random.Generator) -> Tune:
    """Folded back into a narrower band, or laid on a slope."""
    wanted, found = int(rng.integers(0, 20)), int(np.ptp(tune.degrees))
    if wanted > found:
        return replace(tune, degrees=tune.degrees + _slope(tune.degrees, wanted - found))
    return replace(tune, degrees=_fold(tune.degrees, int(np.median(tune.degrees)) - wanted // 2, wanted))


def _step_size(tune: Tune, rng: np.random.Generator) -> Tune:
    """Intervals larger or smaller within the same band."""
    factor = float(np.exp(rng.uniform(-1.2, 1.2)))
    middle, found = int(np.median(tune.degrees)), int(np.ptp(tune.degrees))
    scaled = middle + np.round(factor * (tune.degrees - middle)).astype(np.int64)
    if factor > 1:
        return replace(tune, degrees=_fold(scaled, int(tune.degrees.min()), found))
    return replace(tune, degrees=scaled + _slope(tune.degrees, (1 - factor) * found))


def _density(tune: Tune, rng: np.random.Generator) -> Tune:
    """Fewer notes, or more with neighbours and passing notes, with the syncopation kept as it is."""
    wanted, before = int(rng.integers(1, 29)), _measure_syncopation(_LACK[tune.places].sum(), len(tune.places))
    while len(tune.places) > wanted:
        left = _LACK[tune.places].sum() - _LACK[tune.places]
        strayed = np.abs(_measure_syncopation(left, len(tune.places) - 1) - before)
        strayed[[tune.degrees.argmin(), tune.degrees.argmax()]] += 2  # the lowest and highest go last
        drop = len(strayed) - 1 - strayed[::-1].argmin()
        tune = _take(tune, np.delete(np.arange(len(tune.places)), drop))
    while len(tune.places) < wanted:
        free = np.setdiff1d(np.arange(tune.places[0], PHRASE_STEPS), tune.places)
        if not len(free):
            break
        more = _LACK[tune.places].sum() + _LACK[free]
        tune = _with_note(tune, int(free[np.abs(_measure_syncopation(more, len(tune.places) + 1) - before).argmin()]))
    return tune


def _syncopation(tune: Tune, rng: np.random.Generator) -> Tune:
    """Notes moved one or two sixteenths, each time the one that changes most."""
    sign = 1 if rng.random() < 0.5 else -1
    for _ in range(int(rng.integers(1, 9))):
        goals = tune.places[:, None] + _MOVES
        moved = _LACK[goals % PHRASE_STEPS] - _LACK[tune.places][:, None]
        gains = np.where(_are_free(tune, goals), sign * moved, 0)
        best = int(gains.argmax())
        if gains.flat[best] <= 0:
            break
        places = tune.places.copy()
        places[best // len(_MOVES)] = goals.flat[best]
        tune = replace(tune, places=places)
    return tune


def _are_free(tune: Tune, goals: Whole) -> NDArray[np.bool_]:
    """Which of the goals (N, 4) of N notes can be reached without meeting another note or leaving the phrase."""
    taken = np.isin(np.arange(PHRASE_STEPS), tune.places)
    halfway = (tune.places[:, None] + goals) // 2
    inside = (goals >= 0) & (goals < PHRASE_STEPS)
    met = taken[goals % PHRASE_STEPS] | (taken[halfway % PHRASE_STEPS] & (np.abs(_MOVES) == 2))
    free: NDArray[np.bool_] = inside & ~met
    return free


def _with_note(tune: Tune, place: int) -> Tune:
    """Put in a note: halfway between its neighbours, or beside them where they are the same."""
    at = int(np.searchsorted(tune.places, place))
    before = int(tune.degrees[at - 1])
    after = int(tune.degrees[at]) if at < len(tune.degrees) else before
    degree = (before + after) // 2 if abs(after - before) > 1 else before + (1 if place // 2 % 2 else -1)
    return Tune(
        np.insert(tune.places, at, place), np.insert(tune.degrees, at, degree), np.insert(tune.altered, at, 0)
    )


def _take(tune: Tune, kept: Whole) -> Tune:
    return Tune(tune.places[kept], tune.degrees[kept], tune.altered[kept])


def _slope(degrees: Whole, height: float) -> Whole:
    """A straight line of this height in the direction the tune takes anyway."""
    up = 1 if degrees[-1] >= degrees[0] else -1
    line: Whole = np.round(np.linspace(-0.5, 0.5, len(degrees)) * height * up).astype(np.int64)
    return line


def _fold(degrees: Whole, low: int, width: int) -> Whole:
    """Mirrored into low..low + width."""
    if width == 0:
        return np.full_like(degrees, low)
    turned = (degrees - low) % (2 * width)
    return low + np.minimum(turned, 2 * width - turned)


def _measure_syncopation(lack: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """As the attribute has it, from the sum of the onsets' lack of weight."""
    share: NDArray[np.float64] = (lack - _LEAST[count]) / max(_GREATEST[count] - _LEAST[count], 1)
    return share
