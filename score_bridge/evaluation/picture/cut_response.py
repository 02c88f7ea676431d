"""How soon the music answers a cut, against what it would have played had the picture stayed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.models import EngineModels
from score_bridge.evaluation.picture.baselines import States
from score_bridge.evaluation.picture.film_context import FilmContext
from score_bridge.music.tokens import HOLD, PHRASE_STEPS, STEPS_PER_BEAT
from score_bridge.scoring.film_score import play_steps
from score_bridge.settings import Settings

Tokens = NDArray[np.uint8]

MOST = 24
CLEAR_BEFORE, CLEAR_AFTER = STEPS_PER_BEAT, 2 * STEPS_PER_BEAT


@dataclass(frozen=True)
class Answer:
    """What followed a moment, in sixteenths from the first one due after it.

    could: the first at which either music does anything but hold, so that a difference could be heard; did: the first
    that differs. None where there is none within a phrase.
    """

    step: int
    could: int | None
    did: int | None


@dataclass(frozen=True)
class Response:
    """Answers at cuts and at moments elsewhere."""

    cuts: list[Answer]
    elsewhere: list[Answer]

    def figures(self) -> dict[str, float | None]:
        """How many cuts; the share answered as soon as could be, and the delay, at cuts and elsewhere."""
        return {
            "cuts": len(self.cuts),
            "cut_onset_share": onset_share(self.cuts),
            "elsewhere_onset_share": onset_share(self.elsewhere),
            "cut_delay_steps": delay(self.cuts),
            "elsewhere_delay_steps": delay(self.elsewhere),
        }


@dataclass(frozen=True)
class Instants:
    """Moments of the film, in seconds, whose answers are wanted: cuts, and others far from any cut."""

    cuts: tuple[float, ...]
    elsewhere: tuple[float, ...]

    @classmethod
    def of(cls, watched: FilmContext, seed: int) -> "Instants":
        """Up to MOST of either, spread over the film or drawn from it; elsewhere lies between sixteenths."""
        rng = np.random.default_rng(seed)
        inside = [c for c in watched.cuts if 0 < first_step(c, watched) < watched.steps]
        taken = {first_step(c, watched) for c in watched.cuts}
        free = [
            n
            for n in range(STEPS_PER_BEAT, watched.steps - CLEAR_AFTER)
            if not any(n - CLEAR_BEFORE <= c <= n + CLEAR_AFTER for c in taken)
        ]
        picks = sorted(rng.permutation(free)[:MOST].tolist()) if free else []
        spread = np.unique(np.linspace(0, len(inside) - 1, min(len(inside), MOST)).round().astype(int))
        elsewhere = tuple((n - 0.5) * watched.step_seconds for n in picks)
        return cls(tuple(inside[i] for i in spread), elsewhere)

    def states_wanted(self, watched: FilmContext) -> frozenset[int]:
        """Sixteenths before which the stream's state is needed: the last one due before every moment."""
        return frozenset(first_step(t, watched) for t in (*self.cuts, *self.elsewhere))


def first_step(time: float, watched: FilmContext) -> int:
    """The first sixteenth due at or after `time` seconds."""
    return math.ceil(time / watched.step_seconds - 1e-9)


def answers(
    times: tuple[float, ...],
    watched: FilmContext,
    played: tuple[Tokens, States],
    models: EngineModels,
    settings: Settings,
) -> list[Answer]:
    """Compare what was played, tokens (T,), after each moment with what is played if the picture stays as before it.

    From the state before the first sixteenth due after the moment the stream is walked on without any sight of the
    moment's own or later; draws are the same, so that only the picture makes a difference.
    """
    tokens, states = played
    found = []
    for time in times:
        n = first_step(time, watched)
        end = min(n + PHRASE_STEPS, watched.steps)
        before = [s for s in watched.observations if (n - 1) * watched.step_seconds < s.time < time]
        stayed = play_steps(states[n], before, range(n, end), models, settings)
        found.append(first_differences(n, tokens[n:end], np.array([d.token for d, _ in stayed], np.uint8)))
    return found


def first_differences(step: int, played: Tokens, stayed: Tokens) -> Answer:
    """Find where two musics (T,) first do anything, and where they first differ."""
    return Answer(step, _first((played != HOLD) | (stayed != HOLD)), _first(played != stayed))


def onset_share(found: list[Answer]) -> float | None:
    """Share of the moments whose first audible difference came as soon as it could; None where nothing could."""
    some = [a for a in found if a.could is not None]
    return float(np.mean([a.did == a.could for a in some])) if some else None


def delay(found: list[Answer]) -> float | None:
    """Median sixteenths to the first difference, no difference counting as a whole phrase; None of no moments."""
    waits = [PHRASE_STEPS if a.did is None else a.did for a in found]
    return float(np.median(waits)) if waits else None


def _first(flags: NDArray[np.bool_]) -> int | None:
    return int(flags.argmax()) if flags.any() else None
