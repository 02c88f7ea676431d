"""The sockets below `score_bridge.client`: a DEALER for questions and pictures, a SUB for what is published.

One thread, no background work: nothing is read but in `read`. A ping stands behind every question, so that a question
which the server passes over in silence is noticed as soon as the ping is answered.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from time import monotonic, sleep
from typing import TypeVar

import zmq

from score_bridge.errors import PeerError, ScoreBridgeError, SettingsError
from score_bridge.wire.messages import (
    Anchors,
    Calibrated,
    Error,
    Incoming,
    Message,
    Outgoing,
    Ping,
    Pong,
    Request,
    Saved,
)
from score_bridge.wire.zmq_codec import Part, decode_incoming, decode_outgoing, decode_published, encode

DEFAULT_ADDRESS = "tcp://127.0.0.1:5570"
QUEUE = 64  # messages on their way; beyond it pictures are dropped, not queued
KEPT = 1000
KEEPALIVE = {
    zmq.TCP_KEEPALIVE: 1, zmq.TCP_KEEPALIVE_IDLE: 5, zmq.TCP_KEEPALIVE_INTVL: 2, zmq.TCP_KEEPALIVE_CNT: 3,
}  # fmt: skip
"""A server that does not answer is given up after some ten seconds; seconds, and how many probes."""
ABOUT_PICTURES = frozenset(
    {"frame", "picture", "features", "payload", "size", "show"}
)  # errors that answer no question
EVERYWHERE = ("0.0.0.0", "*", "[::]")
Answer = TypeVar("Answer", bound=Message)
Answered = TypeVar("Answered", Anchors, Calibrated, Saved)


class ServerSilentError(ScoreBridgeError, TimeoutError):
    """The server did not answer in time; the message names what to check."""


class Link:
    """Both sockets, what was read but not asked for (`inbox`), the newest `errors`, how much was `dropped`."""

    def __init__(self, address: str, timeout: float) -> None:
        """Open the way to `address`; answers may take `timeout` seconds. Raises SettingsError."""
        self.address, self.timeout = address, timeout
        self.inbox: deque[Outgoing] = deque(maxlen=KEPT)
        self.errors: deque[Error] = deque(maxlen=KEPT)
        self.dropped = 0
        self._numbers = count(1)
        self._context = zmq.Context()
        self._dealer = _socket(self._context, zmq.DEALER, address)
        self._sub: zmq.Socket[bytes] | None = None

    def subscribe(self, pub: str) -> None:
        """Hear what is published at `pub`; a server that listens everywhere is asked where it was found."""
        self._sub = _socket(self._context, zmq.SUB, reachable(pub, self.address))

    def close(self) -> None:
        """Close the sockets; what is still queued gets a tenth of a second to leave."""
        self._context.destroy(linger=100)

    def offer(self, message: Incoming, payload: Part = b"") -> bool:
        """Send without waiting; False and one more `dropped` where the way is full. Raises PeerError if unusable."""
        parts = encode(message, payload)
        decode_incoming(parts)  # the server's own check, so that its reason comes as an exception
        try:
            self._dealer.send_multipart(parts, flags=zmq.NOBLOCK)
        except zmq.Again:
            self.dropped += 1
            return False
        return True

    def send(self, message: Incoming, payload: Part = b"") -> None:
        """Send, waiting for a way. Raises PeerError if unusable, ServerSilentError."""
        parts = encode(message, payload)
        decode_incoming(parts)
        if not self._dealer.poll(int(self.timeout * 1000), zmq.POLLOUT):
            raise self._silent("nothing gets through to")
        self._dealer.send_multipart(parts)

    def ask(self, question: Incoming, kind: type[Answer], fits: Callable[[Answer], bool]) -> Answer:
        """Send a question with a ping behind it: what is not answered before the ping is, was refused."""
        self.send(question)
        came = self.until_pong()
        answers = [message for message in came if isinstance(message, kind) and fits(message)]
        refusals = [message for message in came if isinstance(message, Error) and message.kind not in ABOUT_PICTURES]
        self.inbox.extend(message for message in came if message not in answers and message not in refusals)
        if answers:
            return answers[-1]
        if refusals:
            raise PeerError(refusals[-1].kind, refusals[-1].reason)
        raise PeerError("refused", f"the server did not take {question}.{self._last_error()}")

    def request(self, question: Request, kind: type[Answered], payload: Part = b"") -> Answered:
        """Send what the server's engine answers, which takes longer than a pong, and wait for the answer."""
        self.send(question, payload)
        end = monotonic() + self.timeout
        while (left := end - monotonic()) > 0:
            came = self.read(left)
            found = [message for message in came if isinstance(message, kind) and message.stream == question.stream]
            refusals = [m for m in came if isinstance(m, Error) and m.kind not in ABOUT_PICTURES]
            self.inbox.extend(message for message in came if message not in found and message not in refusals)
            if found:
                return found[0]
            if refusals:
                raise PeerError(refusals[0].kind, refusals[0].reason)
        raise self._silent("no answer from")

    def until_pong(self) -> list[Outgoing]:
        """Send a ping and return all that comes before its pong. Raises ServerSilentError."""
        number, end, came = next(self._numbers), monotonic() + self.timeout, list[Outgoing]()
        self.send(Ping(id=number))
        while (left := end - monotonic()) > 0:
            came += self.read(left)
            pongs = [message for message in came if isinstance(message, Pong) and message.id == number]
            if pongs:
                came.remove(pongs[0])
                return came
        self.inbox.extend(came)
        raise self._silent("no answer from")

    def read(self, timeout: float | None) -> list[Outgoing]:
        """Wait up to `timeout` seconds (None: for ever) and return all that is there."""
        sockets = [self._dealer] if self._sub is None else [self._dealer, self._sub]
        _wait(sockets, timeout)
        came = [message for socket in sockets for message in self._drain(socket)]
        self.errors.extend(message for message in came if isinstance(message, Error))
        return came

    def _silent(self, what: str) -> ServerSilentError:
        check = "Is score-bridge serve running, and is this the ZeroMQ address it prints?"
        return ServerSilentError(f"{what} {self.address} within {self.timeout:g} s. {check}{self._last_error()}")

    def _last_error(self) -> str:
        return f" Its last error was: {self.errors[-1].reason}" if self.errors else ""

    def _drain(self, socket: "zmq.Socket[bytes]") -> Iterator[Outgoing]:
        decode = decode_outgoing if socket is self._dealer else decode_published
        while socket.poll(0):
            try:
                yield decode(socket.recv_multipart())
            except PeerError as error:  # from a newer server, perhaps; it is kept where the user can see it
                self.errors.append(Error(kind=error.kind, reason=error.reason))


def _wait(sockets: "list[zmq.Socket[bytes]]", timeout: float | None) -> None:
    """Poll, whole milliseconds only, and sleep the rest: pyzmq would spin through the last one."""
    whole = None if timeout is None else int(max(timeout, 0.0) * 1000) / 1000
    ready = any(zmq.select(sockets, [], [], whole))
    if not ready and timeout is not None and whole is not None and timeout > whole:
        sleep(timeout - whole)


def _socket(context: "zmq.Context[zmq.Socket[bytes]]", kind: int, address: str) -> "zmq.Socket[bytes]":
    socket = context.socket(kind)
    # Nothing is queued for a server that is away. Not so for SUB: there it would throw away what has come but was not
    # read when the server ends, and with it the last note-offs.
    socket.setsockopt(zmq.IMMEDIATE, int(kind == zmq.DEALER))
    socket.setsockopt(zmq.SNDHWM, QUEUE)
    # No heartbeats: libzmq 4.3.5 ends the whole process when a socket that was full and whose heartbeat failed is
    # read after it has connected again (zeromq/libzmq#3937). The system's own probes find a server that is gone.
    for option, value in KEEPALIVE.items():
        socket.setsockopt(option, value)
    socket.setsockopt(zmq.IPV6, int("[" in address))
    if kind == zmq.SUB:
        socket.subscribe(b"")
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        raise SettingsError(f"address {address!r}: {error}; expected something like {DEFAULT_ADDRESS}") from None
    return socket


def reachable(pub: str, address: str) -> str:
    """Return where to subscribe: a server that listens everywhere is asked where it was found."""
    protocol, _, rest = pub.partition("://")
    host, _, port = rest.rpartition(":")
    return f"{address.rpartition(':')[0]}:{port}" if host in EVERYWHERE else f"{protocol}://{rest}"
