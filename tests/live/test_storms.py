"""Floods from hosts that are wild or broken: nobody else hears of them, and each note ends. Real processes.

A storm is sent in gusts, each of which a well-behaved host waits out with a ping; it feeds a stream of its own.
"""

import itertools
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest
import zmq

from score_bridge.live.bridge import ENGINE, Bridge
from score_bridge.live.listeners import Listeners
from score_bridge.live.supervision.watchdog import Watchdog
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import (
    Beat,
    Channel,
    Deliver,
    Error,
    Features,
    Forget,
    Frame,
    Goodbye,
    Hello,
    Incoming,
    Note,
    NoteOff,
    Panic,
    Ping,
    Pong,
    Set,
    Start,
    Status,
    Stop,
    Subscribe,
    Tap,
    Tempo,
    Value,
)
from score_bridge.wire.osc.codec import decode_osc_outgoing, encode_osc
from score_bridge.wire.zmq_codec import decode_outgoing, encode
from tests.live.rig import Host, playing

SECONDS = 1.0
GUST = 25
LONGEST_HOLD = 1.0  # of a ping, seconds; some milliseconds where nothing else runs on the machine
LONGEST_ANSWER = 1500  # bytes
END = 999_999
NAMES = ("a", "b", "c")
GOOD = Features(stream="good", values=(0.5, 0.2))


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with playing(tempo=240) as host:
        yield host


@dataclass
class Storm:
    """The wild hosts: two on ZeroMQ, and any number on OSC."""

    host: Host
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    longest: float = 0.0
    pongs: int = 0

    def __post_init__(self) -> None:
        self.dealers = [self.host.connect(zmq.DEALER, self.host.ready["zmq"]) for _ in range(2)]
        for dealer in self.dealers:
            dealer.setsockopt(zmq.LINGER, 0)
        self.host.send(Start(stream="good"))

    def send(self, message: Incoming, payload: bytes = b"") -> None:
        self.rng.choice(self.dealers).send_multipart(encode(message, payload))

    def rage(self, gust: Callable[[int], None], seconds: float = SECONDS) -> None:
        """Let it blow; the well-behaved host hears all of its stream and answers to its pings."""
        end = time.monotonic() + seconds
        for n in itertools.count():
            for _ in range(GUST):
                gust(n)
            self.host.send(GOOD)
            self.ping(n)
            self.hear_wild()
            if time.monotonic() > end:
                break
        for dealer in self.dealers:  # until all that it sent has been taken
            before = self.pongs
            dealer.send_multipart(encode(Ping(id=END)))
            while self.pongs == before:
                assert dealer.poll(10_000)
                self.hear_wild()

    def hear_wild(self) -> None:
        """What wild hosts are answered is never long."""
        for dealer in self.dealers:
            while dealer.poll(0):
                parts = dealer.recv_multipart()
                assert sum(map(len, parts)) < LONGEST_ANSWER
                answer = decode_outgoing(parts)
                self.pongs += isinstance(answer, Pong) and answer.id == END

    def ping(self, n: int) -> None:
        began = time.monotonic()
        self.host.send(Ping(id=n))
        while self.host.answer(Pong).id != n:
            pass
        self.longest = max(self.longest, time.monotonic() - began)
        while self.host.sub.poll(0):
            self.host.hear()

    def over(self, *streams: str) -> None:
        """What is wanted after any storm: the good stream plays on, nothing hangs, nobody has died."""
        self.host.send(GOOD)
        self.host.notes(2, "good")
        for stream in (*streams, "good"):
            self.host.send(Stop(stream=stream))
        self.host.quiet(300)
        assert self.host.sounding() == set()
        status = self.host.until(lambda m: isinstance(m, Status) and m.stream == "good")
        assert status.restarts == 0
        assert self.longest < LONGEST_HOLD
        for dealer in self.dealers:
            dealer.close()


def test_tempo_taps_and_beats_from_everywhere(host: Host) -> None:
    storm = Storm(host)
    rng = storm.rng
    heard = len(host.heard)
    storm.rage(
        lambda n: storm.send(rng.choice((Tempo(bpm=rng.uniform(20, 300)), Set(name="tempo", value=240), Tap())))
    )
    statuses = Counter(m.stream for m in host.heard[heard:] if isinstance(m, Status))
    assert max(statuses.values()) <= 21 * SECONDS + 10
    beats = (1e9, -1e9, 0.0, 7.5)
    storm.rage(
        lambda n: storm.send(
            rng.choice((Beat(beat=rng.choice(beats), bpm=rng.choice((0.0, 1000.0, 240.0))), Tempo(bpm=240)))
        )
    )
    storm.over()


def test_starts_stops_panics_and_leaves_while_notes_sound(host: Host) -> None:
    storm = Storm(host)
    rng = storm.rng

    def gust(n: int) -> None:
        stream = rng.choice(NAMES)
        wild = (
            Start(stream=stream),
            Stop(stream=stream),
            Forget(stream=stream),
            Goodbye(),
            Set(name="sync", value="free"),
        )
        storm.send(Panic() if rng.random() < 0.002 else rng.choice(wild))
        storm.send(Features(stream=stream, values=(rng.random(),) * rng.choice((1, 2))))

    storm.rage(gust)
    storm.over(*NAMES, "main")


def test_more_streams_than_there_may_be_and_thousands_of_channels(host: Host) -> None:
    storm = Storm(host)
    rng = storm.rng
    names = ("all", "*", "/", "{x}", "%s", "a" * 64, "💥" * 64, "\u202e", *map(str, range(40)))

    def gust(n: int) -> None:
        stream = rng.choice(names)
        storm.send(Channel(stream="channels", name=f"é{rng.randrange(5000)}", value=rng.random()))
        wild = (Features(stream=stream, values=(0.5,)), Set(stream=stream, name="group", value=rng.randrange(17)))
        storm.send(rng.choice((*wild, Channel(stream=stream, name="x", value=0.5))))

    storm.rage(gust)
    for name in (*names, "channels"):
        host.send(Forget(stream=name))
    storm.over()


class Ear:
    """A host on OSC: how often it heard each note begin and end."""

    def __init__(self, server: str) -> None:
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)
        ip, _, port = server.rpartition(":")
        self._server = (ip, int(port))
        self.begun: Counter[tuple[str, int]] = Counter()
        self.ended: Counter[tuple[str, int]] = Counter()

    def say(self, message: Incoming) -> None:
        self.send(encode_osc(message))

    def send(self, packet: bytes) -> None:
        self.udp.sendto(packet, self._server)

    def hear(self) -> None:
        while True:
            try:
                datagram = self.udp.recv(65_535)
            except BlockingIOError:
                return
            for message in decode_osc_outgoing(datagram):
                if isinstance(message, Note):
                    self.begun[message.stream, message.id] += 1
                if isinstance(message, NoteOff):
                    self.ended[message.stream, message.id] += 1


def test_hosts_on_osc_come_go_and_change_their_minds_and_each_hears_notes_begin_and_end_once(host: Host) -> None:
    storm = Storm(host)
    rng = storm.rng
    ears = [Ear(host.ready["osc"]) for _ in range(100)]
    wild = (
        Hello(name="x" * 64, streams=("all",)),
        Hello(name="y", streams=(*map(str, range(31)), "good")),
        Hello(name="z"),
        Goodbye(),
        Deliver(when="ahead"),
        Deliver(when="due"),
        Subscribe(kinds=("latent",)),
    )

    def gust(n: int) -> None:
        ear = rng.choice(ears)
        ear.say(rng.choice(wild))
        ear.hear()

    storm.rage(gust, seconds=2.0)
    storm.over()
    for ear in ears:
        ear.hear()
        assert ear.begun == ear.ended
        assert set(ear.begun.values()) <= {1}
        ear.say(Goodbye())
        ear.udp.close()
    assert sum(len(ear.begun) for ear in ears) > 100


def test_patterns_with_everything_and_bundles_for_later(host: Host) -> None:
    storm = Storm(host)
    ear = Ear(host.ready["osc"])
    features = encode_osc(Features(stream="osc", values=(0.1,) * 4000))
    everything = b"/score/*\0\0\0\0" + features[features.index(b",") :]
    later = [
        encode_osc(Stop(stream="osc"), at=time.time() + 0.5),
        encode_osc(Start(stream="osc"), at=time.time() + 0.5),
    ]
    long = encode_osc(Set(name="scale", value="\x01\x02" * 30_000))

    def gust(n: int) -> None:
        ear.send(storm.rng.choice((everything, *later, long)))

    storm.rage(gust)
    ear.send(long)
    storm.over("osc", "main")
    ear.udp.settimeout(10)
    while not any(isinstance(m, Error) and m.kind == "control" for m in decode_osc_outgoing(ear.udp.recv(65_535))):
        pass
    ear.udp.close()


def test_an_engine_killed_in_a_storm_of_cuts_leaves_nothing_hanging() -> None:
    with playing(tempo=240) as host:
        storm = Storm(host)

        def gust(n: int) -> None:
            stream = storm.rng.choice(NAMES)
            storm.send(Set(stream=stream, name="sync", value=storm.rng.choice(("grid", "free", "beat", "bar"))))
            storm.send(Features(stream=stream, values=(storm.rng.random(),)))

        storm.rage(gust, seconds=0.5)
        os.kill(host.ready["engine_pid"], signal.SIGKILL)
        storm.rage(gust, seconds=1.0)
        host.until(
            lambda m: isinstance(m, Status) and m.stream == "good" and m.state == "playing" and m.restarts == 1
        )
        host.notes(2, "good")
        for stream in (*NAMES, "good"):
            host.send(Stop(stream=stream))
        host.quiet(300)
        assert host.sounding() == set()


def pictures(rng: random.Random) -> Iterator[tuple[Frame, bytes]]:
    """Another size and encoding every time; some are broken."""
    noise = np.random.default_rng(3).integers(0, 256, (60, 80, 3), np.uint8)
    jpeg, png = (cv2.imencode(kind, noise)[1].tobytes() for kind in (".jpg", ".png"))
    for n in itertools.count():
        height, width = rng.randrange(1, 90), rng.randrange(1, 120)
        yield Frame(stream="a", shape=(height, width, 3)), rng.randbytes(3) * (height * width)
        yield Frame(stream="b", encoding="jpeg"), jpeg[: rng.randrange(3, 2 * len(jpeg))]
        yield Frame(stream="a", encoding="png"), png if n % 9 else png[:-30] + bytes(30)
        shape = (height, width, 4)
        nan = np.full(shape, rng.choice((0.5, np.nan)), np.float32).tobytes()
        yield Frame(stream="b", shape=shape, order="argb", dtype="float32"), nan


def test_the_real_engine_plays_on_whatever_pictures_groups_and_keys_come() -> None:
    with playing(ENGINE, tempo=240) as host:
        storm = Storm(host)
        rng, coming = storm.rng, pictures(storm.rng)
        for stream in NAMES:
            host.send(Set(stream=stream, name="sync", value="free"))

        def gust(n: int) -> None:
            storm.send(*next(coming))
            wild = (("group", rng.randrange(17)), ("transpose", rng.randrange(-24, 25)), ("staccato", rng.random()))
            name, value = rng.choice(wild)
            storm.send(Set(stream=rng.choice(NAMES), name=name, value=value))

        storm.rage(gust, seconds=2.0)
        host.send(Set(stream="a", name="group", value=3))
        assert host.answer(Value).value == 3
        storm.over(*NAMES)


class TalkativeChild:
    """A child that has so much to say; it writes down what it is told, and is neither started nor dead."""

    def __init__(self, words: int) -> None:
        self.watchdog = Watchdog(1.0)
        self.watchdog.started(0.0)
        self.pair = None
        self.heard = 0
        self.told: list[internal.ToEngine | internal.ToPlayer] = []
        self._words = words

    def receive(self) -> Iterator[tuple[internal.FromEngine, bytes]]:
        while self.heard < self._words:
            self.heard += 1
            yield internal.Alive(time=0.0), b""

    def send(self, message: internal.ToEngine | internal.ToPlayer, payload: bytes = b"") -> None:
        self.told.append(message)

    def has_exited(self, now: float) -> bool:
        return False


def test_what_the_engine_says_does_not_keep_the_bridge_from_all_else() -> None:
    context = zmq.Context[Any]()
    settings = Settings(zmq_port=0, osc_port=0, osc_reply_port=0)
    listeners = Listeners(settings, context)
    engine, player = TalkativeChild(1_000_000), TalkativeChild(0)
    Bridge(settings, listeners, engine, player).turn()  # type: ignore[arg-type]
    assert 0 < engine.heard < 1_000_000
    listeners.close()
    context.destroy(linger=0)
