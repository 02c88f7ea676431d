"""A host for tests: a real server process, and real sockets that are waited on, never slept for."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import zmq

from score_bridge.wire.messages import Frame, Incoming, Message, Note, NoteOff, Outgoing, Status
from score_bridge.wire.osc.codec import decode_osc_outgoing
from score_bridge.wire.zmq_codec import decode_outgoing, decode_published, encode

ROOT = Path(__file__).parents[2]
FAKE = "tests.live.fake_engine:run_engine"
PATIENCE = 15.0
PIXELS = bytes(range(12))
M = TypeVar("M", bound=Message)


def picture(stream: str = "main", seq: int = 0) -> Frame:
    return Frame(stream=stream, seq=seq, shape=(2, 2, 3))


@dataclass
class Host:
    """One ZeroMQ host with a subscriber, and an OSC listener at the default reply port."""

    ready: dict[str, Any]
    process: "subprocess.Popen[str]"
    osc: socket.socket
    context: "zmq.Context[zmq.Socket[bytes]]" = field(default_factory=zmq.Context)
    heard: list[Outgoing] = field(default_factory=list)
    heard_osc: list[Outgoing] = field(default_factory=list)
    level: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self.dealer = self.connect(zmq.DEALER, self.ready["zmq"])
        self.sub = self.connect(zmq.SUB, self.ready["pub"])
        self.sub.setsockopt(zmq.SUBSCRIBE, b"")
        self.until(lambda m: isinstance(m, Status))  # the subscription has arrived
        return self

    def __exit__(self, *_: object) -> None:
        self.context.destroy(linger=0)

    def connect(self, kind: int, address: str) -> zmq.Socket[bytes]:
        opened = self.context.socket(kind)
        opened.connect(address)
        return opened

    def send(self, message: Incoming, payload: bytes = b"") -> None:
        self.dealer.send_multipart(encode(message, payload))

    def show(self, stream: str = "main", seq: int = 0) -> None:
        self.send(picture(stream, seq), PIXELS)

    def answer(self, kind: type[M]) -> M:
        """Return the next answer of this kind."""
        end = time.monotonic() + PATIENCE
        while self.dealer.poll(max(0, int((end - time.monotonic()) * 1000))):
            message = decode_outgoing(self.dealer.recv_multipart())
            if isinstance(message, kind):
                return message
        raise AssertionError(f"no {kind.__name__} came")

    def until(self, wanted: Callable[[Any], bool]) -> Any:
        """Hear what is published, until something wanted comes; return that."""
        end = time.monotonic() + PATIENCE
        while self.sub.poll(max(0, int((end - time.monotonic()) * 1000))):
            message = self.hear()
            if wanted(message):
                return message
        raise AssertionError(f"nothing wanted came; last {self.heard[-3:]}")

    def until_osc(self, wanted: Callable[[Any], bool]) -> Any:
        """The same, at the OSC reply port."""
        end = time.monotonic() + PATIENCE
        self.osc.settimeout(PATIENCE)
        while time.monotonic() < end:
            for message in decode_osc_outgoing(self.osc.recv(65_535)):
                self.heard_osc.append(message)
                if wanted(message):
                    return message
        raise AssertionError("nothing wanted came by OSC")

    def quiet(self, milliseconds: int) -> None:
        """Hear what is published until no note has come for so long."""
        end = time.monotonic() + milliseconds / 1000
        while self.sub.poll(max(0, int((end - time.monotonic()) * 1000))):
            if isinstance(self.hear(), Note | NoteOff):
                end = time.monotonic() + milliseconds / 1000

    def notes(self, count: int, stream: str = "main") -> list[Note]:
        """Hear so many notes begin."""
        return [self.until(lambda m: isinstance(m, Note) and m.stream == stream) for _ in range(count)]

    def sounding(self) -> set[tuple[str, int]]:
        """What was begun and not ended, as far as this subscriber heard."""
        return {key for key, level in self.level.items() if level > 0}

    def hear(self) -> Outgoing:
        message = decode_published(self.sub.recv_multipart())
        self.heard.append(message)
        if isinstance(message, Note):
            assert self.level[message.stream, message.id] <= 0, f"{message} begun twice"
            self.level[message.stream, message.id] = 1
        if isinstance(message, NoteOff):
            self.level[message.stream, message.id] = 0
        return message


@contextlib.contextmanager
def server(target: str = FAKE, **settings: object) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Run a server process; yields it and the line it says when ready."""
    given = json.dumps({"zmq_port": 0, "pub_port": 0, "osc_port": 0, **settings})
    command = [sys.executable, "-m", "tests.live.server", given, target]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


@contextlib.contextmanager
def playing(target: str = FAKE, **settings: object) -> Iterator[Host]:
    """Run a server and a host that is connected to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as osc:
        osc.bind(("127.0.0.1", 0))
        given = {"osc_reply_port": osc.getsockname()[1], **settings}
        with server(target, **given) as (process, ready), Host(ready, process, osc) as host:
            yield host
