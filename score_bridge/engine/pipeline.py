"""Where a picture becomes a note. Live and offline both come through here; time is an argument.

    observe_picture  pixels  → descriptors (brightness, motion, cut …)        every frame
    gathered         groups  → the picture vector, once all groups are there   every frame, and when content comes
    observe_features vector  → smoothed features, calibration                  for every picture vector
    step             streams → latent of the moment → logits → token → events  one sixteenth

Nothing here knows a socket, a clock or a process; the same values in give the same notes out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.events import Moment, events_of
from score_bridge.engine.state import PictureState, StreamState, VoiceState
from score_bridge.errors import PeerError
from score_bridge.mapping.anchor_interpolation import latent_with_anchors
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.bindings import apply_bindings, smooth_readings
from score_bridge.mapping.calibration import attend, learn, start
from score_bridge.mapping.latent_map import Target
from score_bridge.mapping.smoothing import Ruler, smooth
from score_bridge.music.tokens import pitch_of
from score_bridge.vision.descriptors import Descriptors, PictureMemory, describe
from score_bridge.vision.feature_groups import FeatureGroups, Sizes, concatenate_groups, group_sizes
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Note, NoteOff

Floats = NDArray[np.float32]

MOTION_HALF_LIFE_S = 0.35
FEATURES_EVERY_S = 0.095  # ten a second, and no aliasing with pictures that come every 100 ms


@dataclass(frozen=True)
class StepResult:
    """One stream's part of a step: the token, the latent it came from, and what is to be played at `due`."""

    token: int
    latent: Floats
    events: tuple[Note | NoteOff, ...]


@dataclass(frozen=True)
class StepTime:
    """Step `n` is due at `due` seconds; a step lasts `seconds`."""

    n: int
    due: float
    seconds: float


def observe_picture(
    state: StreamState, thumbnail: NDArray[np.uint8], time: float
) -> tuple[StreamState, Descriptors, PictureMemory]:
    """Read a (64, 64, 3) RGB picture seen at `time`: descriptors, motion and cuts. Also return what was read."""
    descriptors, memory = describe(thumbnail, state.seen.memory, time)
    remembering = replace(state, seen=replace(state.seen, memory=memory))
    return observe_descriptors(remembering, descriptors, time), descriptors, memory


def observe_descriptors(state: StreamState, descriptors: Descriptors, time: float) -> StreamState:
    """Take in a picture's descriptors; motion lingers a little, and a cut waits for the features that answer it."""
    seen = state.seen
    faded = seen.motion * 0.5 ** (max(time - seen.motion_time, 0.0) / MOTION_HALF_LIFE_S)
    motion = max(descriptors.motion, faded)
    cut = time if descriptors.cut else seen.cut
    felt = smooth_readings(seen.felt, descriptors, motion, time)
    now = replace(seen, descriptors=descriptors, motion=motion, motion_time=time, cut=cut, felt=felt)
    return replace(state, seen=now)


def wants_features(descriptors: Descriptors, asked: float | None, time: float) -> bool:
    """Whether a picture seen at `time` is worth encoding: the first, one that cuts, or a tenth of a second on.

    More often would not be heard, a sixteenth being longer, and would keep the encoder from the next cut.
    """
    return asked is None or descriptors.cut or time - asked >= FEATURES_EVERY_S


@dataclass(frozen=True)
class PictureVector:
    """A picture vector (D,) of picture `seq`, seen at `time` seconds; `sizes` are its groups, none of a host's own.

    quick: only its quick groups are new; the content is still that of a picture before.
    """

    features: Floats
    seq: int
    time: float
    sizes: Sizes = ()
    quick: bool = False


def gather_groups(
    state: StreamState, parts: FeatureGroups, groups: Iterable[str]
) -> tuple[StreamState, FeatureGroups | None]:
    """Keep groups of a picture; also return all `groups` as they now are, once there are all."""
    known = {**state.seen.parts, **parts}
    whole = {name: known[name] for name in groups if name in known}
    now = replace(state, seen=replace(state.seen, parts=known))
    return now, whole if len(whole) == len(tuple(groups)) else None


def picture_vector(parts: FeatureGroups, seq: int, time: float, *, quick: bool = False) -> PictureVector:
    """Make the picture vector of all its groups."""
    return PictureVector(concatenate_groups(parts), seq, time, group_sizes(parts), quick)


def observe_features(state: StreamState, heard: PictureVector, controls: Controls) -> StreamState:
    """Let the stream follow these features; PeerError if their length changed within the stream.

    What is known of the source grows with every content; a cut is over once content has answered it.
    """
    seen, features, time = state.seen, heard.features, heard.time
    known = seen.calibration
    if known is not None and len(known.mean) != len(features):
        raise PeerError("features", f"this stream's features have {len(known.mean)} values, got {len(features)}")
    attention = attention_of(heard.sizes or (("host", len(features)),), controls)
    calibration = start(features, time, attention) if known is None else attend(known, attention, time)
    calibration = learn(calibration, features, time) if known is not None and not heard.quick else calibration
    ruler = Ruler(attention.weights, calibration.basis.unit)
    answers = seen.cut is not None and time >= seen.cut  # not the features of a picture before the cut, come late
    smoothed = smooth(seen.features, features, time, amount=controls.smoothing, ruler=ruler, jump=answers)
    cut = None if answers and not heard.quick else seen.cut
    now = replace(seen, features=smoothed, calibration=calibration, cut=cut, heard_seq=heard.seq)
    return replace(state, seen=now)


def step(
    states: Sequence[StreamState], controls: Sequence[Controls], when: StepTime, decoder: Decoder
) -> list[tuple[StepResult, StreamState]]:
    """Decide step `when.n` of all these streams in one batch, each from where its picture stands now."""
    target = decoder.target
    mapped = [latent_at(s.seen, target, c, when.due) for s, c in zip(states, controls, strict=True)]
    latents = [apply_bindings(z, s.seen.felt, s.bindings, target) for z, s in zip(mapped, states, strict=True)]
    return play(states, latents, controls, when, decoder)


def play(
    states: Sequence[StreamState],
    latents: Sequence[Floats],
    controls: Sequence[Controls],
    when: StepTime,
    decoder: Decoder,
) -> list[tuple[StepResult, StreamState]]:
    """Decide a step from latents (Z,) given, one a stream: logits, tokens, events, and the streams after it."""
    logits, ready = decoder.advance([s.played for s in states], latents, when.n, [c.memory for c in controls])
    decided = []
    for state, control, latent, played, row in zip(states, controls, latents, ready, logits, strict=True):
        token = decoder.draw(row, control, (state.seed, state.stream, when.n))
        length = decoder.foreseen_steps(latent, when.n) * when.seconds if pitch_of(token) else 0.0
        moment = Moment(state.stream, when.n, when.due, length, state.seen.motion)
        events, held = events_of(token, played.held, control, moment)
        after = replace(append_step(played, token, latent, when.n, decoder.history), held=held)
        decided.append((StepResult(token, latent, events), replace(state, played=after)))
    return decided


def latent_at(seen: PictureState, target: Target, controls: Controls, time: float) -> Floats:
    """Return where the picture stands in melody space now, (Z,); the melodies' middle before any picture came."""
    if seen.features is None or seen.calibration is None:
        return target.mean
    return latent_with_anchors(seen.features.value, seen.anchors, seen.calibration, target, controls, time)


def append_step(played: VoiceState, token: int, latent: Floats, n: int, history: int) -> VoiceState:
    """Append a decided step to what a crash must not lose."""
    return replace(
        played, step=n, tokens=(*played.tokens, token)[-history:], latents=(*played.latents, latent)[-history:]
    )


def silence(state: StreamState) -> StreamState:
    """The stream's sounding note was ended from outside."""
    return replace(state, played=replace(state.played, held=None))
