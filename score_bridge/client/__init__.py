"""A small client for Python hosts and scripts: pictures or features out, notes back.

    with Client.connect() as score:
        score.send_frame(picture)                  # numpy (height, width, 3) uint8 RGB, or JPEG bytes
        for note in score.notes(timeout=2.0): ...

One thread, no background work: the sockets are read while `notes`, `messages`, `set`, `get` or `ping` run. A Client
is not to be shared between threads.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from time import monotonic, perf_counter
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from score_bridge.client.link import DEFAULT_ADDRESS, Link, ServerSilentError
from score_bridge.client.teaching import Teacher
from score_bridge.errors import PeerError
from score_bridge.wire import messages as m
from score_bridge.wire.bindings import Reading, Target
from score_bridge.wire.zmq_codec import Part

__all__ = ["DEFAULT_ADDRESS", "Client", "ServerSilentError"]

_ORDERS: dict[int, m.Order] = {2: "gray", 3: "rgb", 4: "rgba"}
Numbers = Sequence[float] | NDArray[Any]


class Client(Teacher):
    """A connection to a running `score-bridge serve`: `with Client.connect() as score`. `welcome` is its greeting."""

    welcome: m.Welcome

    def __init__(self, link: Link) -> None:
        """Use a link that is open but not greeted; `Client.connect` does all of it."""
        self._link = link
        self._pictures = count(1)
        self._ahead = 0.0  # how far the server's clock is ahead of `time.perf_counter` here, seconds

    @classmethod
    def connect(cls, address: str = DEFAULT_ADDRESS, name: str = "python", timeout: float = 5.0) -> Self:
        """Greet the server at `address` and subscribe to what it publishes; every answer may take `timeout` seconds.

        Raises ServerSilentError when nobody answers, PeerError when the server refuses or speaks another version of
        the protocol, SettingsError for an address that is none.
        """
        client = cls(Link(address, timeout))
        try:
            client._greet(name)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def errors(self) -> deque[m.Error]:
        """The newest reasons (at most 1000) why the server did not use something."""
        return self._link.errors

    @property
    def dropped(self) -> int:
        """How many pictures and features were not sent, because the server was away or could not keep up."""
        return self._link.dropped

    def send_frame(
        self, picture: NDArray[Any] | bytes, *, stream: str = m.MAIN_STREAM, time: float | None = None, **form: Any
    ) -> bool:
        """Send a picture: an array of uint8 or float32 (0..1), (height, width[, planes]), or JPEG or PNG bytes.

        Three planes count as "rgb", four as "rgba"; `form` are further fields of `Frame` (order, origin, transfer).
        `time` says when it was made, on `time.perf_counter`, now by default. Returns False when the picture was
        dropped. Raises PeerError if it is unusable.
        """
        fields, payload = _picture(picture)
        stamps = {"stream": stream, "seq": next(self._pictures), "time": self._on_server(time)}
        return self._link.offer(m.Frame(**{**fields, **form, **stamps}), payload)

    def send_features(self, values: Numbers, *, stream: str = m.MAIN_STREAM, time: float | None = None) -> bool:
        """Send 1 to 4096 finite numbers, always as many, in the place of a picture; otherwise as `send_frame`."""
        vector, made = tuple(map(float, values)), self._on_server(time)
        return self._link.offer(m.Features(values=vector, stream=stream, seq=next(self._pictures), time=made))

    def set(self, name: str, value: m.ControlValue, *, stream: str = m.MAIN_STREAM) -> m.ControlValue:
        """Set a control and return the value that the server took. Raises PeerError with the server's reason."""
        return self._value(m.Set(name=name, value=value, stream=stream))

    def get(self, name: str, *, stream: str = m.MAIN_STREAM) -> m.ControlValue:
        """Return a control's value. Raises PeerError with the server's reason."""
        return self._value(m.Get(name=name, stream=stream))

    def bind(self, source: Reading, target: Target, amount: float, *, stream: str = m.MAIN_STREAM) -> float:
        """Let a reading of the picture move a direction of the music, amount -2 to 2, 0 for not any more.

        Returns the amount that the server took. Raises PeerError with the server's reason.
        """
        question = m.Bind(source=source, target=target, amount=amount, stream=stream)

        def fits(answer: m.Bound) -> bool:
            return (answer.source, answer.target, answer.stream) == (source, target, stream)

        return self._link.ask(question, m.Bound, fits).amount

    def start(self, stream: str = m.MAIN_STREAM) -> None:
        """Let the stream play again after `stop`."""
        self._link.send(m.Start(stream=stream))

    def stop(self, stream: str = m.MAIN_STREAM) -> None:
        """Silence the stream until `start`."""
        self._link.send(m.Stop(stream=stream))

    def forget(self, stream: str = m.MAIN_STREAM) -> None:
        """End the stream, with its controls and all it has learned."""
        self._link.send(m.Forget(stream=stream))

    def tempo(self, bpm: float) -> None:
        """Set the tempo of all streams, 20 to 300 beats per minute."""
        self._link.send(m.Tempo(bpm=bpm))

    def panic(self) -> None:
        """End every sounding note at once."""
        self._link.send(m.Panic())

    def ping(self) -> float:
        """Return the seconds that a question and its answer took."""
        began = monotonic()
        self._link.inbox.extend(self._link.until_pong())
        return monotonic() - began

    def notes(self, timeout: float | None = None) -> Iterator[m.Note | m.NoteOff]:
        """Yield notes and their ends, for `timeout` seconds in all (None: for ever, 0: what is there)."""
        return (message for message in self.messages(timeout) if isinstance(message, m.Note | m.NoteOff))

    def messages(self, timeout: float | None = None) -> Iterator[m.Outgoing]:
        """Yield every message of the server, errors too, for `timeout` seconds in all (None: for ever)."""
        end = None if timeout is None else monotonic() + timeout
        wait: float | None = 0.0
        inbox = self._link.inbox
        while True:
            inbox.extend(self._link.read(wait))
            while inbox:
                yield inbox.popleft()
            wait = None if end is None else end - monotonic()
            if wait is not None and wait <= 0:
                return

    def close(self) -> None:
        """Take leave and close the sockets; what is still queued gets a tenth of a second to leave.

        The streams that this client fed last fall silent, until somebody feeds them again.
        """
        self._link.offer(m.Goodbye())
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _greet(self, name: str) -> None:
        self.welcome = self._link.ask(m.Hello(name=name), m.Welcome, lambda _: True)
        if self.welcome.protocol != m.PROTOCOL:
            versions = f"the server speaks protocol {self.welcome.protocol}, this client {m.PROTOCOL}"
            raise PeerError("protocol", f"{versions}: install the same major version of score-bridge on both sides")
        self._ahead = self.welcome.time - perf_counter()
        self._link.subscribe(self.welcome.pub)

    def _on_server(self, time: float | None) -> float:
        return (perf_counter() if time is None else time) + self._ahead

    def _value(self, question: m.Set | m.Get) -> m.ControlValue:
        def fits(answer: m.Value) -> bool:
            return (answer.name, answer.stream) == (question.name, question.stream)

        return self._link.ask(question, m.Value, fits).value


def _picture(picture: NDArray[Any] | bytes) -> tuple[dict[str, Any], Part]:
    if isinstance(picture, bytes):
        found = next((name for signature, name in m.SIGNATURES.items() if picture.startswith(signature)), "png")
        return {"encoding": found}, picture
    planes = picture.shape[2] if picture.ndim == 3 else 2
    order = _ORDERS.get(planes, "gray")
    payload = np.ascontiguousarray(picture).reshape(-1).view(np.uint8).data
    return {"shape": picture.shape, "dtype": str(picture.dtype), "order": order}, payload
