"""The player as the process it is: spawned, told over PAIR, heard on PUB and UDP, killed."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import zmq

from score_bridge.live.player.process import SILENT, run_player
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import Expression, Message, Note, NoteOff, Status
from score_bridge.wire.osc.codec import decode_osc_outgoing
from score_bridge.wire.zmq_codec import Decoder, decode_published, encode
from tests.live.player.test_schedule import note, off
from tests.live.rig import ROOT

SPAWN = multiprocessing.get_context("spawn")
M = TypeVar("M", bound=Message)
FROM_PLAYER: Decoder[internal.FromPlayer] = Decoder(internal.FromPlayer)


class Bridge:
    """What a player sees of the bridge, and a listener at each of its outputs."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.context = zmq.Context()
        self.pair: zmq.Socket[bytes] = self.context.socket(zmq.PAIR)
        self.pair.bind(f"ipc://{directory}/player")
        self.readings: zmq.Socket[bytes] = self.context.socket(zmq.PAIR)
        self.readings.bind(f"ipc://{directory}/readings")
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.osc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.osc.connect(self.udp.getsockname())  # takes notes from the bridge's own port only
        self.osc.settimeout(10)
        given = Settings(pub_port=0, **settings)
        arguments = (f"ipc://{directory}/player", f"ipc://{directory}/readings", given, self.udp)
        self.process = SPAWN.Process(target=run_player, args=arguments, daemon=True)
        self.process.start()
        self.ready = self.report(internal.PlayerReady)
        self.sub: zmq.Socket[bytes] = self.context.socket(zmq.SUB)
        self.sub.connect(self.ready.pub)
        self.sub.setsockopt(zmq.SUBSCRIBE, b"")
        self.tell(internal.OscPeers(peers=(internal.Listener(*self.osc.getsockname()),)))
        probe = Expression(stream="main", name="probe", value=0.0)
        while not self.sub.poll(10):
            self.tell(internal.Publish(messages=(probe,)))
        while self.sub.poll(200):
            self.sub.recv_multipart()

    def close(self) -> None:
        self.process.kill()
        self.process.join()
        self.context.destroy(linger=0)
        self.udp.close()
        self.osc.close()

    def tell(self, message: internal.ToPlayer) -> None:
        socket_ = self.readings if isinstance(message, internal.Publish) else self.pair
        socket_.send_multipart(encode(message))

    def report(self, kind: type[M]) -> M:
        while self.pair.poll(10_000):
            message, _ = FROM_PLAYER.decode(self.pair.recv_multipart())
            if isinstance(message, kind):
                return message
        raise AssertionError(f"no {kind.__name__} came")

    def hear(self) -> Message:
        assert self.sub.poll(10_000)
        return decode_published(self.sub.recv_multipart())

    def hear_osc(self) -> Message:
        while True:
            for message in decode_osc_outgoing(self.osc.recv(4096)):
                if isinstance(message, Note | NoteOff):
                    return message


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    made = Bridge(tmp_path)
    yield made
    made.close()


def test_events_go_out_in_time_everywhere_and_are_reported(bridge: Bridge) -> None:
    now = time.perf_counter()
    first, last = note(1, now + 0.03), off(1, now + 0.06)
    bridge.tell(internal.Play(events=(last, first)))
    assert [bridge.hear(), bridge.hear()] == [first, last]
    assert [type(bridge.hear_osc()) for _ in range(2)] == [Note, NoteOff]
    on, ended = bridge.report(internal.Played), bridge.report(internal.Played)
    assert (on.on, ended.on) == (True, False)
    assert on.time >= first.time
    assert ended.time >= last.time
    assert on.lateness == pytest.approx(on.time - first.time)


def test_readings_pass_through_and_hearts_beat(bridge: Bridge) -> None:
    expression = Expression(stream="main", name="motion", value=0.5)
    status = Status(
        stream="main", state="playing", message="", tempo=120.0, frames_per_second=0, latency_ms=0, dropped_frames=0
    )
    bridge.tell(internal.Publish(messages=(expression, status)))
    assert [bridge.hear(), bridge.hear()] == [expression, status]
    assert bridge.report(internal.Alive).time < bridge.report(internal.Alive).time


def test_the_bridge_learns_what_is_subscribed_to_and_when_nothing_is_any_more(bridge: Bridge) -> None:
    assert bridge.report(internal.Subscriptions).topics == ("",)
    bridge.sub.setsockopt(zmq.SUBSCRIBE, b"expression")
    assert bridge.report(internal.Subscriptions).topics == ("", "expression")
    bridge.sub.setsockopt(zmq.SUBSCRIBE, b"no such topic")
    bridge.sub.setsockopt(zmq.UNSUBSCRIBE, b"")
    assert bridge.report(internal.Subscriptions).topics == ("expression",)
    bridge.sub.close()
    assert bridge.report(internal.Subscriptions).topics == ()


def test_silence_ends_what_sounds_and_forgets_the_rest(bridge: Bridge) -> None:
    now = time.perf_counter()
    bridge.tell(internal.Play(events=(note(1, now), note(2, now + 0.2), off(1, now + 0.3))))
    assert bridge.hear() == note(1, now)
    bridge.tell(internal.Silence(stream="main", panic=True))
    assert isinstance(bridge.hear(), NoteOff)
    assert bridge.sub.poll(500) == 0


@pytest.mark.parametrize("how", ["shutdown", "SIGTERM"])
def test_told_to_stop_it_ends_what_sounds(bridge: Bridge, how: str) -> None:
    begun = note(1, time.perf_counter())
    bridge.tell(internal.Play(events=(begun,)))
    assert bridge.hear() == begun
    if how == "shutdown":
        bridge.tell(internal.Shutdown())
    else:
        os.kill(bridge.process.pid or 0, signal.SIGTERM)
    assert isinstance(bridge.hear(), NoteOff)
    assert isinstance(bridge.hear_osc(), Note)
    assert isinstance(bridge.hear_osc(), NoteOff)
    bridge.process.join(10)
    assert bridge.process.exitcode == 0


def test_a_player_that_was_stopped_drops_what_is_stale_and_counts_it_and_ends_what_sounds(bridge: Bridge) -> None:
    now = time.perf_counter()
    bridge.tell(internal.Play(events=(note(1, now),)))
    assert bridge.hear() == note(1, now)
    os.kill(bridge.process.pid or 0, signal.SIGSTOP)
    stale = [event for n in range(2, 12) for event in (note(n, now + n / 20), off(n, now + n / 20 + 0.05))]
    bridge.tell(internal.Play(events=(off(1, now + 0.1), *stale, note(20, now + 1.5), off(20, now + 1.6))))
    assert bridge.sub.poll(1000) == 0, "the waiting itself: it is stopped"
    os.kill(bridge.process.pid or 0, signal.SIGCONT)
    heard = [bridge.hear(), bridge.hear(), bridge.hear()]
    assert [(type(x), x.id) for x in heard if isinstance(x, Note | NoteOff)] == [
        (NoteOff, 1), (Note, 20), (NoteOff, 20),
    ]  # fmt: skip
    assert [bridge.report(internal.Missed).id for _ in range(10)] == list(range(2, 12))


def test_while_the_bridge_says_nothing_notes_end_as_was_foreseen(bridge: Bridge) -> None:
    begun = note(1, time.perf_counter())
    bridge.tell(internal.Play(events=(begun,)))
    assert bridge.hear() == begun
    ended = bridge.hear()
    assert isinstance(ended, NoteOff)
    assert SILENT - 0.1 < ended.time - begun.time < SILENT + 1.5


def test_what_a_dead_player_left_is_ended_for_everybody_who_comes_back(bridge: Bridge) -> None:
    left = note(1, 0.5)
    bridge.tell(internal.Sounding(notes=(left,)))
    ended = bridge.hear()
    assert isinstance(ended, NoteOff)
    assert (ended.id, ended.pitch, ended.channel) == (left.id, left.pitch, left.channel)
    assert not bridge.report(internal.Played).on
    late: zmq.Socket[bytes] = bridge.context.socket(zmq.SUB)
    late.connect(bridge.ready.pub)
    late.setsockopt(zmq.SUBSCRIBE, b"note")
    assert late.poll(10_000)
    assert decode_published(late.recv_multipart()) == ended
    late.close()


def test_ahead_hosts_are_told_at_once_and_subscribers_when_due(tmp_path: Path) -> None:
    bridge = Bridge(tmp_path)
    try:
        host, port = bridge.osc.getsockname()
        bridge.tell(internal.OscPeers(peers=(internal.Listener(host, port, ahead=True),)))
        now = time.perf_counter()
        bridge.tell(internal.Play(events=(note(1, now + 0.4),)))
        told = bridge.hear_osc()
        assert isinstance(told, Note)
        assert 0 < told.delay_ms <= 400
        assert bridge.sub.poll(100) == 0
        bridge.tell(internal.Silence())
        ended = bridge.hear_osc()
        assert isinstance(ended, NoteOff)
        assert told.delay_ms - 200 < ended.delay_ms <= told.delay_ms, "it ends no sooner than it begins"
        assert bridge.sub.poll(600) == 0, "nobody else heard of it"
    finally:
        bridge.close()


def test_a_midi_port_that_cannot_be_had_is_said_and_done_without(tmp_path: Path) -> None:
    bridge = Bridge(tmp_path, midi_port="no such port")
    try:
        assert bridge.ready.midi.startswith("none: MIDI port 'no such port' cannot be opened")
        begun = note(1, time.perf_counter())
        bridge.tell(internal.Play(events=(begun,)))
        assert bridge.hear() == begun
    finally:
        bridge.close()


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("player.process", ("torch", "numpy", "cv2")),
        ("supervision.child", ("torch", "numpy", "cv2")),
        ("bridge", ("torch",)),
    ],
)
def test_it_is_light(module: str, heavy: tuple[str, ...]) -> None:
    check = f"import sys; import score_bridge.live.{module}; sys.exit(' '.join(set({heavy}) & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)
