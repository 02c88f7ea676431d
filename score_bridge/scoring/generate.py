"""Music without a film: random places in melody space, or the way between two of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.pipeline import StepResult, StepTime, play
from score_bridge.engine.state import StreamState
from score_bridge.mapping.latent_map import Target
from score_bridge.models.sphere import slerp
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.settings import Settings

Floats = NDArray[np.float32]
Path = Callable[[int], Floats]


def sample_path(target: Target, seed: int) -> Path:
    """A new random place for every phrase, drawn from where melodies lie (a Gaussian fitted to the posterior)."""
    return lambda n: random_latent(target, seed, n // PHRASE_STEPS)


def slerp_path(target: Target, seed: int, phrases: int) -> Path:
    """From one random place to another in `phrases` equal steps along the sphere (Shoemake 1985)."""
    a, b = (random_latent(target, seed, end) for end in (0, 1))
    places = [slerp(a, b, i / max(phrases - 1, 1)) for i in range(phrases)]
    return lambda n: places[min(n // PHRASE_STEPS, phrases - 1)]


def random_latent(target: Target, seed: int, index: int) -> Floats:
    """Draw number `index` of `seed`, (Z,)."""
    along = np.random.default_rng((seed, index)).standard_normal(len(target.std)) * target.std
    latent: Floats = (target.mean + along @ target.axes).astype(np.float32)
    return latent


def play_path(path: Path, phrases: int, settings: Settings, decoder: Decoder) -> Iterator[StepResult]:
    """Play `phrases` two-bar phrases along a path, a sixteenth at a time, as live."""
    seconds = step_length(settings.tempo)
    state = StreamState("main", settings.seed)
    for n in range(phrases * PHRASE_STEPS):
        when = StepTime(n, n * seconds, seconds)
        [([decided, *others], state)] = play([state], [path(n)], [settings.controls], when, decoder)
        yield replace(decided, beside=tuple(event for other in others for event in other.events))
