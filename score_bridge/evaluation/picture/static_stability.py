"""Whether a picture that stands still is left in peace: a frozen frame with a camera's noise, for eight bars."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import Observation
from score_bridge.evaluation.picture.film_context import FilmContext
from score_bridge.media.film import FilmFrame
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.scoring.film_score import observe_pictures, play_steps, prepared
from score_bridge.settings import Settings
from score_bridge.vision.pixels import Rgb

SIGMA = 2.0
FPS = 10.0  # as often as features are taken
PHRASES = 4
MOMENTS = 3


@dataclass(frozen=True)
class Still:
    """Tokens (4, 32) played from one frozen frame, with a camera's noise and without."""

    noisy: NDArray[np.uint8]
    clean: NDArray[np.uint8]


def still_times(watched: FilmContext) -> list[float]:
    """Times, in seconds, of MOMENTS frames spread evenly over the film."""
    return [watched.seconds * (k + 0.5) / MOMENTS for k in range(MOMENTS)]


def hold_still(frame: Rgb, watched: FilmContext, models: EngineModels, settings: Settings) -> Still:
    """Freeze a frame (side, side, 3) and play eight bars of it, with Gaussian noise (SIGMA of 255) and without.

    The noise is new in every one of FPS frames a second, and goes through descriptors, cut detector, encoder and
    smoothing like any film's. The calibration stays the film's and `variation` is 0, so that what changes is the
    noise's doing, or, where it also changes without noise, the music's that goes on from its own past.
    """
    calm = msgspec.structs.replace(settings, controls=msgspec.structs.replace(settings.controls, variation=0.0))
    seconds = PHRASES * PHRASE_STEPS * watched.step_seconds

    def played(frames: Iterable[FilmFrame]) -> NDArray[np.uint8]:
        return _play(observe_pictures(prepared(frames, models), models), watched, models, calm)

    return Still(played(_camera(frame, seconds, settings.seed)), played([FilmFrame(0.0, frame)]))


def stillness(stills: Sequence[Still]) -> dict[str, float]:
    """Means of `changed_share`: still_changed with noise, still_changed_clean without."""
    return {
        "still_changed": float(np.mean([changed_share(s.noisy) for s in stills])),
        "still_changed_clean": float(np.mean([changed_share(s.clean) for s in stills])),
    }


def changed_share(phrases: NDArray[np.uint8]) -> float:
    """Share of tokens of phrases (P, 32) unlike those a phrase before, from the third phrase on.

    The first phrase has no past to go on from, which the second has, so those two may differ without any noise.
    """
    return float((phrases[2:] != phrases[1:-1]).mean())


def _camera(frame: Rgb, seconds: float, seed: int) -> Iterator[FilmFrame]:
    rng = np.random.default_rng(seed)
    for i in range(int(seconds * FPS)):
        noise = SIGMA * rng.standard_normal(frame.shape, np.float32)
        yield FilmFrame(i / FPS, (frame + noise).round().clip(0, 255).astype(np.uint8))


def _play(
    observations: Iterable[Observation], watched: FilmContext, models: EngineModels, settings: Settings
) -> NDArray[np.uint8]:
    steps = range(PHRASES * PHRASE_STEPS)
    tokens = [decided.token for decided, _ in play_steps(watched.start, observations, steps, models, settings)]
    return np.array(tokens, np.uint8).reshape(PHRASES, PHRASE_STEPS)
