"""The engine process: pictures and steps in, decisions out. It owns torch, the models and every stream's state.

Process contract: a child of the bridge, spawned, lowered in priority, one PAIR socket to the bridge. The main thread
owns the states and the melody decoder and serves steps before pictures; one worker thread owns the feature encoder
(`engine.features`). It ends at `shutdown`, or when the bridge is gone.
"""

import gc
import multiprocessing
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace

import cv2
import msgspec
import numpy as np
import torch
import zmq

from score_bridge.engine.annotations import AnnotationState, after_step
from score_bridge.engine.encoder_thread import FeatureWorker, Job, Result
from score_bridge.engine.models import PICTURE_SIDE, THUMBNAIL, EngineModels, load_models
from score_bridge.engine.pipeline import (
    PictureVector,
    StepTime,
    gather_groups,
    observe_features,
    observe_picture,
    picture_vector,
    silence,
    step,
    wants_features,
)
from score_bridge.engine.requests import HostRequest, answer_request
from score_bridge.engine.show_io import bindings_of, drop_unfitting_show, new_stream, save_stream, show_at_start
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState
from score_bridge.errors import PeerError
from score_bridge.mapping.show_file import Show
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import readings
from score_bridge.vision.frame import PictureFormat, decode_picture, shrink
from score_bridge.wire import internal
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Frame, Save
from score_bridge.wire.zmq_codec import Decoder as Wire
from score_bridge.wire.zmq_codec import encode

HEARTBEAT_S = 0.5
SWITCH_S = 0.0005  # how long a thread may keep the interpreter: a step must not wait 5 ms for the encoder's
WAKE = "inproc://features"

Payload = bytes | memoryview


class Engine:
    """Every stream's state and what may happen to it; `send` passes messages to the bridge."""

    def __init__(self, models: EngineModels, worker: FeatureWorker, bridge: "zmq.Socket[bytes]", settings: Settings):
        self.models = models
        self.worker = worker
        self.bridge = bridge
        self.settings = settings
        self.states: dict[str, StreamState] = {}
        self.controls: dict[str, Controls] = {}
        self.asked: dict[str, float] = {}
        self.meanings: dict[str, AnnotationState] = {}
        self.show: Show | None = None

    def handle(self, message: internal.ToEngine, payload: Payload) -> bool:
        """Do one thing; False at shutdown."""
        match message:
            case internal.Step():
                self._decide(message)
            case internal.Observe():
                self._observe(message, payload)
            case internal.Release():
                self._release(message)
            case internal.EngineRequest():
                self._tell(message, payload)
            case internal.Restore():
                restored = unpack_state(bytes(payload))
                played = self.models.decoder.rebuilt(restored.played)
                self.states[message.stream] = StreamState(message.stream, restored.seed, restored.seen, played)
            case internal.Shutdown():
                return False
        return True

    def take(self, result: Result) -> None:
        """Let a stream follow the content that the worker found."""
        job, look = result.job, result.look
        if job.stream not in self.states:
            return
        state = self.states[job.stream]
        named = replace(state, seen=replace(state.seen, labels=look.labels))
        self.states[job.stream], parts = gather_groups(named, {"content": look.features}, self.models.groups)
        if parts is not None:
            self._follow(job.stream, picture_vector(parts, job.seq, job.received), True)

    def _observe(self, message: internal.Observe, payload: Payload) -> None:
        """Describe a picture at once and queue it for its features; take a host's own features as they are."""
        source, received = message.source, message.received
        try:
            if isinstance(source, Frame):
                self._see(source, received, payload)
            else:
                values = np.asarray(source.values, np.float32)
                self._follow(source.stream, PictureVector(values, source.seq, received), False)
        except PeerError as error:
            self._say(
                internal.Observed(
                    stream=source.stream, seq=source.seq, received=received, finished=time.perf_counter(),
                    descriptors={}, refused_kind=error.kind, refused=error.reason,
                )
            )  # fmt: skip

    def _see(self, frame: Frame, received: float, payload: Payload) -> None:
        rgb = decode_picture(payload, PictureFormat.of(frame))
        picture = shrink(rgb, PICTURE_SIDE)
        thumbnail = shrink(picture, THUMBNAIL)
        state, seen, memory = observe_picture(self._state(frame.stream), thumbnail, received)
        quick = self.models.quick_parts(thumbnail, memory)
        self.states[frame.stream], parts = gather_groups(state, quick, self.models.groups)
        due = wants_features(seen, self.asked.get(frame.stream), received)
        if due:
            self.asked[frame.stream] = received
        if due and self.models.look is not None:
            self.worker.submit(Job(frame.stream, frame.seq, received, picture))
        if parts is None:
            self._say(_observed(state, frame.seq, received))
        else:
            learns = due and self.models.look is None
            self._follow(frame.stream, picture_vector(parts, frame.seq, received, quick=not learns), False)

    def _follow(self, stream: str, heard: PictureVector, again: bool) -> None:
        state, complaint = drop_unfitting_show(self._state(stream), len(heard.features))
        if complaint:
            self._say(internal.StreamWarning(stream=stream, kind="show", reason=complaint))
        state = observe_features(state, heard, self._controls(stream))
        self.states[stream] = state
        report = _observed(state, heard.seq, heard.time)
        self._say(msgspec.structs.replace(report, encoded=True, quick=heard.quick, again=again))

    def _decide(self, message: internal.Step) -> None:
        """Decode the step of all its streams in one batch and report each."""
        began = time.perf_counter()
        names = [s.stream for s in message.streams]
        self.controls |= {s.stream: s.controls for s in message.streams}
        when = StepTime(message.n, message.due, message.seconds_per_step)
        states = [replace(self._state(s.stream), bindings=s.bindings) for s in message.streams]
        decided = step(states, [self.controls[n] for n in names], when, self.models.decoder)
        spent = (time.perf_counter() - began) * 1e3
        for name, (result, state) in zip(names, decided, strict=True):
            self.states[name] = state
            self._say(
                internal.Stepped(
                    stream=name, n=message.n, due=message.due, token=result.token, events=result.events,
                    latent=tuple(result.latent.tolist()), program=self.controls[name].program,
                    heard_seq=state.seen.heard_seq, compute_ms=spent,
                )
            )  # fmt: skip
        for name in names:
            self._mean(name, message)
        for name in names:
            if message.n % STEPS_PER_BAR == snapshot_step(name):
                self._say(internal.Snapshot(stream=name, step=message.n), pack_state(self.states[name]))

    def _mean(self, name: str, message: internal.Step) -> None:
        """Say what the stream sees and plays, where there is something new."""
        before, transpose = self.meanings.get(name, AnnotationState()), self.controls[name].transpose
        self.meanings[name], told = after_step(before, self.states[name], message.due, transpose)
        if told:
            self._say(internal.Annotations(stream=name, n=message.n, messages=told))

    def _tell(self, message: internal.EngineRequest, payload: Payload) -> None:
        """Do what a host asks, and answer; what it changed is safe with the bridge before that."""
        stream = message.source.stream
        state = self._state(stream)
        if isinstance(message.source, Save):
            self.show, answer = save_stream(message, state, self.show, self.models, self.settings)
        else:
            asked = HostRequest(message.source, payload, message.time, self._controls(stream))
            after, answer = answer_request(message.ask, asked, state, self.models.decoder)
            if after is not state:
                self.states[stream] = after
                self._say(internal.Snapshot(stream=stream, step=after.played.step), pack_state(after))
        self._say(answer)

    def _release(self, message: internal.Release) -> None:
        if message.forget:
            self.states.pop(message.stream, None)
            self.controls.pop(message.stream, None)
            self.asked.pop(message.stream, None)
            self.meanings.pop(message.stream, None)
        elif message.stream in self.states:
            self.states[message.stream] = silence(self.states[message.stream])

    def _state(self, stream: str) -> StreamState:
        return self.states.get(stream) or new_stream(stream, self.settings.seed, self.show)

    def _controls(self, stream: str) -> Controls:
        return self.controls.get(stream, self.settings.controls)

    def _say(self, message: internal.FromEngine, payload: bytes = b"") -> None:
        self.bridge.send_multipart(encode(message, payload))


def snapshot_step(stream: str) -> int:
    """At which step of the bar, 0..15, a stream is packed: not all at the same one."""
    return zlib.crc32(stream.encode()) % STEPS_PER_BAR


def run_engine(address: str, settings: Settings) -> None:
    """Load the models, tell the bridge at `address`, and serve it to the end."""
    torch.set_num_threads(1)
    sys.setswitchinterval(SWITCH_S)
    cv2.setNumThreads(1)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    bridge, wake = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    bridge.connect(address)
    wake.bind(WAKE)
    models = load_models(settings)
    show = show_at_start(settings, models)
    worker = FeatureWorker(models.look, context, WAKE)
    engine = Engine(models, worker, bridge, settings)
    engine.show = show
    size = models.melody.network.latent_size
    ready = internal.EngineReady(
        weights=models.melody.name,
        latent_size=size,
        device=str(models.device),
        directions=models.decoder.directions,
        bindings=bindings_of(show, models),
    )
    bridge.send_multipart(encode(ready))
    gc.collect()
    gc.freeze()
    try:
        _serve(engine, bridge, wake)
    finally:
        worker.close()
        context.destroy(linger=200)


def _serve(engine: Engine, bridge: "zmq.Socket[bytes]", wake: "zmq.Socket[bytes]") -> None:
    """Drain, steps first, pictures and requests in their order; take in finished features; keep the heart beating."""
    poller = zmq.Poller()
    poller.register(bridge, zmq.POLLIN)
    poller.register(wake, zmq.POLLIN)
    parent = multiprocessing.parent_process()
    beat = 0.0
    while engine.worker.alive():
        poller.poll(int(HEARTBEAT_S * 500))
        _drop(wake)
        waiting = sorted(
            _drain(bridge), key=lambda item: isinstance(item[0], internal.Observe | internal.EngineRequest)
        )
        for result in engine.worker.finished():
            engine.take(result)
        for message, payload in waiting:
            if not engine.handle(message, payload):
                return
            beat = _beat(bridge, beat)  # many messages may wait, each of which takes its time
        beat = _beat(bridge, beat)
        if parent is not None and not parent.is_alive():
            return


def _beat(bridge: "zmq.Socket[bytes]", last: float) -> float:
    """Send a heartbeat where the last one is HEARTBEAT_S old; returns when the last one was sent."""
    now = time.perf_counter()
    if now - last < HEARTBEAT_S:
        return last
    bridge.send_multipart(encode(internal.Alive(time=now)))
    return now


_WIRE: Wire[internal.ToEngine] = Wire(internal.ToEngine)


def _drain(socket: "zmq.Socket[bytes]") -> Iterator[tuple[internal.ToEngine, Payload]]:
    while True:
        try:
            parts = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        yield _WIRE.decode(parts)


def _drop(wake: "zmq.Socket[bytes]") -> None:
    while wake.poll(0):
        wake.recv()


def _observed(state: StreamState, seq: int, received: float) -> internal.Observed:
    seen = state.seen.descriptors
    return internal.Observed(
        stream=state.stream, seq=seq, received=received, finished=time.perf_counter(),
        descriptors=readings(seen) if seen else {},
        cut=bool(seen and seen.cut),
    )  # fmt: skip
