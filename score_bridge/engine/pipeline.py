"""Where what was seen of a picture becomes notes. Live and offline both come through here; time is an argument.

    follow  observation → descriptors, smoothed features, calibration      every picture, and when its content comes
    step    streams     → latent of the moment → logits → token → events   one sixteenth

Nothing here knows a socket, a clock or a process; the same values in give the same notes out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.band import Lead, play_band
from score_bridge.engine.decoding import Decoder, Foreseen
from score_bridge.engine.draws import DrawKey
from score_bridge.engine.drumming import Beat
from score_bridge.engine.note_events import Moment, events_of
from score_bridge.engine.note_timing import chances
from score_bridge.engine.observing import Observation
from score_bridge.engine.state import Followed, PictureState, StreamState, VoiceState
from score_bridge.engine.telling import Passage
from score_bridge.errors import PeerError
from score_bridge.mapping.anchor_interpolation import latent_with_anchors
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.bindings import apply_bindings, bound_controls, smooth_readings
from score_bridge.mapping.calibration import attend, learn, start
from score_bridge.mapping.latent_map import Target
from score_bridge.mapping.outliers import check_range, draw_in
from score_bridge.mapping.scenes import NO_KEY, follow_scenes
from score_bridge.mapping.smoothing import Ruler, smooth
from score_bridge.music.breath import breathing_tokens, steps_until_breath
from score_bridge.music.cadence import closing_tokens, in_last_phrase, last_onset
from score_bridge.music.tokens import (
    FIRST_ON,
    HOLD,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    VOCABULARY,
    pitch_of,
    sounding_pitch,
)
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, Note, NoteOff

Floats = NDArray[np.float32]

MOTION_HALF_LIFE_S, STILL_S = 0.35, 0.12
FOLLOWED_EVERY = {"beat": STEPS_PER_BEAT, "bar": STEPS_PER_BAR}
"""Steps between two looks at the picture, by the control `sync`."""
FEWEST_SCENES = 2
CARRIED_STEPS = 4
_ONSETS: NDArray[np.bool_] = np.greater_equal(np.arange(VOCABULARY), FIRST_ON)


@dataclass(frozen=True)
class StepResult:
    """One voice's part of a step: the token, the place in melody space it came from, and what is to be played.

    beside: what other voices play, where a film keeps all of a step in one.
    """

    token: int
    place: Floats
    events: tuple[Note | NoteOff, ...]
    voice: int = LEAD
    beside: tuple[Note | NoteOff, ...] = ()


@dataclass(frozen=True)
class StepTime:
    """Step `n` is due at `due` seconds; a step lasts `seconds`. struck: it sounds at once, and begins a note."""

    n: int
    due: float
    seconds: float
    struck: bool = False


def follow(picture: PictureState, observation: Observation, controls: Controls) -> PictureState:
    """Let a stream follow what was observed. PeerError if the vector's length changed within the stream."""
    if observation.descriptors is not None:
        picture = _follow_descriptors(picture, observation.descriptors, observation.time)
    if observation.labels is not None:
        picture = replace(picture, labels=observation.labels)
    return _follow_features(picture, observation, controls) if observation.groups else picture


def _follow_descriptors(picture: PictureState, descriptors: Descriptors, time: float) -> PictureState:
    """Motion lingers a little, and a cut waits for the features that answer it."""
    motion = max(descriptors.motion, motion_at(picture, time))
    cut = time if descriptors.cut else picture.cut
    readings = smooth_readings(picture.readings, descriptors, motion, time)
    return replace(picture, descriptors=descriptors, motion=motion, motion_time=time, cut=cut, readings=readings)


def motion_at(picture: PictureState, time: float, still: float = 0.0) -> float:
    """Return how much of the motion of the last picture is left at `time`, 0..1.

    still: seconds without a picture that are no stillness yet.
    """
    halvings = max(time - picture.motion_time - still, 0.0) / MOTION_HALF_LIFE_S
    return picture.motion * math.exp(-math.log(2.0) * halvings)


def _follow_features(picture: PictureState, seen: Observation, controls: Controls) -> PictureState:
    """What is known of the source grows with every whole vector; a cut is over once one has answered it."""
    known, features, time = picture.calibration, seen.features, seen.time
    if known is not None and len(known.mean) != len(features):
        raise PeerError("features", f"this stream's features have {len(known.mean)} values, got {len(features)}")
    if seen.of_host_only:
        check_range(features)
        features = draw_in(features, known)
    attention = attention_of(seen.sizes, controls)
    calibration = start(features, time, attention) if known is None else attend(known, attention, time)
    calibration = learn(calibration, features, time) if known is not None and not seen.quick else calibration
    ruler = Ruler(attention.weights, calibration.basis.unit)
    answers = picture.cut is not None and time >= picture.cut  # not those of a picture before the cut, come late
    smoothed = smooth(picture.features, features, time, amount=controls.smoothing, ruler=ruler, jump=answers)
    scenes = follow_scenes(
        picture.scenes, features, seen.sizes, picture.descriptors, picture.cut if answers else None, time
    )
    cut = None if answers and not seen.quick else picture.cut
    return replace(picture, features=smoothed, calibration=calibration, cut=cut, scenes=scenes)


def step(
    states: Sequence[StreamState], controls: Sequence[Controls], when: StepTime, decoder: Decoder
) -> list[tuple[list[StepResult], StreamState]]:
    """Decide step `when.n` of all these streams in one batch, each from where its picture stands now, or stood at the
    last beat or bar where that is what it follows.
    """
    target = decoder.target
    heard = [as_heard(s, c, when) for s, c in zip(states, controls, strict=True)]
    mapped = [_place_of(s, target, c) for s, c in zip(heard, controls, strict=True)]
    places = [apply_bindings(p, s.picture.readings, s.bindings, target) for p, s in zip(mapped, heard, strict=True)]
    bound = [bound_controls(c, s.picture.readings, s.bindings) for s, c in zip(heard, controls, strict=True)]
    decided = play(heard, places, bound, when, decoder)
    return [(results, replace(after, picture=s.picture)) for (results, after), s in zip(decided, states, strict=True)]


def as_heard(state: StreamState, controls: Controls, when: StepTime) -> StreamState:
    """Return a stream with the picture that its music follows at a step: the newest, or that of the last beat or bar.

    How much moves now is heard in any case.
    """
    waits = when.n % FOLLOWED_EVERY.get(controls.sync, 1) != 0
    newest = state.picture
    followed = state.followed if waits and state.followed is not None else Followed(newest, when.due)
    picture = replace(followed.picture, motion=newest.motion, motion_time=newest.motion_time)
    return replace(state, picture=picture, followed=followed)


def _place_of(heard: StreamState, target: Target, controls: Controls) -> Floats:
    assert heard.followed is not None, "as_heard"
    return place_at(heard.followed.picture, target, controls, heard.followed.time)


def play(
    states: Sequence[StreamState],
    places: Sequence[Floats],
    controls: Sequence[Controls],
    when: StepTime,
    decoder: Decoder,
) -> list[tuple[list[StepResult], StreamState]]:
    """Decide a step from places (P,) given, one a stream: each voice's result, and the streams after it."""
    lines = [
        _Line(state, place, decoder.teller.condition(place, state, c, _passage(state, when)), c)
        for state, place, c in zip(states, places, controls, strict=True)
    ]
    voices = [(line, voice) for line in lines for voice in line.state.voices.values()]
    foreseen, ready = decoder.advance(
        [voice for _, voice in voices],
        [line.condition for line, _ in voices],
        when.n,
        [_reach(line, when) for line, _ in voices],
    )
    rows = zip(foreseen, ready, strict=True)
    decided = [_decide(line, when, list(islice(rows, len(line.state.voices))), decoder) for line in lines]
    return [_with_band(line, when, one, decoder) for line, one in zip(lines, decided, strict=True)]


def _with_band(
    line: "_Line", when: StepTime, decided: tuple[list[StepResult], StreamState], decoder: Decoder
) -> tuple[list[StepResult], StreamState]:
    """Let the others of a stream's ensemble play beside what its lead does."""
    results, after = decided
    state, controls = line.state, line.controls
    scenes, readings = state.picture.scenes, state.picture.readings
    beat = Beat(
        state.stream, state.seed, when.n, when.due, when.seconds,
        None if readings is None else readings.value, motion_at(state.picture, when.due, STILL_S), scenes.now,
        begins=when.n > 0 and bool(scenes.known) and _steps_in_scene(state, when) == 0,
        breaths=state.breaths, struck=when.struck,
    )  # fmt: skip
    lead = Lead(after.lead.tokens, sounding_pitch(after.lead.tokens), decoder.teller.key(state, controls), state.ends)
    played, band = play_band(state.band, beat, lead, controls, decoder.players)
    beside = [StepResult(HOLD, line.place, events, voice) for voice, events in played]
    return [*results, *beside], replace(after, band=band)


def _reach(line: "_Line", when: StepTime) -> int:
    """How many steps back a stream may look: the bars of its control `memory`, and little beyond its scene's begin.

    What a scene before played would lead the new one into its key and its ways.
    """
    scenes = line.state.picture.scenes
    most = line.controls.memory * STEPS_PER_BAR
    return most if len(scenes.known) < FEWEST_SCENES else min(most, _steps_in_scene(line.state, when) + CARRIED_STEPS)


def _passage(state: StreamState, when: StepTime) -> Passage:
    return Passage(_steps_in_scene(state, when), in_last_phrase(when.n, state.ends))


def _length(state: StreamState, n: int, foreseen: int) -> int:
    """How many steps a note of step n lasts: as foreseen, but the last one to the end, and none beyond that or into a
    breath.
    """
    foreseen = min(foreseen, steps_until_breath(n, state.breaths) or foreseen)
    if state.ends is None or n >= state.ends:
        return foreseen
    return state.ends - n if n == last_onset(state.ends) else min(foreseen, state.ends - n)


def _steps_in_scene(state: StreamState, when: StepTime) -> int:
    """Whole steps since a stream's scene began; 0 before it has shown any."""
    scenes = state.picture.scenes
    return max(int((when.due - scenes.known[scenes.now].begun) / when.seconds), 0) if scenes.known else 0


class _Line(NamedTuple):
    """A stream at a step: where it stands, (P,), and what the model is told of that, (C,)."""

    state: StreamState
    place: Floats
    condition: Floats
    controls: Controls


def _decide(
    line: _Line, when: StepTime, rows: Sequence[tuple[Foreseen, VoiceState]], decoder: Decoder
) -> tuple[list[StepResult], StreamState]:
    """Draw a stream's tokens from what is foreseen, one row a voice, and say what they begin and end."""
    state, told, controls = line.state, line.condition, line.controls
    results, after = [], {}
    tonic = decoder.teller.key(state, controls)
    only = closing_tokens(when.n, state.ends, None if tonic == NO_KEY else tonic % 12)
    only = breathing_tokens(when.n, state.breaths) if only is None else only
    only = _ONSETS if when.struck else only
    for voice, (foreseen, ready) in zip(state.voices, rows, strict=True):
        key = DrawKey(state.seed, state.stream, voice, when.n, state.picture.scenes.now)
        token = decoder.draw(foreseen.logits, controls, key, only)
        steps = _length(state, when.n, decoder.foreseen_steps(foreseen, told, when.n)) if pitch_of(token) else 0
        by_hand = chances(state.seed, state.stream, voice, state.picture.scenes.now, when.n)
        motion = motion_at(state.picture, when.due, STILL_S)
        moment = Moment(
            state.stream, when.n, when.due, steps * when.seconds, motion, voice, when.seconds, by_hand, when.struck
        )
        events, held = events_of(token, ready.held, controls, moment)
        after[voice] = replace(append_step(ready, token, told, when.n, decoder.history), held=held)
        results.append(StepResult(token, line.place, events, voice))
    return results, replace(state, voices=after)


def place_at(picture: PictureState, target: Target, controls: Controls, time: float) -> Floats:
    """Return where the picture stands in melody space now, (P,).

    The melodies' mean before any picture came, and where the arithmetic ends in no number.
    """
    if picture.features is None or picture.calibration is None:
        return target.mean
    place = latent_with_anchors(picture.features.value, picture.anchors, picture.calibration, target, controls, time)
    return place if np.isfinite(place).all() else target.mean


def append_step(voice: VoiceState, token: int, condition: Floats, n: int, history: int) -> VoiceState:
    """Append a decided step to what a crash must not lose."""
    return replace(
        voice, step=n, tokens=(*voice.tokens, token)[-history:], conditions=(*voice.conditions, condition)[-history:],
        reaches=(*voice.reaches, voice.reach)[-history:],
    )  # fmt: skip


def release_notes(state: StreamState) -> StreamState:
    """The stream's sounding notes were ended from outside."""
    voices = {name: replace(voice, held=None) for name, voice in state.voices.items()}
    return replace(state, voices=voices, band=state.band.released())
