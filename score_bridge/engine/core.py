"""The engine's core: events in, effects out. It knows no socket, thread or clock; every time is in an event.

The engine process, film scoring and the benchmark all drive this one. Content arrives as an event of its own with
its picture's time, so the order of events is data: the same events in the same order give the same notes.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from score_bridge.engine.annotations.after_step import AnnotationState, after_step
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.events import (
    ContentReady,
    Defer,
    Effect,
    EncodeContent,
    Event,
    FeaturesGiven,
    KeepSnapshot,
    ObservationMade,
    PictureSeen,
    RequestReceived,
    SaveShow,
    ShowSaved,
    StateRestored,
    StepSent,
)
from score_bridge.engine.new_stream import drop_unfitting_show, new_stream
from score_bridge.engine.observing import Observation, read_content, read_picture
from score_bridge.engine.pipeline import StepTime, as_heard, follow, release_notes, step
from score_bridge.engine.requests.carry_out import HostRequest, answer_request
from score_bridge.engine.state import StreamState
from score_bridge.errors import PeerError
from score_bridge.mapping.scenes import NO_KEY
from score_bridge.mapping.show import Show
from score_bridge.music.keys import transposed
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.vision.descriptors import readings
from score_bridge.wire import internal
from score_bridge.wire.controls import Controls, to_texts
from score_bridge.wire.messages import LEAD, Save
from score_bridge.wire.voices import program_of


@dataclass(frozen=True)
class _Stream:
    """A stream's state, how it plays, and what was last published of it."""

    state: StreamState
    controls: Controls
    annotations: AnnotationState = field(default_factory=AnnotationState)


class EngineCore:
    """Every stream's state and what may happen to it."""

    def __init__(
        self, decoder: Decoder, groups: Sequence[str], controls: Controls, seed: int = 0, show: Show | None = None
    ) -> None:
        """Play with `decoder` what pictures of these feature `groups` show.

        New streams begin with `controls`, draw by `seed`, and know what `show` knows.
        """
        self._decoder = decoder
        self._groups = tuple(groups)
        self._defaults = controls
        self._seed = seed
        self._show = show
        self._streams: dict[str, _Stream] = {}
        self._handlers: dict[type, Callable[[Any], list[Effect]]] = {
            internal.Step: self._step,
            StepSent: self._after_step,
            PictureSeen: self._see,
            ContentReady: self._take_content,
            ObservationMade: lambda event: self._follow(event.stream, event.observation),
            FeaturesGiven: self._take_features,
            RequestReceived: self._answer,
            StateRestored: self._restore,
            internal.Release: self._release,
            ShowSaved: self._begin_with,
        }

    def state(self, stream: str) -> StreamState:
        """Return a stream's state, that of a new one if it has not begun."""
        return self._stream(stream).state

    def handle(self, event: Event) -> list[Effect]:
        """Take one event in; return what is to be done, in order. Faults of a peer are effects, too."""
        return self._handlers[type(event)](event)

    def _see(self, event: PictureSeen) -> list[Effect]:
        """Describe a picture at once; ask for its content, if it is due."""
        state = self.state(event.stream)
        reader, seen, encode = read_picture(state.picture.reader, event.picture, event.seq, event.time, self._groups)
        self._put(replace(state, picture=replace(state.picture, reader=reader)))
        wanted = EncodeContent(event.stream, event.seq, event.time, event.picture.image)
        return [*([wanted] if encode else []), *self._follow(event.stream, seen)]

    def _take_content(self, event: ContentReady) -> list[Effect]:
        """Let a stream follow the content of one of its pictures; a stream that was forgotten follows nothing."""
        if event.stream not in self._streams:
            return []
        state = self.state(event.stream)
        reader, seen = read_content(state.picture.reader, event.look, event.seq, event.time, self._groups)
        self._put(replace(state, picture=replace(state.picture, reader=reader)))
        return self._follow(event.stream, seen, again=True)

    def _take_features(self, event: FeaturesGiven) -> list[Effect]:
        return self._follow(event.stream, Observation.of_host(event.values, event.seq, event.time))

    def _follow(self, stream: str, seen: Observation, *, again: bool = False) -> list[Effect]:
        state, warnings = self.state(stream), list[Effect]()
        try:
            if seen.groups:
                state, warning = drop_unfitting_show(state, len(seen.features))
                warnings += [internal.StreamWarning(stream=stream, kind="show", reason=warning)] if warning else []
            picture = follow(state.picture, seen, self._stream(stream).controls)
        except PeerError as error:
            return [refuse_picture(stream, seen.seq, seen.time, error)]
        except (ArithmeticError, np.linalg.LinAlgError) as error:  # one stream's numbers are not another's trouble
            reason = f"this vector cannot be followed ({error}); calibrate reset begins anew"
            return [refuse_picture(stream, seen.seq, seen.time, PeerError("features", reason))]
        self._put(replace(state, picture=picture))
        if again and not seen.groups:
            return warnings
        found = picture.descriptors
        report = internal.Observed(
            stream=stream, seq=seen.seq, received=seen.time, descriptors=readings(found) if found else {},
            cut=bool(found and found.cut), onset=bool(found and found.onset), encoded=bool(seen.groups),
            quick=seen.quick, again=again,
        )  # fmt: skip
        return [*warnings, report]

    def _step(self, due: internal.Step) -> list[Effect]:
        """Decide the step of all its streams in one batch; what can wait is deferred."""
        effects: list[Effect] = []
        for s in due.streams:
            known = self._stream(s.stream)
            if s.stream not in self._streams or known.controls.ensemble != s.controls.ensemble:
                absent = self._decoder.players.absent(s.controls)
                effects += [internal.StreamWarning(stream=s.stream, kind="ensemble", reason=absent)] if absent else []
            self._streams[s.stream] = replace(
                known, state=replace(known.state, bindings=s.bindings), controls=s.controls
            )
        playing = [self._streams[s.stream] for s in due.streams]
        when = StepTime(due.n, due.due, due.seconds_per_step, due.struck)
        keys = self._group_keys(when, {s.stream for s in due.streams})
        states = [replace(s.state, group_key=_written(keys, s.controls)) for s in playing]
        decided = step(states, [s.controls for s in playing], when, self._decoder)
        for stream, (results, state) in zip(playing, decided, strict=True):
            self._put(state)
            effects += [
                internal.Stepped(
                    stream=state.stream, n=due.n, due=due.due, token=result.token, events=result.events,
                    latent=tuple(result.place.tolist()) if result.voice == LEAD else (),
                    voice=result.voice, struck=due.struck,
                    program=program_of(result.voice, stream.controls),
                )
                for result in results
            ]  # fmt: skip
        return [*effects, Defer(StepSent(due))]

    def _group_keys(self, when: StepTime, playing: Set[str]) -> dict[int, int]:
        """Return the key in which each group sounds: that of the first of its streams that plays, or just did."""
        keys: dict[int, int] = {}
        for name, known in self._streams.items():
            group, state = known.controls.group, known.state
            lately = name in playing or when.n - state.lead.step <= STEPS_PER_BAR
            if group and group not in keys and lately:
                alone = replace(as_heard(state, known.controls, when), group_key=NO_KEY)
                key = self._decoder.teller.key(alone, known.controls)
                keys |= {group: transposed(key, known.controls.transpose)} if key != NO_KEY else {}
        return keys

    def _after_step(self, event: StepSent) -> list[Effect]:
        """Publish what the streams see and play, where it changed; keep a snapshot of each once a bar."""
        effects: list[Effect] = []
        done = event.step
        for known in (self._streams[s.stream] for s in done.streams if s.stream in self._streams):
            name = known.state.stream
            annotations, messages = after_step(known.annotations, known.state, done.due, known.controls.transpose)
            self._streams[name] = replace(known, annotations=annotations)
            if messages:
                effects.append(internal.Annotations(stream=name, n=done.n, messages=messages))
            if done.n % STEPS_PER_BAR == snapshot_step(name):
                effects.append(KeepSnapshot(known.state))
        return effects

    def _answer(self, event: RequestReceived) -> list[Effect]:
        """Do what a host asks, and answer; what it changed is kept before that."""
        asked = event.request
        known = self._stream(asked.source.stream)
        if isinstance(asked.source, Save):
            controls = (*to_texts(asked.controls), f"tempo {asked.tempo:g}")
            return [SaveShow(asked.ask, replace(known.state, bindings=asked.bindings), controls)]
        request = HostRequest(asked.source, event.midi, asked.time, known.controls)
        after, answer = answer_request(asked.ask, request, known.state, self._decoder)
        if after is known.state:
            return [answer]
        self._put(after)
        return [KeepSnapshot(after), answer]

    def _restore(self, event: StateRestored) -> list[Effect]:
        state = event.state
        voices = {
            name: voice if voice.cache is not None else self._decoder.rebuilt(voice, event.until)
            for name, voice in state.voices.items()
        }
        self._put(replace(state, voices=voices))
        return []

    def _release(self, event: internal.Release) -> list[Effect]:
        if event.forget:
            self._streams.pop(event.stream, None)
        elif event.stream in self._streams:
            self._put(release_notes(self.state(event.stream)))
        return []

    def _begin_with(self, event: ShowSaved) -> list[Effect]:
        self._show = event.show
        return []

    def _stream(self, name: str) -> _Stream:
        return self._streams.get(name) or _Stream(new_stream(name, self._seed, self._show), self._defaults)

    def _put(self, state: StreamState) -> None:
        self._streams[state.stream] = replace(self._stream(state.stream), state=state)


def _written(keys: Mapping[int, int], controls: Controls) -> int:
    """Return the key of a stream's group as the model is told it, before its notes are transposed."""
    key = keys.get(controls.group, NO_KEY)
    return key if key == NO_KEY else transposed(key, -controls.transpose)


def refuse_picture(stream: str, seq: int, time: float, error: PeerError) -> internal.Observed:
    """Return the report of a picture or vector that could not be used."""
    return internal.Observed(
        stream=stream, seq=seq, received=time, descriptors={}, refused_kind=error.kind, refused=error.reason
    )


def snapshot_step(stream: str) -> int:
    """At which step of the bar, 0..15, a stream is kept: not all at the same one."""
    return zlib.crc32(stream.encode()) % STEPS_PER_BAR
