"""Where what was seen of a picture becomes notes. Live and offline both come through here; time is an argument.

    follow  observation → descriptors, smoothed features, calibration      every picture, and when its content comes
    step    streams     → latent of the moment → logits → token → events   one sixteenth

Nothing here knows a socket, a clock or a process; the same values in give the same notes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder, DrawKey
from score_bridge.engine.note_events import Moment, events_of
from score_bridge.engine.observing import Observation
from score_bridge.engine.state import PictureState, StreamState, VoiceState
from score_bridge.errors import PeerError
from score_bridge.mapping.anchor_interpolation import latent_with_anchors
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.bindings import apply_bindings, smooth_readings
from score_bridge.mapping.calibration import attend, learn, start
from score_bridge.mapping.latent_map import Target
from score_bridge.mapping.outliers import check_range, draw_in
from score_bridge.mapping.smoothing import Ruler, smooth
from score_bridge.music.tokens import pitch_of
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, Note, NoteOff

Floats = NDArray[np.float32]

MOTION_HALF_LIFE_S = 0.35


@dataclass(frozen=True)
class StepResult:
    """One voice's part of a step: the token, the latent it came from, and what is to be played at `due`."""

    token: int
    latent: Floats
    events: tuple[Note | NoteOff, ...]
    voice: int = LEAD


@dataclass(frozen=True)
class StepTime:
    """Step `n` is due at `due` seconds; a step lasts `seconds`."""

    n: int
    due: float
    seconds: float


def follow(picture: PictureState, observation: Observation, controls: Controls) -> PictureState:
    """Let a stream follow what was observed. PeerError if the vector's length changed within the stream."""
    if observation.descriptors is not None:
        picture = _follow_descriptors(picture, observation.descriptors, observation.time)
    if observation.labels is not None:
        picture = replace(picture, labels=observation.labels)
    return _follow_features(picture, observation, controls) if observation.groups else picture


def _follow_descriptors(picture: PictureState, descriptors: Descriptors, time: float) -> PictureState:
    """Motion lingers a little, and a cut waits for the features that answer it."""
    faded = picture.motion * 0.5 ** (max(time - picture.motion_time, 0.0) / MOTION_HALF_LIFE_S)
    motion = max(descriptors.motion, faded)
    cut = time if descriptors.cut else picture.cut
    readings = smooth_readings(picture.readings, descriptors, motion, time)
    return replace(picture, descriptors=descriptors, motion=motion, motion_time=time, cut=cut, readings=readings)


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
    cut = None if answers and not seen.quick else picture.cut
    return replace(picture, features=smoothed, calibration=calibration, cut=cut)


def step(
    states: Sequence[StreamState], controls: Sequence[Controls], when: StepTime, decoder: Decoder
) -> list[tuple[list[StepResult], StreamState]]:
    """Decide step `when.n` of all these streams in one batch, each from where its picture stands now."""
    target = decoder.target
    mapped = [latent_at(s.picture, target, c, when.due) for s, c in zip(states, controls, strict=True)]
    latents = [apply_bindings(z, s.picture.readings, s.bindings, target) for z, s in zip(mapped, states, strict=True)]
    return play(states, latents, controls, when, decoder)


def play(
    states: Sequence[StreamState],
    latents: Sequence[Floats],
    controls: Sequence[Controls],
    when: StepTime,
    decoder: Decoder,
) -> list[tuple[list[StepResult], StreamState]]:
    """Decide a step from latents (Z,) given, one a stream: each voice's result, and the streams after it."""
    lines = list(zip(states, latents, controls, strict=True))
    voices = [(z, c, v) for s, z, c in lines for v in s.voices.values()]
    logits, ready = decoder.advance(
        [voice for _, _, voice in voices], [z for z, _, _ in voices], when.n, [c.memory for _, c, _ in voices]
    )
    rows = zip(logits, ready, strict=True)
    return [_decide(state, z, c, when, list(islice(rows, len(state.voices))), decoder) for state, z, c in lines]


def _decide(
    state: StreamState,
    latent: Floats,
    controls: Controls,
    when: StepTime,
    rows: Sequence[tuple[Floats, VoiceState]],
    decoder: Decoder,
) -> tuple[list[StepResult], StreamState]:
    """Draw a stream's tokens from logits (90,), one row a voice, and say what they begin and end."""
    results, after = [], {}
    for voice, (logits, ready) in zip(state.voices, rows, strict=True):
        token = decoder.draw(logits, controls, DrawKey(state.seed, state.stream, voice, when.n))
        length = decoder.foreseen_steps(latent, when.n) * when.seconds if pitch_of(token) else 0.0
        moment = Moment(state.stream, when.n, when.due, length, state.picture.motion, voice)
        events, held = events_of(token, ready.held, controls, moment)
        after[voice] = replace(append_step(ready, token, latent, when.n, decoder.history), held=held)
        results.append(StepResult(token, latent, events, voice))
    return results, replace(state, voices=after)


def latent_at(picture: PictureState, target: Target, controls: Controls, time: float) -> Floats:
    """Return where the picture stands in melody space now, (Z,).

    The melodies' mean before any picture came, and where the arithmetic ends in no number.
    """
    if picture.features is None or picture.calibration is None:
        return target.mean
    latent = latent_with_anchors(picture.features.value, picture.anchors, picture.calibration, target, controls, time)
    return latent if np.isfinite(latent).all() else target.mean


def append_step(voice: VoiceState, token: int, latent: Floats, n: int, history: int) -> VoiceState:
    """Append a decided step to what a crash must not lose."""
    return replace(
        voice, step=n, tokens=(*voice.tokens, token)[-history:], latents=(*voice.latents, latent)[-history:]
    )


def release_notes(state: StreamState) -> StreamState:
    """The stream's sounding notes were ended from outside."""
    return replace(state, voices={name: replace(voice, held=None) for name, voice in state.voices.items()})
