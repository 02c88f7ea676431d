"""Scoring a film: look at all of it, calibrate on the whole, then walk its sixteenths through the live path.

The same `observe_…` and `step` functions that play live are called here with the film's own times.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.models import PICTURE_SIDE, THUMBNAIL, EngineModels
from score_bridge.engine.pipeline import (
    PictureVector,
    StepResult,
    StepTime,
    observe_descriptors,
    observe_features,
    step,
    wants_features,
)
from score_bridge.engine.state import StreamState
from score_bridge.errors import MediaError
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import Calibration, calibrate
from score_bridge.mapping.show_file import Show, frozen_calibration
from score_bridge.media.film import Film, FilmFrame
from score_bridge.music.timing import step_length
from score_bridge.scoring.observations import FrameObservation
from score_bridge.scoring.shots import Shot, align_scenes, find_shots
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import Descriptors, PictureMemory, describe
from score_bridge.vision.feature_groups import concatenate_groups, group_sizes
from score_bridge.vision.frame import shrink
from score_bridge.wire.bindings import parse_bindings
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]
Progress = Callable[[float], None]

DECODED_SIDE = 256
STREAM = "main"


@dataclass(frozen=True)
class FilmSteps:
    """A film's score: what was decided at each sixteenth, what was seen, and how the film ended."""

    seconds: float
    step_seconds: float
    sights: tuple[FrameObservation, ...]
    decided: tuple[StepResult, ...]
    seen: tuple[Descriptors | None, ...]
    broken: str | None = None
    shots: tuple[Shot, ...] = ()

    @property
    def cuts(self) -> tuple[float, ...]:
        """When new shots were seen to begin, seconds."""
        return tuple(s.time for s in self.sights if s.descriptors.cut)


def observe_film(film: Film, models: EngineModels, limit: float | None, progress: Progress) -> list[FrameObservation]:
    """Describe every picture, and make the vector of one every tenth of a second and at every cut."""
    sights: list[FrameObservation] = []
    length = min(limit or np.inf, film.info.duration or np.inf)
    for sight in observe_frames(film.frames(limit, DECODED_SIDE), models):
        sights.append(sight)
        progress(min(sight.time / length, 1.0))
    if not sights:
        raise MediaError(f"{film.path} holds no picture that can be decoded: {film.broken or 'it is empty'}")
    return sights


def observe_frames(frames: Iterable[FilmFrame], models: EngineModels) -> Iterator[FrameObservation]:
    """What is seen in pictures that follow each other."""
    memory: PictureMemory | None = None
    encoded: float | None = None
    for frame in frames:
        thumbnail = shrink(frame.rgb, THUMBNAIL)
        descriptors, memory = describe(thumbnail, memory, frame.time_s)
        if not wants_features(descriptors, encoded, frame.time_s):
            yield FrameObservation(frame.time_s, descriptors, None)
            continue
        encoded = frame.time_s
        look = models.look(shrink(frame.rgb, PICTURE_SIDE)) if models.look else None
        content = {"content": look.features} if look else {}
        parts = content | dict(models.quick_parts(thumbnail, memory))
        yield FrameObservation(
            frame.time_s, descriptors, concatenate_groups(parts), group_sizes(parts), look.labels if look else ()
        )


def calibration_of(sights: Sequence[FrameObservation], controls: Controls) -> Calibration:
    """Calibrate on the whole film."""
    attention = attention_of(sights[0].sizes, controls)
    return calibrate(np.stack([s.features for s in sights if s.features is not None]), attention)


def score_film(
    film: Film,
    models: EngineModels,
    settings: Settings,
    limit: float | None = None,
    progress: Progress = lambda _: None,
    show: Show | None = None,
) -> FilmSteps:
    """Score a film, or its first `limit` seconds; a show takes the place of calibrating on it and of its scenes.

    Raises MediaError if it holds no picture, ModelError if the show is for others.
    """
    looked = observe_film(film, models, limit, lambda part: progress(0.85 * part))
    seconds = length_of(looked, film, limit)
    brought_together, shots = with_scenes(looked, seconds)
    sights = brought_together if show is None else looked  # a show knows pictures as they are seen live
    state = _opened(sights, settings, show)
    step_seconds = step_length(settings.tempo)
    decided: list[StepResult] = []
    seen: list[Descriptors | None] = []
    for result, after in play_steps(state, sights, range(int(seconds / step_seconds)), models, settings):
        decided.append(result)
        seen.append(after.seen.descriptors)
        progress(0.85 + 0.15 * (len(decided) - 1) * step_seconds / seconds)
    return FilmSteps(seconds, step_seconds, tuple(sights), tuple(decided), tuple(seen), film.broken, shots)


def with_scenes(
    sights: Sequence[FrameObservation], seconds: float
) -> tuple[list[FrameObservation], tuple[Shot, ...]]:
    """Let scenes that come back look as they did, so that their music comes back, too; also return the shots."""
    shots = find_shots(sights, seconds)
    return align_scenes(sights, shots), shots


def play_steps(
    state: StreamState, sights: Iterable[FrameObservation], steps: range, models: EngineModels, settings: Settings
) -> Iterator[tuple[StepResult, StreamState]]:
    """Walk sixteenths, each told the sights up to its own time: what is decided, and the stream after it."""
    step_seconds = step_length(settings.tempo)
    waiting = iter(sights)
    upcoming = next(waiting, None)
    for n in steps:
        due = n * step_seconds
        while upcoming is not None and upcoming.time <= due:
            state = _see(state, upcoming, n, settings)
            upcoming = next(waiting, None)
        [(result, state)] = step([state], [settings.controls], StepTime(n, due, step_seconds), models.decoder)
        yield result, state


def _see(state: StreamState, sight: FrameObservation, seq: int, settings: Settings) -> StreamState:
    state = observe_descriptors(state, sight.descriptors, sight.time)
    if sight.features is None:
        return state
    seen = replace(state, seen=replace(state.seen, labels=sight.labels))
    return observe_features(seen, PictureVector(sight.features, seq, sight.time, sight.sizes), settings.controls)


def _opened(sights: Sequence[FrameObservation], settings: Settings, show: Show | None) -> StreamState:
    """The stream before the film: it knows all of it, or a show. The settings' bindings win over the show's."""
    state = StreamState(STREAM, settings.seed, bindings=parse_bindings(settings.bind))
    if show is None:
        return replace(state, seen=replace(state.seen, calibration=calibration_of(sights, settings.controls)))
    seen = replace(
        state.seen, calibration=frozen_calibration(show, sights[0].sizes, settings.controls), anchors=show.taught
    )
    return replace(state, seen=seen, bindings=parse_bindings((*show.bindings, *settings.bind)))


def length_of(sights: list[FrameObservation], film: Film, limit: float | None) -> float:
    """Until the last picture has been shown for as long as pictures are here."""
    shown = 1.0 / film.info.fps if film.info.fps else 0.04
    return min(sights[-1].time + shown, limit or np.inf)
