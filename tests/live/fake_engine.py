"""An engine without models: the same pictures and steps always give the same notes. Run as a child of the bridge.

It plays legato, a new note every step, and tells the sum of what is bound as `density`. What it is taught are names;
the name `bad` is refused, `die` ends the process. Features tell it to misbehave: the first number -1 is refused, -2
ends the process, -3 hangs it, -4 burns the CPU for 30 ms, -5 is complained of.
"""

import hashlib
import os
import threading
import time

import zmq
from msgspec.structs import replace

from score_bridge.errors import ModelError
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import Anchors, Attribute, Features, Note, NoteOff, Teach
from score_bridge.wire.zmq_codec import Decoder, Part, encode

LATENT = (0.25, -0.5)
SNAPSHOT_EVERY = 4


def run_engine(address: str, settings: Settings) -> None:
    pair: zmq.Socket[bytes] = zmq.Context().socket(zmq.PAIR)
    pair.connect(address)
    engine = FakeEngine(pair)
    engine.tell(
        internal.EngineReady(
            weights="fake", latent_size=len(LATENT), device="cpu", directions=("density", "register")
        )
    )
    engine.run()


def run_without_weights(address: str, settings: Settings) -> None:
    raise ModelError("weights /nowhere.safetensors are missing")


def run_and_die(address: str, settings: Settings) -> None:
    os._exit(7)


def run_busy_engine(address: str, settings: Settings) -> None:
    """The same, beside two threads that keep both cores busy without the interpreter's lock, as torch does."""
    for _ in range(2):
        threading.Thread(target=_compute, daemon=True).start()
    run_engine(address, settings)


def _compute() -> None:
    while True:
        hashlib.pbkdf2_hmac("sha256", b"busy", b"engine", 100_000)


def _burn(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class FakeEngine:
    def __init__(self, pair: zmq.Socket[bytes]) -> None:
        self.pair = pair
        self.held: dict[str, int] = {}
        self.heard: dict[str, int] = {}
        self.restored: dict[str, bytes] = {}
        self.taught: list[str] = []
        self.decoder: Decoder[internal.ToEngine] = Decoder(internal.ToEngine)

    def tell(self, message: internal.FromEngine, payload: Part = b"") -> None:
        self.pair.send_multipart(encode(message, payload))

    def run(self) -> None:
        while True:
            if not self.pair.poll(250):
                self.tell(internal.Alive(time=time.perf_counter()))
                continue
            message, payload = self.decoder.decode(self.pair.recv_multipart())
            match message:
                case internal.Observe():
                    self.observe(message, payload)
                case internal.Step():
                    self.step(message)
                case internal.Release():
                    self.held.pop(message.stream, None)
                    if message.forget:
                        self.tell(internal.Forgotten(stream=message.stream))
                case internal.EngineRequest():
                    self.answer(message, payload)
                case internal.Restore():
                    self.restored[message.stream] = bytes(payload)
                case internal.Shutdown():
                    return

    def answer(self, message: internal.EngineRequest, payload: Part) -> None:
        request = message.source
        name = request.name if isinstance(request, Teach) else ""
        if name == "die":
            os._exit(9)
        if name == "bad":
            self.tell(internal.EngineReply(ask=message.ask, refused_kind="teach", refused="fake: not that"))
            return
        self.taught += [name] if name else []
        told = tuple(text for one in self.taught for text in (one, "played"))
        self.tell(internal.EngineReply(ask=message.ask, answer=Anchors(stream=request.stream, anchors=told)))

    def observe(self, message: internal.Observe, payload: Part) -> None:
        source = message.source
        values = source.values if isinstance(source, Features) else [payload[0] / 255]
        refused = "fake: a bad picture" if values[0] == -1 else ""
        if values[0] == -2:
            os._exit(9)
        if values[0] == -3:
            threading.Event().wait()
        if values[0] == -4:
            _burn(0.03)
        if values[0] == -5:
            self.tell(internal.StreamWarning(stream=source.stream, kind="show", reason="fake: another length"))
        self.heard[source.stream] = source.seq
        seen = internal.Observed(
            stream=source.stream,
            seq=source.seq,
            received=message.received,
            finished=time.perf_counter(),
            descriptors={} if refused else {"brightness": values[0]},
            refused_kind="picture" if refused else "",
            refused=refused,
        )
        self.tell(seen)
        if not refused:
            self.tell(replace(seen, encoded=True, again=True))

    def step(self, message: internal.Step) -> None:
        for part in message.streams:
            stream = part.stream
            self.tell(
                internal.Stepped(
                    stream=stream,
                    n=message.n,
                    due=message.due,
                    token=pitch_of(message.n) - 19,
                    events=self.events(message, stream, part.controls.channel),
                    latent=LATENT,
                    program=part.controls.program,
                    compute_ms=0.1,
                )
            )
            bound = sum(binding.amount for binding in part.bindings)
            amount = Attribute(stream=stream, name="density", value=bound, step=message.n)
            self.tell(internal.Annotations(stream=stream, n=message.n, messages=(amount,)))
            if message.n % SNAPSHOT_EVERY == 0:
                self.tell(internal.Snapshot(stream=stream, step=message.n), self.snapshot(stream))

    def events(self, step: internal.Step, stream: str, channel: int) -> tuple[Note | NoteOff, ...]:
        held = self.held.get(stream)
        self.held[stream] = step.n
        on = Note(
            stream=stream,
            id=step.n,
            pitch=pitch_of(step.n),
            velocity=80,
            channel=channel,
            seconds=step.seconds_per_step,
            time=step.due,
            step=step.n,
        )
        if held is None:
            return (on,)
        return NoteOff(stream=stream, id=held, pitch=pitch_of(held), channel=channel, time=step.due), on

    def snapshot(self, stream: str) -> bytes:
        return self.restored.get(stream, b"") + b"."


def pitch_of(n: int) -> int:
    return 48 + n % 24
