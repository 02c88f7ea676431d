"""Scoring a film: look at all of it, calibrate on the whole, then walk its sixteenths through the engine's core.

Pictures are read by the functions that read them live, and the same core decides; times are the film's own.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from msgspec.structs import replace as replace_fields
from numpy.typing import NDArray

from score_bridge.engine.core import EngineCore
from score_bridge.engine.events import Effect, ObservationMade, StateRestored
from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import (
    Observation,
    Picture,
    ReaderState,
    cut_times,
    read_content,
    read_picture,
    sizes_of,
)
from score_bridge.engine.pipeline import StepResult
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.errors import MediaError, ModelError
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import Calibration, calibrate
from score_bridge.mapping.show import Show, frozen_calibration
from score_bridge.media.film import Film, FilmFrame
from score_bridge.music.breath import breaths_before
from score_bridge.music.chords import Chord
from score_bridge.music.notes import Note, pair_events
from score_bridge.music.timing import step_length
from score_bridge.scoring.ahead import made_ahead
from score_bridge.scoring.kept_pictures import KeptPictures
from score_bridge.scoring.shots import Shot, align_scenes, find_shots
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire import internal
from score_bridge.wire.bindings import parse_bindings
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD
from score_bridge.wire.voices import programs_of

Floats = NDArray[np.float32]
Progress = Callable[[float], None]
TimedPicture = tuple[float, Picture]

DECODED_SIDE = 256
STREAM = "main"


@dataclass(frozen=True)
class FilmSteps:
    """A film's score: what was decided at each sixteenth, what was seen, how the film ended, some of its pictures.

    chords: those of the sixteenths as they sound, None where nobody plays any; programs: General MIDI's, by voice.
    """

    seconds: float
    step_seconds: float
    observations: tuple[Observation, ...]
    decided: tuple[StepResult, ...]
    seen: tuple[Descriptors | None, ...]
    broken: str | None = None
    shots: tuple[Shot, ...] = ()
    pictures: KeptPictures = field(default_factory=KeptPictures)
    chords: tuple[Chord | None, ...] = ()
    programs: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What all voices play, by onset; what still sounds ends with the film."""
        events = [event for decided in self.decided for event in (*decided.events, *decided.beside)]
        return tuple(pair_events(events, self.seconds, programs=self.programs))

    @property
    def cuts(self) -> tuple[float, ...]:
        """When new shots were seen to begin, seconds."""
        return cut_times(self.observations)


@dataclass(frozen=True)
class Foresight:
    """What a film may know of itself before it is played.

    calibrate: its pictures' statistics, so that they span the music from the first one on; align: which scenes come
    back, so that their music does, too; breathe: when scenes begin, so that the line breathes before; close: where it
    ends, so that the music ends there. Live there is none of these. A show, made beforehand, takes the place of the
    first two.
    """

    calibrate: bool = True
    align: bool = True
    breathe: bool = True
    close: bool = True
    show: Show | None = None


FORESIGHT, AS_LIVE = Foresight(), Foresight(calibrate=False, align=False, breathe=False, close=False)


def observe_film(
    film: Film, models: EngineModels, limit: float | None, progress: Progress, kept: KeptPictures | None = None
) -> list[Observation]:
    """Read every picture of a film, or of its first `limit` seconds, and keep some for the eye.

    MediaError if it holds none.
    """
    observations: list[Observation] = []
    length = min(limit or np.inf, film.info.duration or np.inf)
    frames = _seen_by(kept, film.frames(limit, DECODED_SIDE))
    with closing(made_ahead(prepared(frames, models))) as pictures:
        for observation in observe_pictures(pictures, models):
            observations.append(observation)
            progress(min(observation.time / length, 1.0))
    if not observations:
        raise MediaError(f"{film.path} holds no picture that can be decoded: {film.broken or 'it is empty'}")
    return observations


def _seen_by(kept: KeptPictures | None, frames: Iterable[FilmFrame]) -> Iterator[FilmFrame]:
    for frame in frames:
        if kept is not None:
            kept.see(frame.time_s, frame.rgb)
        yield frame


def prepared(frames: Iterable[FilmFrame], models: EngineModels) -> Iterator[TimedPicture]:
    """Make of frames what the models look at, with their times in seconds."""
    return ((frame.time_s, models.prepare(frame.rgb)) for frame in frames)


def observe_pictures(pictures: Iterable[TimedPicture], models: EngineModels) -> Iterator[Observation]:
    """Read pictures that follow each other, as the live engine does; content takes no time."""
    reader = ReaderState()
    for seq, (time, picture) in enumerate(pictures):
        reader, seen, encode = read_picture(reader, picture, seq, time, models.groups)
        yield seen
        if encode and models.look is not None:
            reader, seen = read_content(reader, models.look(picture.image), seq, time, models.groups)
            yield seen


def calibration_of(observations: Sequence[Observation], controls: Controls) -> Calibration:
    """Calibrate on the whole film."""
    attention = attention_of(sizes_of(observations), controls)
    return calibrate(np.stack([s.features for s in observations if s.complete]), attention)


def score_film(
    film: Film,
    models: EngineModels,
    settings: Settings,
    limit: float | None = None,
    progress: Progress = lambda _: None,
    foresight: Foresight = FORESIGHT,
) -> FilmSteps:
    """Score a film, or its first `limit` seconds. Raises MediaError if it holds no picture, ModelError if the show
    is for others.
    """
    kept = KeptPictures()
    seen_live = observe_film(film, models, limit, lambda part: progress(0.85 * part), kept)
    seconds = length_of(seen_live, film, limit)
    aligned, shots = with_scenes(seen_live, seconds)
    # A show knows pictures as they are seen live.
    observations = aligned if foresight.align and foresight.show is None else seen_live
    step_seconds = step_length(settings.tempo)
    steps = int(seconds / step_seconds)
    if not steps:
        what = "one picture" if len(seen_live) <= 2 else f"{seconds:.2f} s"
        raise MediaError(
            f"{film.path} is {what}: a score needs a film of {step_seconds:.3f} s or more, one sixteenth"
        )
    state = foresee(_opened(observations, settings, foresight), shots, steps, step_seconds, foresight)
    decided: list[StepResult] = []
    seen: list[Descriptors | None] = []
    chords: list[Chord | None] = []
    for result, after in play_steps(state, observations, range(steps), models, settings):
        decided.append(result)
        seen.append(after.picture.descriptors)
        chord = after.band.harmony.sounding
        chords.append(chord.moved(settings.controls.transpose) if chord else None)
        progress(0.85 + 0.15 * (len(decided) - 1) * step_seconds / seconds)
    return FilmSteps(
        seconds, step_seconds, tuple(observations), tuple(decided), tuple(seen), film.broken, shots, kept,
        tuple(chords), programs_of(settings.controls),
    )  # fmt: skip


def foresee(
    state: StreamState, shots: Sequence[Shot], steps: int, step_seconds: float, foresight: Foresight = FORESIGHT
) -> StreamState:
    """Tell a stream what is known of its film's time: after how many `steps` it ends, and where its scenes begin."""
    begins = [math.ceil(shot.begin / step_seconds) for shot in shots]
    return replace(
        state,
        ends=steps if foresight.close else None,
        breaths=breaths_before(begins) if foresight.breathe else (),
    )


def with_scenes(observations: Sequence[Observation], seconds: float) -> tuple[list[Observation], tuple[Shot, ...]]:
    """Let scenes that come back look as they did, so that their music comes back, too; also return the shots."""
    shots = find_shots(observations, seconds)
    return align_scenes(observations, shots), shots


def play_steps(
    state: StreamState, observations: Iterable[Observation], steps: range, models: EngineModels, settings: Settings
) -> Iterator[tuple[StepResult, StreamState]]:
    """Drive the engine's core through sixteenths, each after what was observed up to its own time.

    Yields what the lead voice decides, and the stream after it.
    """
    core = EngineCore(models.decoder, models.groups, settings.controls, settings.seed)
    core.handle(StateRestored(state))
    stream = internal.StreamStep(state.stream, settings.controls, state.bindings)
    seconds = step_length(settings.tempo)
    waiting = iter(observations)
    upcoming = next(waiting, None)
    for n in steps:
        due = internal.Step(n=n, due=n * seconds, seconds_per_step=seconds, streams=(stream,))
        decided: StepResult | None = None
        while upcoming is not None and upcoming.time <= due.due:
            strikes = _strikes(core.handle(ObservationMade(state.stream, upcoming)))
            if strikes and decided is None and settings.controls.sync == "free" and upcoming.time < due.due:
                decided = _lead(core.handle(replace_fields(due, due=upcoming.time, struck=True)))
            upcoming = next(waiting, None)
        yield decided or _lead(core.handle(due)), core.state(state.stream)


def _strikes(effects: Sequence[Effect]) -> bool:
    """Say whether what was seen is to be answered at once by a stream that plays freely.

    A film's own pictures always fit its stream, so that a refusal is a fault of the program.
    """
    reports = [effect for effect in effects if isinstance(effect, internal.Observed)]
    for report in reports:
        if report.refused:
            raise ModelError(report.refused)
    return any(report.strikes for report in reports)


def _lead(effects: Sequence[Effect]) -> StepResult:
    """What the melody does, and beside it what other voices play."""
    decided = [e for e in effects if isinstance(e, internal.Stepped)]
    [lead] = [one for one in decided if one.voice == LEAD]
    beside = tuple(event for one in decided if one.voice != LEAD for event in one.events)
    return StepResult(lead.token, np.array(lead.latent, np.float32), lead.events, beside=beside)


def _opened(observations: Sequence[Observation], settings: Settings, foresight: Foresight) -> StreamState:
    """The stream before the film, with what it knows. The settings' bindings win over the show's."""
    state = StreamState(STREAM, settings.seed, bindings=parse_bindings(settings.bind))
    show = foresight.show
    if show is not None:
        known = frozen_calibration(show, sizes_of(observations), settings.controls)
        bindings = parse_bindings((*show.bindings, *settings.bind))
        return replace(state, picture=PictureState(calibration=known, anchors=show.taught), bindings=bindings)
    if not foresight.calibrate:
        return state
    return replace(state, picture=PictureState(calibration=calibration_of(observations, settings.controls)))


def length_of(observations: Sequence[Observation], film: Film, limit: float | None) -> float:
    """Until the last picture has been shown for as long as pictures are here."""
    shown = 1.0 / film.info.fps if film.info.fps else 0.04
    return min(observations[-1].time + shown, limit or np.inf)
