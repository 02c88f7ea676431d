"""A small client for Python hosts and scripts: pictures or features out, notes back.

    with Client.connect() as score:
        score.send_frame(picture)                  # numpy (height, width, 3) uint8 RGB, or JPEG bytes
        for note in score.notes(timeout=2.0): ...

One thread, no background work: the sockets are read while `notes`, `messages`, `set`, `get` or `ping` run. A Client
is not to be shared between threads.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
import zmq
from numpy.typing import NDArray

from score_bridge.errors import PeerError, ScoreBridgeError, SettingsError
from score_bridge.wire import messages as m
from score_bridge.wire.zmq_codec import Part, decode_incoming, decode_outgoing, decode_published, encode

DEFAULT_ADDRESS = "tcp://127.0.0.1:5570"
QUEUE = 64  # messages on their way; beyond it pictures are dropped, not queued
KEPT = 1000
ABOUT_PICTURES = frozenset({"frame", "features", "payload", "size"})  # errors that answer no question
_ORDERS: dict[int, m.Order] = {2: "gray", 3: "rgb", 4: "rgba"}
_JPEG = b"\xff\xd8\xff"
_EVERYWHERE = ("0.0.0.0", "*", "[::]")
Answer = TypeVar("Answer", bound=m.Message)
Numbers = Sequence[float] | NDArray[Any]


class ServerSilentError(ScoreBridgeError, TimeoutError):
    """The server did not answer in time; the message says what to check."""


class Client:
    """A connection to a running `score-bridge serve`: `with Client.connect() as score`.

    `welcome` is the server's greeting; `errors` the newest reasons (at most 1000) why something was not used;
    `dropped` counts pictures and features that were not sent because the server was away or could not keep up.
    """

    welcome: m.Welcome

    def __init__(self, address: str, timeout: float) -> None:
        """Open the socket without greeting; use `Client.connect`."""
        self.address, self.timeout = address, timeout
        self.errors: deque[m.Error] = deque(maxlen=KEPT)
        self.dropped = 0
        self._inbox: deque[m.Outgoing] = deque(maxlen=KEPT)
        self._count = 0
        self._context = zmq.Context()
        self._dealer = _socket(self._context, zmq.DEALER, address)
        self._sub: zmq.Socket[bytes] | None = None

    @classmethod
    def connect(cls, address: str = DEFAULT_ADDRESS, name: str = "python", timeout: float = 5.0) -> Self:
        """Greet the server at `address` and subscribe to what it publishes; every answer may take `timeout` seconds.

        Raises ServerSilentError when nobody answers, PeerError when the server refuses or speaks another version of
        the protocol, SettingsError for an address that is none.
        """
        client = cls(address, timeout)
        try:
            client._greet(name)
        except BaseException:
            client.close()
            raise
        return client

    def send_frame(
        self, picture: NDArray[Any] | bytes, *, stream: str = m.MAIN_STREAM, time: float | None = None, **form: Any
    ) -> bool:
        """Send a picture: an array of uint8 or float32 (0..1), (height, width[, planes]), or JPEG or PNG bytes.

        Three planes count as "rgb", four as "rgba"; `form` are further fields of `Frame` (order, origin, transfer).
        `time` is the host's, seconds. Returns False when the picture was dropped. Raises PeerError if it is unusable.
        """
        fields, payload = _picture(picture)
        stamps = {"stream": stream, "seq": self._next(), "time": monotonic() if time is None else time}
        return self._offer(m.Frame(**{**fields, **form, **stamps}), payload)

    def send_features(self, values: Numbers, *, stream: str = m.MAIN_STREAM, time: float | None = None) -> bool:
        """Send 1 to 4096 finite numbers, always as many, in the place of a picture. Returns and raises likewise."""
        vector, now = tuple(map(float, values)), monotonic() if time is None else time
        return self._offer(m.Features(values=vector, stream=stream, seq=self._next(), time=now))

    def set(self, name: str, value: m.ControlValue, *, stream: str = m.MAIN_STREAM) -> m.ControlValue:
        """Set a control and return the value that the server took. Raises PeerError with the server's reason."""
        message = m.Set(name=name, value=value, stream=stream)
        return self._ask(message, m.Value, lambda answer: answer.name == name and answer.stream == stream).value

    def get(self, name: str, *, stream: str = m.MAIN_STREAM) -> m.ControlValue:
        """Return a control's value. Raises PeerError with the server's reason."""
        message = m.Get(name=name, stream=stream)
        return self._ask(message, m.Value, lambda answer: answer.name == name and answer.stream == stream).value

    def start(self, stream: str = m.MAIN_STREAM) -> None:
        """Let the stream play again after `stop`."""
        self._send(m.Start(stream=stream))

    def stop(self, stream: str = m.MAIN_STREAM) -> None:
        """Silence the stream until `start`."""
        self._send(m.Stop(stream=stream))

    def tempo(self, bpm: float) -> None:
        """Set the tempo of all streams, 20 to 300 beats per minute."""
        self._send(m.Tempo(bpm=bpm))

    def panic(self) -> None:
        """End every sounding note at once."""
        self._send(m.Panic())

    def ping(self) -> float:
        """Return the seconds that a question and its answer took."""
        began, number = monotonic(), self._next()
        self._ask(m.Ping(id=number), m.Pong, lambda pong: pong.id == number)
        return monotonic() - began

    def notes(self, timeout: float | None = None) -> Iterator[m.Note | m.NoteOff]:
        """Yield notes and their ends, for `timeout` seconds in all (None: for ever, 0: what is there)."""
        return (message for message in self.messages(timeout) if isinstance(message, m.Note | m.NoteOff))

    def messages(self, timeout: float | None = None) -> Iterator[m.Outgoing]:
        """Yield everything the server says, errors too, for `timeout` seconds in all (None: for ever)."""
        end = None if timeout is None else monotonic() + timeout
        wait: float | None = 0.0
        while True:
            self._inbox.extend(self._read(wait))
            while self._inbox:
                yield self._inbox.popleft()
            wait = None if end is None else end - monotonic()
            if wait is not None and wait <= 0:
                return

    def close(self) -> None:
        """Close the sockets; what is still queued gets a tenth of a second to leave."""
        self._context.destroy(linger=100)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _greet(self, name: str) -> None:
        self.welcome = self._ask(m.Hello(name=name), m.Welcome, lambda _: True)
        if self.welcome.protocol != m.PROTOCOL:
            versions = f"the server speaks protocol {self.welcome.protocol}, this client {m.PROTOCOL}"
            raise PeerError("protocol", f"{versions}: install the same major version of score-bridge on both sides")
        self._sub = _socket(self._context, zmq.SUB, _reachable(self.welcome.pub, self.address))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _offer(self, message: m.Incoming, payload: Part = b"") -> bool:
        parts = encode(message, payload)
        decode_incoming(parts)  # the server's own check, so that its reason comes as an exception
        try:
            self._dealer.send_multipart(parts, flags=zmq.NOBLOCK)
        except zmq.Again:
            self.dropped += 1
            return False
        return True

    def _send(self, message: m.Incoming) -> None:
        parts = encode(message)
        decode_incoming(parts)
        if not self._dealer.poll(int(self.timeout * 1000), zmq.POLLOUT):
            raise self._silent("nothing gets through to")
        self._dealer.send_multipart(parts)

    def _ask(self, question: m.Incoming, kind: type[Answer], fits: Callable[[Answer], bool]) -> Answer:
        self._send(question)
        end = monotonic() + self.timeout
        while (left := end - monotonic()) > 0:
            found, refused = None, None
            for message in self._read(left):
                if isinstance(message, kind) and fits(message):
                    found = message
                elif isinstance(message, m.Error) and message.kind not in ABOUT_PICTURES:
                    refused = message
                else:
                    self._inbox.append(message)
            if found is not None:
                return found
            if refused is not None:
                raise PeerError(refused.kind, refused.reason)
        raise self._silent("no answer from")

    def _silent(self, what: str) -> ServerSilentError:
        last = f" The last error was: {self.errors[-1].reason}." if self.errors else ""
        check = "Is score-bridge serve running, and is this the ZeroMQ address it prints?"
        return ServerSilentError(f"{what} {self.address} within {self.timeout:g} s. {check}{last}")

    def _read(self, timeout: float | None) -> list[m.Outgoing]:
        """Wait up to `timeout` seconds (None: for ever) and return all that is there."""
        sockets = [self._dealer] if self._sub is None else [self._dealer, self._sub]
        zmq.select(sockets, [], [], timeout)
        heard = [message for socket in sockets for message in self._drain(socket)]
        self.errors.extend(message for message in heard if isinstance(message, m.Error))
        return heard

    def _drain(self, socket: "zmq.Socket[bytes]") -> Iterator[m.Outgoing]:
        decode = decode_outgoing if socket is self._dealer else decode_published
        while socket.poll(0):
            try:
                yield decode(socket.recv_multipart())
            except PeerError as error:  # from a newer server, perhaps; it is kept where the user can see it
                self.errors.append(m.Error(kind=error.kind, reason=error.reason))


def _socket(context: "zmq.Context[zmq.Socket[bytes]]", kind: int, address: str) -> "zmq.Socket[bytes]":
    socket = context.socket(kind)
    socket.setsockopt(zmq.IMMEDIATE, 1)  # nothing is queued for a server that is away
    socket.setsockopt(zmq.SNDHWM, QUEUE)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 2000)
    socket.setsockopt(zmq.IPV6, int("[" in address))
    if kind == zmq.SUB:
        socket.subscribe(b"")
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        raise SettingsError(f"address {address!r}: {error}; expected something like {DEFAULT_ADDRESS}") from None
    return socket


def _reachable(pub: str, address: str) -> str:
    """Return where to subscribe: a server that listens everywhere is asked where it was found."""
    protocol, _, rest = pub.partition("://")
    host, _, port = rest.rpartition(":")
    return f"{address.rpartition(':')[0]}:{port}" if host in _EVERYWHERE else f"{protocol}://{rest}"


def _picture(picture: NDArray[Any] | bytes) -> tuple[dict[str, Any], Part]:
    if isinstance(picture, bytes):
        return {"encoding": "jpeg" if picture.startswith(_JPEG) else "png"}, picture
    planes = picture.shape[2] if picture.ndim == 3 else 2
    order = _ORDERS.get(planes, "gray")
    payload = np.ascontiguousarray(picture).reshape(-1).view(np.uint8).data
    return {"shape": picture.shape, "dtype": str(picture.dtype), "order": order}, payload
