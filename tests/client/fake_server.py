"""A stand-in for the server's outer side, on real sockets: answers as the tables say and plays one note a picture."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from score_bridge.errors import PeerError
from score_bridge.wire.controls import Controls, set_control
from score_bridge.wire.messages import (
    PROTOCOL,
    Anchors,
    Bind,
    Bound,
    Calibrate,
    Calibrated,
    Error,
    Features,
    Frame,
    Get,
    Hello,
    Incoming,
    Note,
    NoteOff,
    Outgoing,
    Ping,
    Pong,
    Request,
    Save,
    Set,
    Teach,
    TeachDirection,
    TeachMidi,
    TeachUndo,
    Value,
    Welcome,
)
from score_bridge.wire.osc.codec import decode_osc, encode_osc
from score_bridge.wire.zmq_codec import decode_incoming, encode, encode_published

LOCAL = "tcp://127.0.0.1"


class FakeServer:
    """`heard` holds everything that arrived but pings. Set `protocol`, `mute` or `tired` (no errors) to misbehave,
    `spoken` or `raw` to speak up.
    """

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.payloads: list[bytes] = []
        self.protocol = PROTOCOL
        self.mute = False
        self.tired = False
        self.spoken: list[Outgoing] = []
        self.raw: list[bytes] = []
        self._controls = Controls()
        self._notes = 0
        self._taught: list[tuple[str, str]] = []
        self._reply: tuple[str, int] | None = None
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.RCVHWM, 1)  # a deaf server's queue is soon full
        self._pub = self._context.socket(zmq.PUB)
        self._osc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._osc.bind(("127.0.0.1", 0))
        self.zmq = f"{LOCAL}:{self._router.bind_to_random_port(LOCAL)}"
        self.pub = f"{LOCAL}:{self._pub.bind_to_random_port(LOCAL)}"
        self.osc: int = self._osc.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._osc.fileno(), zmq.POLLIN)
        while not self._stop.is_set():
            ready = dict(poller.poll(20))
            if self._router in ready and not self.mute:
                self._hear_zmq()
            if self._osc.fileno() in ready:
                self._hear_osc()
        self._osc.close()
        self._context.destroy(linger=0)

    def _hear_zmq(self) -> None:
        peer, *parts = self._router.recv_multipart()
        if self.raw:
            self._router.send_multipart([peer, *self.raw])
        try:
            message, payload = decode_incoming(parts)
            answers = [*self.spoken, *self._answers(message, bytes(payload))]
            self.spoken.clear()
        except PeerError as error:
            answers = [] if self.tired else [Error(kind=error.kind, reason=error.reason)]
        for answer in answers:
            if isinstance(answer, Note | NoteOff):
                self._pub.send_multipart(encode_published(answer))
            else:
                self._router.send_multipart([peer, *encode(answer)])

    def _hear_osc(self) -> None:
        datagram, peer = self._osc.recvfrom(65536)
        decoded = decode_osc(datagram)
        answers: list[Outgoing] = [Error(kind=e.kind, reason=e.reason) for e in decoded.errors]
        for message, payload in decoded.messages:
            if isinstance(message, Hello) and message.reply_port:
                self._reply = (peer[0], message.reply_port)
            try:
                answers += self._answers(message, payload)
            except PeerError as error:
                answers.append(Error(kind=error.kind, reason=error.reason))
        for answer in answers:
            self._osc.sendto(encode_osc(answer), self._reply or peer)

    def _answers(self, message: Incoming, payload: bytes) -> list[Outgoing]:
        if isinstance(message, Ping):
            return [Pong(id=message.id, time=time.monotonic())]
        self.heard.append(message)
        self.payloads.append(payload)
        if isinstance(message, Request):
            return [self._request(message, payload)]
        match message:
            case Hello():
                return [self._welcome()]
            case Set(name=name, value=value, stream=stream):
                self._controls = set_control(self._controls, name, value)
                return [Value(stream=stream, name=name, value=getattr(self._controls, name))]
            case Bind(source=source, target=target, amount=amount, stream=stream):
                if target == "syncopation":
                    raise PeerError("bind", "the melody model fake has no named directions")
                return [Bound(stream=stream, source=source, target=target, amount=amount)]
            case Get(name=name, stream=stream):
                return [Value(stream=stream, name=name, value=getattr(self._controls, name))]
            case Frame(stream=stream) | Features(stream=stream):
                return self._play(stream)
            case _:
                return []

    def _request(self, message: Request, payload: bytes) -> Outgoing:
        match message:
            case Calibrate(stream=stream):
                return Calibrated(stream=stream, state="frozen", pictures=5)
            case Save():
                raise PeerError("save", "there is no file to save to")
            case Teach(name=name):
                self._taught.append((name, "played"))
            case TeachMidi(name=name):
                self._taught.append((name, f"midi {len(payload)}"))
            case TeachDirection(name=name, direction=direction, value=value):
                self._taught.append((name, f"{direction} {value:g}"))
            case TeachUndo():
                self._taught.pop()
        return Anchors(stream=message.stream, anchors=tuple(text for pair in self._taught for text in pair))

    def _welcome(self) -> Welcome:
        return Welcome(
            protocol=self.protocol,
            server="fake",
            weights="none",
            latent_size=0,
            expects="frames",
            time=0.0,
            pub=self.pub,
        )

    def _play(self, stream: str) -> list[Outgoing]:
        self._notes += 1
        number, pitch = self._notes, 60 + self._notes % 12
        return [
            Note(stream=stream, id=number, pitch=pitch, velocity=80, channel=1, seconds=0.125),
            NoteOff(stream=stream, id=number, pitch=pitch, channel=1),
        ]


@contextmanager
def running() -> Iterator[FakeServer]:
    server = FakeServer()
    server._thread.start()
    try:
        yield server
    finally:
        server._stop.set()
        server._thread.join()
