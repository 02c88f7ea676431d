"""A film looked at once, for every way of playing it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import Observation, cut_times, sizes_of
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.media.film import Film
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.scoring.film_score import STREAM, calibration_of, foresee, length_of, observe_film, with_scenes
from score_bridge.scoring.shots import Shot
from score_bridge.settings import Settings
from score_bridge.wire.bindings import parse_bindings

Floats = NDArray[np.float32]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class FilmContext:
    """What was observed of a film, and the stream that is to score it, calibrated on all of it.

    steps: how many sixteenths fit in it; broken: what was found damaged, or None; shots: its scenes, in order.
    """

    film: Film
    observations: tuple[Observation, ...]
    start: StreamState
    seconds: float
    steps: int
    step_seconds: float
    broken: str | None = None
    shots: tuple[Shot, ...] = ()

    @property
    def foreseeing(self) -> StreamState:
        """The stream as `score-bridge score` plays it: it knows where scenes begin and where the film ends."""
        return foresee(self.start, self.shots, self.steps, self.step_seconds)

    @property
    def phrases(self) -> int:
        """How many phrases it takes to cover the film; the film may break off the last one."""
        return math.ceil(self.steps / PHRASE_STEPS)

    @property
    def times(self) -> NDArray[np.float64]:
        """When features were taken, (F,) seconds."""
        return np.array([s.time for s in self.observations if s.complete])

    @property
    def features(self) -> Floats:
        """Features (F, D) in order of time."""
        return np.stack([s.features for s in self.observations if s.complete])

    @property
    def attended(self) -> Floats:
        """Features (F, D) as the music attends to them."""
        known = self.start.picture.calibration
        return self.features if known is None else self.features * known.basis.attention.weights

    @property
    def content(self) -> Floats:
        """Content (F, C) alone, or all there is where no group is called so."""
        begin = 0
        for name, size in sizes_of(self.observations):
            if name == "content":
                return self.features[:, begin : begin + size]
            begin += size
        return self.features

    @property
    def cuts(self) -> tuple[float, ...]:
        """When new shots were seen to begin, seconds; what the cut detector misses is not among them."""
        return cut_times(self.observations)

    def at_steps(self, values: NDArray[np.floating]) -> Floats:
        """Values (F, K) of the pictures with features to (T, K): their mean during every sixteenth, or the last."""
        bounds = np.searchsorted(self.times, np.arange(self.steps + 1) * self.step_seconds)
        rows = np.zeros((self.steps, values.shape[1]), np.float32)
        for n, (begin, end) in enumerate(pairwise(bounds)):
            rows[n] = values[begin:end].mean(0) if end > begin else rows[max(n - 1, 0)]
        return rows


def prepare_film(
    film: Film, models: EngineModels, settings: Settings, limit: float | None, progress: Progress
) -> FilmContext:
    """Look at a film, or its first `limit` seconds. MediaError if it holds no picture."""
    looked = observe_film(film, models, limit, progress)
    seconds = length_of(looked, film, limit)
    observations, shots = with_scenes(looked, seconds)
    picture = PictureState(calibration=calibration_of(observations, settings.controls))
    start = StreamState(STREAM, settings.seed, picture, bindings=parse_bindings(settings.bind))
    step_seconds = step_length(settings.tempo)
    steps = int(seconds / step_seconds)
    return FilmContext(film, tuple(observations), start, seconds, steps, step_seconds, film.broken, shots)
