"""The engine process: a thin shell around the core. Sockets, threads and the clock are here, decisions are not.

Process contract: a child of the bridge, spawned, lowered in priority, one PAIR socket to the bridge. The main thread
owns the core with the streams' states and the melody decoder, and serves steps before all else; one thread decodes
and shrinks pictures and reads their layout, another encodes their content. It ends at `shutdown`, or when the bridge
is gone.
"""

import gc
import multiprocessing
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import zmq
from msgspec.structs import replace

from score_bridge.engine.core import EngineCore, refuse_picture
from score_bridge.engine.events import (
    ContentReady,
    Defer,
    EncodeContent,
    Event,
    FeaturesGiven,
    KeepSnapshot,
    PictureSeen,
    RequestReceived,
    SaveShow,
    ShowSaved,
    StateRestored,
)
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.engine.observing import Picture
from score_bridge.engine.pacing import Pace
from score_bridge.engine.requests.show_io import bindings_of, save_stream, show_at_start
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.worker_thread import Worker
from score_bridge.errors import PeerError
from score_bridge.models.picture.look import Look
from score_bridge.settings import Settings, as_shown
from score_bridge.vision.frame import PictureFormat, decode_picture
from score_bridge.wire import internal
from score_bridge.wire.messages import Features, Frame
from score_bridge.wire.zmq_codec import Decoder as Wire
from score_bridge.wire.zmq_codec import encode, parts_of

HEARTBEAT_S = 0.25  # a third of the silence at which the bridge says that it waits (`worker.STALLED`)
SWITCH_S = 0.0005  # how long a thread may keep the interpreter: a step must not wait 5 ms for another's
WAKE = "inproc://work-done"

Payload = bytes | memoryview
Socket = zmq.Socket[bytes]


@dataclass(frozen=True, eq=False)
class Undecoded:
    """A picture as a host sent it, received at `time` seconds."""

    stream: str
    frame: Frame
    payload: Payload
    time: float


class _Waiting(NamedTuple):
    """What is done when no step is to be decided: pictures, contents, features, requests. Each takes 1 to 2 ms."""

    stream: str
    event: Event


class EngineProcess:
    """Carries messages of the bridge to the core, and what the core wants done to threads, files and the bridge."""

    def __init__(
        self, core: EngineCore, models: EngineModels, settings: Settings, bridge: Socket, wake_address: str
    ) -> None:
        """Drive `core` with what comes from `bridge`; its threads wake `wake_address` after every job."""
        self._core = core
        self._models = models
        self._settings = settings
        self._bridge = bridge
        self._waiting: deque[_Waiting] = deque()
        self._pace = Pace()
        self._gate = threading.Event()
        self._gate.set()
        look, context = models.look, bridge.context
        self._decoding = Worker(self._decode, context, wake_address, self._gate)
        self._encoding: Worker[EncodeContent, Look] | None = (
            Worker(lambda job: look(job.image), context, wake_address, self._gate) if look is not None else None
        )
        self._threads = [worker for worker in (self._decoding, self._encoding) if worker is not None]

    def receive(self, message: internal.ToEngine, payload: Payload) -> bool:
        """Do at once what notes wait for, and let the rest wait its turn; False at shutdown."""
        match message:
            case internal.Observe(source=Frame() as frame):
                self._decoding.submit(Undecoded(frame.stream, frame, payload, message.received))
            case internal.Observe(source=Features() as given):
                event = FeaturesGiven(given.stream, given.seq, message.received, given.values)
                self._waiting.append(_Waiting(given.stream, event))
            case internal.Restore():
                self._run(StateRestored(unpack_state(bytes(payload)), message.until))
            case internal.EngineRequest():
                self._waiting.append(_Waiting(message.source.stream, RequestReceived(message, payload)))
            case internal.Release(forget=True):
                for worker in self._threads:
                    worker.forget(message.stream)
                self._waiting = deque(one for one in self._waiting if one.stream != message.stream)
                self._run(message)
                self.send(internal.Forgotten(stream=message.stream))
            case internal.Step():
                self._gate.clear()
                self._run(message)
                self._gate.set()
                self._give_way(message)
            case internal.Release():
                self._run(message)
            case internal.Shutdown():
                return False
        return True

    def collect(self) -> None:
        """Let the pictures and contents that the threads have finished wait for their turn."""
        for job, picture in self._decoding.finished():
            seq = job.frame.seq
            if isinstance(picture, PeerError):
                self.send(replace(refuse_picture(job.stream, seq, job.time, picture), finished=time.perf_counter()))
            else:
                self._waiting.append(_Waiting(job.stream, PictureSeen(job.stream, seq, job.time, picture)))
        for done, look in self._encoding.finished() if self._encoding else ():
            self._waiting.append(_Waiting(done.stream, ContentReady(done.stream, done.seq, done.time, look)))

    def work(self) -> bool:
        """Give the core the one that has waited longest; False where nothing waits."""
        if not self._waiting:
            return False
        self._run(self._waiting.popleft().event)
        return True

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of their time that the threads may take, decoding first."""
        return tuple(worker.share for worker in self._threads)

    def alive(self) -> bool:
        """Say whether all threads still work."""
        return all(worker.alive() for worker in self._threads)

    def close(self) -> None:
        """End the threads."""
        for worker in self._threads:
            worker.close()

    def send(self, message: internal.FromEngine, payload: bytes = b"") -> None:
        """Send a message to the bridge."""
        self._bridge.send_multipart(encode(message, payload))

    def _give_way(self, step: internal.Step) -> None:
        """Let pictures have less of the time where a step took long, more where it did not."""
        if step.asked:
            self._pace = self._pace.decided(time.perf_counter() - step.asked, self._settings.lead_ms / 1000)
            self._decoding.share = self._pace.pictures
            if self._encoding:
                self._encoding.share = self._pace.contents

    def _decode(self, job: Undecoded) -> Picture | PeerError:
        try:
            return self._models.prepare(decode_picture(job.payload, PictureFormat.of(job.frame)))
        except PeerError as error:
            return error

    def _run(self, event: Event) -> None:
        """Let the core handle an event, and carry out what it wants."""
        began = time.perf_counter()
        effects = self._core.handle(event)
        now = time.perf_counter()
        for effect in effects:
            match effect:
                case internal.Stepped():
                    self.send(replace(effect, compute_ms=(now - began) * 1e3))
                case internal.Observed():
                    self.send(replace(effect, finished=now))
                case internal.Annotations() | internal.StreamWarning() | internal.EngineReply():
                    self.send(effect)
                case EncodeContent():
                    if self._encoding:
                        self._encoding.submit(effect)
                case KeepSnapshot(state=state):
                    self.send(internal.Snapshot(stream=state.stream, step=state.lead.step), pack_state(state))
                case SaveShow():
                    self._save(effect)
                case Defer():
                    self._run(effect.event)

    def _save(self, wanted: SaveShow) -> None:
        show, answer = save_stream(wanted, self._models, self._settings)
        if show is not None:
            self._run(ShowSaved(show))
        self.send(answer)


def run_engine(
    address: str,
    settings: Settings,
    load: Callable[[Settings], EngineModels] = load_models,
    core_type: type[EngineCore] = EngineCore,
) -> None:
    """Load the models, report to the bridge at `address`, and serve it until it shuts down.

    load: makes the models; core_type: the core that is driven; the benchmark gives its own.
    """
    sys.setswitchinterval(SWITCH_S)
    cv2.setNumThreads(1)
    context: zmq.Context[Socket] = zmq.Context()
    bridge, wake = context.socket(zmq.PAIR), context.socket(zmq.PULL)
    bridge.connect(address)
    wake.bind(WAKE)
    models = load(settings)
    show = show_at_start(settings, models)
    settings = as_shown(settings, show.controls) if show else settings
    core = core_type(models.decoder, models.groups, settings.controls, settings.seed, show)
    engine = EngineProcess(core, models, settings, bridge, WAKE)
    ready = internal.EngineReady(
        weights=models.melody.name,
        latent_size=len(models.decoder.target.mean),
        device=models.device,
        directions=models.decoder.directions,
        bindings=bindings_of(show, models),
        controls=show.controls if show else (),
    )
    engine.send(ready)
    gc.collect()
    gc.freeze()
    try:
        _serve(engine, bridge, wake)
    finally:
        engine.close()
        context.destroy(linger=200)


def _serve(engine: EngineProcess, bridge: Socket, wake: Socket) -> None:
    """Take in all that has come, decide steps at once, and do one other thing; keep the heart beating."""
    poller = zmq.Poller()
    poller.register(bridge, zmq.POLLIN)
    poller.register(wake, zmq.POLLIN)
    parent = multiprocessing.parent_process()
    beat, busy = 0.0, False
    while engine.alive():
        poller.poll(0 if busy else int(HEARTBEAT_S * 500))
        _drop(wake)
        for message, payload in list(_drain(bridge)):
            if not engine.receive(message, payload):
                return
            beat = _beat(engine, beat)  # many messages may wait, each of which takes its time
        engine.collect()
        busy = engine.work()
        beat = _beat(engine, beat)
        if parent is not None and not parent.is_alive():
            return


def _beat(engine: EngineProcess, last: float) -> float:
    """Send a heartbeat where the last one is HEARTBEAT_S old; returns when the last one was sent."""
    now = time.perf_counter()
    if now - last < HEARTBEAT_S:
        return last
    engine.send(internal.Alive(time=now))
    return now


_WIRE: Wire[internal.ToEngine] = Wire(internal.ToEngine)


def _drain(socket: Socket) -> Iterator[tuple[internal.ToEngine, Payload]]:
    while True:
        try:
            frames = socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return
        yield _WIRE.decode(parts_of(frames))


def _drop(wake: Socket) -> None:
    while wake.poll(0):
        wake.recv()
