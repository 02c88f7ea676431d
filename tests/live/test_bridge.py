"""End to end with the fake engine: real processes, real sockets."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from score_bridge.live.supervision.template import can_fork
from score_bridge.wire.messages import (
    Anchors,
    Attribute,
    Bind,
    Bound,
    Error,
    Expression,
    Features,
    Get,
    Hello,
    Latent,
    Note,
    NoteOff,
    Panic,
    Ping,
    Pong,
    Set,
    Start,
    Status,
    Stop,
    Teach,
    TeachList,
    Tempo,
    Value,
    Welcome,
)
from score_bridge.wire.osc.codec import decode_osc_outgoing, encode_osc
from tests.live.fake_engine import pitch_of
from tests.live.rig import PIXELS, ROOT, Host, picture, playing, server


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with playing(tempo=240) as host:
        yield host


def is_status(state: str, stream: str = "main") -> Callable[[Any], bool]:
    return lambda m: isinstance(m, Status) and m.state == state and m.stream == stream


def test_a_binding_is_answered_reaches_the_engine_and_what_that_tells_is_published(host: Host) -> None:
    host.show()
    assert host.until(lambda m: isinstance(m, Attribute)).value == 0.0
    host.send(Bind(source="motion", target="register", amount=1.5))
    assert host.answer(Bound) == Bound(stream="main", source="motion", target="register", amount=1.5)
    assert host.until(lambda m: isinstance(m, Attribute) and m.value == 1.5).name == "density"
    host.send(Bind(source="motion", target="register", amount=0.0))
    assert host.until(lambda m: isinstance(m, Attribute) and m.value == 0.0).stream == "main"


def test_a_request_is_answered_by_the_engine_or_refused_each_time(host: Host) -> None:
    host.show("taught")
    host.send(Teach(name="sea", stream="taught"))
    assert host.answer(Anchors) == Anchors(stream="taught", anchors=("sea", "played"))
    for count in (1, 2):
        host.send(Teach(name="bad", stream="taught"))
        assert host.answer(Error) == Error(kind="teach", reason="fake: not that", count=count)
    host.send(Teach(name="sea", stream="nowhere"))
    assert host.answer(Error).reason == "there is no stream 'nowhere' yet: send it a picture first"
    host.send(Stop(stream="taught"))


def test_a_request_by_osc_is_answered_by_osc(host: Host) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        ip, port = host.ready["osc"].split(":")
        udp.connect((ip, int(port)))
        udp.settimeout(10)
        host.show("osc taught")
        host.notes(1, "osc taught")
        udp.send(encode_osc(TeachList(stream="osc taught")))
        [answer] = decode_osc_outgoing(udp.recv(4096))
        assert isinstance(answer, Anchors)
        assert answer.stream == "osc taught"
    host.send(Stop(stream="osc taught"))


def test_whoever_feeds_a_stream_hears_what_the_engine_has_to_say_of_it(host: Host) -> None:
    host.send(Features(stream="odd", values=(-5.0,)))
    assert host.answer(Error) == Error(kind="show", reason="fake: another length")
    host.send(Stop(stream="odd"))


def test_hello_is_welcomed(host: Host) -> None:
    host.send(Hello(name="test"))
    welcome = host.answer(Welcome)
    assert (welcome.weights, welcome.latent_size, welcome.pub) == ("fake", 2, host.ready["pub"])


def test_a_frame_becomes_notes_on_pub_and_osc(host: Host) -> None:
    host.show()
    first, second = host.notes(2)
    assert second.id == first.id + 1
    assert second.pitch == pitch_of(second.id)
    assert second.time - first.time == pytest.approx(60 / 240 / 4)
    by_osc = host.until_osc(lambda m: isinstance(m, Note))
    assert (by_osc.stream, by_osc.delay_ms) == ("main", 0)
    assert host.until(lambda m: isinstance(m, Latent)).values == (0.25, -0.5)
    host.show()
    assert host.until(lambda m: isinstance(m, Expression) and m.name == "brightness").value == PIXELS[0] / 255


def test_controls_are_set_got_and_heard(host: Host) -> None:
    host.show()
    host.send(Set(name="channel", value=5))
    assert host.answer(Value).value == 5
    host.until(lambda m: isinstance(m, Note) and m.channel == 5)
    host.send(Get(name="channel"))
    assert host.answer(Value).value == 5
    host.send(Tempo(bpm=200))
    host.until(lambda m: isinstance(m, Status) and m.tempo == 200)


def test_stop_ends_what_sounds_and_start_plays_on(host: Host) -> None:
    host.show("stopped")
    host.notes(2, "stopped")
    host.send(Stop(stream="stopped"))
    host.until(is_status("stopped", "stopped"))
    host.show()
    host.send(Stop())
    host.quiet(300)
    assert host.sounding() == set()
    host.send(Start())
    host.notes(1)


def test_panic_ends_every_note_and_streams_play_on(host: Host) -> None:
    host.show()
    host.show("two")
    host.notes(1, "two")
    host.notes(1)
    host.send(Panic())
    host.send(Stop(stream="two"))
    host.send(Stop())
    host.quiet(300)
    assert host.sounding() == set()
    host.send(Start(stream="two"))
    host.notes(2, "two")
    host.send(Stop(stream="two"))
    host.send(Start())


def test_random_bytes_are_answered_counted_and_survived(host: Host) -> None:
    noise = random.Random(7)
    refused = host.until(lambda m: isinstance(m, Status)).refused
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        ip, port = host.ready["osc"].split(":")
        for _ in range(200):
            host.dealer.send_multipart([noise.randbytes(noise.randrange(40)) for _ in range(noise.randrange(1, 6))])
            udp.sendto(noise.randbytes(noise.randrange(1, 60)), (ip, int(port)))
        assert host.answer(Error).reason
        answers = decode_osc_outgoing(udp.recv(4096))
        assert isinstance(answers[0], Error)
    host.until(lambda m: isinstance(m, Status) and m.refused >= refused + 400)
    host.send(Ping(id=77))
    assert host.answer(Pong).id == 77
    host.show()
    host.notes(1)


def test_a_picture_the_engine_cannot_use_is_answered(host: Host) -> None:
    host.send(Features(stream="bad", values=(-1.0, 0.0)))
    error = host.answer(Error)
    assert (error.kind, error.reason) == ("picture", "fake: a bad picture")
    status = host.until(lambda m: isinstance(m, Status) and m.stream == "bad" and m.frames == 1)
    assert status.state == "waiting"


def test_the_newest_picture_wins_and_the_others_are_counted(host: Host) -> None:
    for _ in range(50):
        host.send(Features(stream="fast", values=(-4.0,)))
    status = host.until(lambda m: isinstance(m, Status) and m.stream == "fast" and m.frames == 50)
    assert 40 <= status.dropped_frames <= 49
    host.send(Stop(stream="fast"))


def test_an_osc_host_that_says_hello_gets_answers_and_notes_from_the_port_it_sent_to(host: Host) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        ip, port = host.ready["osc"].split(":")
        udp.connect((ip, int(port)))  # takes nothing from anywhere else
        udp.settimeout(10)
        udp.send(encode_osc(Hello(name="pd")))
        assert isinstance(decode_osc_outgoing(udp.recv(4096))[0], Welcome)
        udp.send(encode_osc(picture("osc"), payload=PIXELS))
        while not any(isinstance(m, Note) and m.stream == "osc" for m in decode_osc_outgoing(udp.recv(4096))):
            pass
    host.send(Stop(stream="osc"))


def test_a_bundle_ahead_of_its_time_is_answered_then(host: Host) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        ip, port = host.ready["osc"].split(":")
        udp.connect((ip, int(port)))
        udp.settimeout(10)
        at = time.time() + 0.8
        udp.send(encode_osc(Ping(id=1), at))
        udp.send(encode_osc(Ping(id=2)))
        pongs = [decode_osc_outgoing(udp.recv(4096))[0] for _ in range(2)]
        assert time.time() >= at - 0.001
    assert [pong.id for pong in pongs if isinstance(pong, Pong)] == [2, 1]


# --- servers of their own --------------------------------------------------------------------------------------


def test_the_show_goes_on_when_the_engine_is_killed() -> None:
    with playing(tempo=240) as host:
        host.show("a")
        host.show("b")
        host.notes(8, "a")
        sounding = host.sounding()
        os.kill(host.ready["engine_pid"], signal.SIGKILL)
        host.until(is_status("recovering", "a"))
        assert not sounding & host.sounding()
        assert host.sounding() == set()
        host.notes(3, "a")
        host.notes(3, "b")
        assert host.until(lambda m: isinstance(m, Status) and m.stream == "a" and m.restarts == 1).state == "playing"


def restarted(times: int) -> Callable[[Any], bool]:
    return lambda m: isinstance(m, Status) and m.restarts == times


def child_named(host: Host, name: str) -> psutil.Process:
    """Return the server's child that is called so, once there is one that is not dead."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for process in psutil.Process(host.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.name() == name and process.status() != psutil.STATUS_ZOMBIE:
                    return process
    raise AssertionError(f"no {name}")


@pytest.mark.parametrize(("name", "longest"), [("score-engine", 2.0), ("score-player", 2.0)])
def test_however_often_a_child_that_worked_is_killed_it_comes_back_at_once(name: str, longest: float) -> None:
    with playing(tempo=240) as host:
        host.show()
        host.notes(4)
        for kill in range(1, 5):
            child_named(host, name).kill()
            began = time.monotonic()
            host.until(restarted(kill))
            host.notes(2)
            assert time.monotonic() - began < longest
        host.send(Stop())
        host.quiet(300)
        assert host.sounding() == set()


def test_whoever_waits_for_an_engine_that_falls_is_told_so() -> None:
    with playing(tempo=240) as host:
        host.show()
        host.notes(1)
        host.send(Teach(name="die"))
        assert host.answer(Error).kind == "engine"
        host.notes(2)
        host.send(TeachList())
        assert host.answer(Anchors).anchors == ()


def test_the_show_goes_on_when_the_player_is_killed() -> None:
    with playing(tempo=240) as host:
        host.show()
        host.notes(8)
        sounding = host.sounding()
        assert sounding
        os.kill(host.ready["player_pid"], signal.SIGKILL)
        host.notes(4)
        assert not sounding & host.sounding()
        host.send(Stop())
        host.quiet(300)
        assert host.sounding() == set()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_every_note_and_leaves_nobody_behind(sent: signal.Signals) -> None:
    with playing(tempo=240) as host:
        host.show()
        host.notes(4)
        os.kill(host.process.pid, sent)
        host.quiet(400)
        assert host.process.wait(10) == 0
        assert host.sounding() == set()
        wait_until_gone(host.ready["engine_pid"], host.ready["player_pid"])


@pytest.mark.skipif(not can_fork(), reason="no templates on this system")
def test_a_signal_while_the_server_starts_ends_it_at_once_and_leaves_nobody_behind() -> None:
    """The real engine, whose template needs seconds to import."""
    ports = [x for name in ("zmq", "pub", "osc", "osc-reply") for x in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "score_bridge", "serve", *ports]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        parent, below = psutil.Process(server.pid), list[psutil.Process]()
        end = time.monotonic() + 10
        while not any("forkserver" in " ".join(child.cmdline()) for child in below):
            assert time.monotonic() < end
            below = parent.children(recursive=True)
        server.send_signal(signal.SIGTERM)
        assert server.wait(1.5) == 0
        wait_until_gone(*(child.pid for child in below))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP])
def test_what_a_terminal_sends_to_all_its_processes_ends_every_note(sent: signal.Signals) -> None:
    """Ctrl-C, and closing the window."""
    with playing(tempo=240) as host:
        host.show()
        host.notes(4)
        for pid in (host.ready["player_pid"], host.ready["engine_pid"], host.process.pid):
            os.kill(pid, sent)
        host.quiet(400)
        assert host.process.wait(10) == 0
        assert host.sounding() == set()
        wait_until_gone(host.ready["engine_pid"], host.ready["player_pid"])


def test_the_player_ends_every_note_when_the_bridge_is_killed() -> None:
    with playing(tempo=240) as host:
        host.show()
        host.notes(4)
        os.kill(host.process.pid, signal.SIGKILL)
        host.quiet(1000)
        assert host.sounding() == set()
        wait_until_gone(host.ready["engine_pid"], host.ready["player_pid"])


def test_notes_may_be_told_ahead() -> None:
    with playing(tempo=240, osc_delivery="ahead", lead_ms=60) as host:
        host.show()
        on = host.until_osc(lambda m: isinstance(m, Note))
        assert 0 < on.delay_ms <= 60
        host.send(Stop())
        host.until_osc(lambda m: isinstance(m, NoteOff))


def test_a_stream_that_nobody_feeds_falls_silent_and_wakes_with_the_next_picture() -> None:
    with playing(tempo=240, controls={"idle_s": 0.4}) as host:
        host.show()
        host.notes(2)
        host.until(is_status("idle"))
        host.quiet(200)
        assert host.sounding() == set()
        host.show()
        host.notes(2)


@pytest.mark.parametrize("setting", ["zmq_port", "pub_port", "osc_port"])
def test_a_port_that_is_taken_is_named_with_the_way_out(setting: str) -> None:
    kind = socket.SOCK_DGRAM if setting == "osc_port" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        with server(**{setting: port}) as (process, said):
            flag = "--" + setting.replace("_", "-")
            assert said["kind"] == "SettingsError"
            assert said["error"] == (f"{setting} {port} on 127.0.0.1 is taken: use {flag}, or stop the other program")
            assert process.wait(10) == 2


@pytest.mark.parametrize(
    ("target", "kind", "error"),
    [
        ("run_without_weights", "ModelError", "weights /nowhere.safetensors are missing"),
        ("run_and_die", "ScoreBridgeError", "the engine exited (code 7)"),
    ],
)
def test_an_engine_that_cannot_start_says_why(target: str, kind: str, error: str) -> None:
    with server(f"tests.live.fake_engine:{target}") as (process, said):
        assert (said["kind"], said["error"]) == (kind, error)
        assert process.wait(10) == 2


def test_while_the_engine_is_stopped_notes_end_as_was_foreseen_and_the_status_says_so() -> None:
    with playing(tempo=240) as host:  # every note is foreseen for a sixteenth, 62 ms
        host.show()
        host.notes(4)
        stopped = time.monotonic()
        os.kill(host.ready["engine_pid"], signal.SIGSTOP)
        host.quiet(250)
        assert host.sounding() == set()
        assert time.monotonic() - stopped < 0.8
        status = host.until(is_status("recovering"))
        assert time.monotonic() - stopped < 1.0
        assert status.message.startswith("the engine does not answer")
        os.kill(host.ready["engine_pid"], signal.SIGCONT)
        host.until(is_status("playing"))
        host.notes(2)
        assert host.until(lambda m: isinstance(m, Status)).restarts == 0


def test_a_flood_of_stops_ends_nobody_while_the_engine_cannot_listen() -> None:
    with playing(tempo=240) as host:
        for stream in ("a", "b", "c"):
            host.show(stream)
        host.notes(1, "a")
        host.notes(1, "b")
        os.kill(host.ready["engine_pid"], signal.SIGSTOP)
        for _ in range(9_000):
            host.send(Stop(stream="c"))
        host.send(Ping(id=9_000))
        assert host.answer(Pong).id == 9_000
        os.kill(host.ready["engine_pid"], signal.SIGCONT)
        host.until(lambda m: isinstance(m, Status) and m.stream == "a" and m.state == "playing")
        host.show("a")
        host.show("b")
        host.notes(2, "a")
        host.notes(2, "b")
        assert host.until(lambda m: isinstance(m, Status)).restarts == 0


def test_an_engine_that_hangs_is_replaced() -> None:
    with playing(tempo=240) as host:
        host.show()
        host.notes(2)
        host.send(Features(stream="poison", values=(-3.0,)))
        host.until(is_status("recovering"))
        assert host.sounding() == set()
        host.notes(2)


def wait_until_gone(*pids: int) -> None:
    """Wait until these processes have ended, whether or not anybody has taken note of it."""
    end = time.monotonic() + 10
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
        assert time.monotonic() < end
