"""A host's requests to one stream: teaching and calibrating. Pure; saving, which writes a file, is in `show_io`."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.pipeline import place_at
from score_bridge.engine.requests.teaching import (
    Lesson,
    directed_place,
    phrase_lesson,
    playing_lesson,
    playing_phrase,
)
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.errors import MediaError, PeerError
from score_bridge.mapping.anchors import AnchorSet, add_anchor, remove_anchor, undo_change
from score_bridge.mapping.bindings import apply_bindings
from score_bridge.mapping.calibration import Calibration, adapt, freeze
from score_bridge.mapping.latent_map import within
from score_bridge.music.midi.phrase import midi_phrase
from score_bridge.music.tokens import FIRST_ON
from score_bridge.wire import internal
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import (
    Anchors,
    Answer,
    Calibrate,
    Calibrated,
    Teach,
    TeachDirection,
    Teaching,
    TeachList,
    TeachMidi,
    TeachRemove,
    TeachUndo,
)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class HostRequest:
    """A request, the MIDI file that may come with it, when it came (seconds), and how the stream plays."""

    request: Teaching | Calibrate
    midi: bytes | memoryview
    time: float
    controls: Controls


def answer_request(
    ask: int, asked: HostRequest, state: StreamState, decoder: Decoder
) -> tuple[StreamState, internal.EngineReply]:
    """Return the stream after a request, the same object if nothing changed, and the answer or refusal."""
    try:
        after, answer = carry_out(state, asked, decoder)
    except PeerError as error:
        return state, refuse_request(ask, error)
    return after, internal.EngineReply(ask=ask, answer=answer)


def refuse_request(ask: int, error: PeerError) -> internal.EngineReply:
    """Return a refusal of a request."""
    return internal.EngineReply(ask=ask, refused_kind=error.kind, refused=error.reason)


def carry_out(state: StreamState, asked: HostRequest, decoder: Decoder) -> tuple[StreamState, Answer]:
    """Return the stream after a request, and what is to be answered. PeerError where it cannot be carried out."""
    request, seen = asked.request, state.picture
    if isinstance(request, Calibrate):
        after = replace(seen, calibration=_calibrate(seen.calibration, request))
        if after.calibration is None:  # the next vector may have another length
            after = replace(after, features=None)
        return replace(state, picture=after), _learning(request.stream, after.calibration)
    known = _teach(state, asked, decoder)
    answer = _anchors(request.stream, known)
    return (state if known is seen.anchors else replace(state, picture=replace(seen, anchors=known))), answer


def _teach(state: StreamState, asked: HostRequest, decoder: Decoder) -> AnchorSet:
    known = state.picture.anchors
    match asked.request:
        case TeachList():
            return known
        case TeachRemove(name=name):
            return remove_anchor(known, name)
        case TeachUndo():
            return undo_change(known)
        case Teach(name=name):
            picture, lesson = _picture(state.picture), _unbound(playing_lesson(state.lead, decoder), state, decoder)
            return add_anchor(known, lesson.anchor(name, picture, "played", playing_phrase(state.lead)))
        case TeachMidi(name=name):
            picture, phrase = _picture(state.picture), _phrase(bytes(asked.midi))
            lesson = _unbound(phrase_lesson(phrase, decoder), state, decoder)
            return add_anchor(known, lesson.anchor(name, picture, "midi", phrase))
        case TeachDirection(name=name, direction=direction, value=value):
            picture = _picture(state.picture)
            now = place_at(state.picture, decoder.target, asked.controls, asked.time)
            lesson = Lesson(directed_place(now, direction, value, decoder))
            return add_anchor(known, lesson.anchor(name, picture, f"{direction} {value:g}"))
    raise PeerError("type", f"a {type(asked.request).__name__} teaches nothing")


def _unbound(lesson: Lesson, state: StreamState, decoder: Decoder) -> Lesson:
    """Take off a lesson's place what the bindings will add to it where the picture's readings are as now."""
    place = lesson.place
    moved = apply_bindings(place, state.picture.readings, state.bindings, decoder.target)
    return replace(lesson, place=within(place - (moved - place), decoder.target.rms))


def _picture(seen: PictureState) -> Floats:
    if seen.features is None or seen.calibration is None:
        raise PeerError("teach", "there is no picture to teach yet: send one first")
    return seen.features.value


def _phrase(midi: bytes) -> tuple[int, ...]:
    try:
        phrase = midi_phrase(midi)
    except MediaError as error:
        raise PeerError("midi", str(error)) from None
    if max(phrase) < FIRST_ON:
        raise PeerError("midi", "no note begins in the first two bars")
    return phrase


def _calibrate(known: Calibration | None, request: Calibrate) -> Calibration | None:
    if request.action == "reset":
        return None
    if known is None:
        raise PeerError("calibrate", "no picture was seen yet: there is nothing to freeze or to go on from")
    return freeze(known) if request.action == "freeze" else adapt(known)


def _learning(stream: str, known: Calibration | None) -> Calibrated:
    if known is None:
        return Calibrated(stream=stream, state="new", pictures=0)
    return Calibrated(stream=stream, state="frozen" if known.frozen else "adapting", pictures=int(known.pictures))


def _anchors(stream: str, known: AnchorSet) -> Anchors:
    listed = tuple(text for anchor in known.anchors for text in (anchor.name, anchor.source))
    return Anchors(stream=stream, anchors=listed)
