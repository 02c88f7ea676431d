"""What goes wrong on a show day: the component says so in words, and goes on."""

import gc
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest

from score_bridge.wire.messages import Error, Expression, Note
from score_bridge.wire.osc.codec import decode_osc, encode_osc
from tests.touchdesigner.rig import answering, component, picture, play, status, wait_until
from tests.touchdesigner.test_component import free_port, talk


def frames_in(heard: list[Any]) -> list[Any]:
    return [one for one in heard if type(one).__name__ == "Frame"]


def test_a_server_of_another_version_is_named(tmp_path: Path) -> None:
    heard: list[Any] = []
    server = answering(lambda packet: talk(packet, heard, protocol=2))
    with server as port, component(tmp_path, Oscport=port) as (td, comp):
        play(td, lambda: "The server speaks protocol 2, this component 1: install" in status(comp))
        assert not frames_in(heard)


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    with component(tmp_path, Address="256.0.0.1") as (td, comp):
        wait_until(lambda: "No way to 256.0.0.1:9901" in status(comp), td.frame)
        assert "Check Address on the Network page" in status(comp)


def test_a_reply_port_that_is_taken_is_named_and_tried_again(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, answering(talk) as port:
        other.bind(("127.0.0.1", 0))
        with component(tmp_path, Oscport=port, Replyport=other.getsockname()[1]) as (td, comp):
            wait_until(lambda: "Set Reply Port to 0" in status(comp), td.frame)
            other.close()
            wait_until(lambda: "connected" in status(comp), td.frame)


def test_switched_off_it_says_so_and_holds_nothing_open(tmp_path: Path) -> None:
    with component(tmp_path) as (td, comp):
        comp.par.Active = False
        td.frame()
        assert status(comp) == "Off. Switch Active on."
        assert not [one for one in threading.enumerate() if one.name.startswith("score_bridge")]


def test_nothing_wired_and_a_picture_that_never_comes(tmp_path: Path) -> None:
    with component(tmp_path) as (td, comp):
        comp.op("score_bridge_ext").module.EMPTY_S = 0.1  # seconds of patience
        wait_until(lambda: "No picture arrives at the first input" in status(comp), td.frame)
        comp.inputConnectors[0].source = None
        wait_until(lambda: "Connect a TOP" in status(comp), td.frame)
        assert "No picture arrives" not in status(comp)


def test_pictures_of_every_size_and_kind(tmp_path: Path) -> None:
    heard: list[Any] = []
    pixels = [
        picture(0, 1, 1),
        np.broadcast_to(np.float32(0.5), (4320, 7680, 4)),
        picture(0, 30, 2000, 3),
        picture(0, 7, 5, 1),
    ]
    pixels += [np.full((8, 8, 4), np.nan, np.float32), np.full((8, 8, 4), np.inf, np.float32), picture(0, 9, 9, 2)]
    with answering(lambda packet: talk(packet, heard)) as port, component(tmp_path, Oscport=port) as (td, comp):
        movie = td.find("/project1/movie")
        comp.op("picture").destroy()
        comp.create("nullTOP", "picture").inputConnectors[0].connect(comp.op("in1"))  # whatever size comes
        for one in pixels:
            heard.clear()
            movie.frame = one
            wait_until(lambda: len(frames_in(heard)) > 2, td.frame)
        for seed in range(40):
            movie.frame = picture(seed, 20 + seed, 80 - seed)
            td.frame()
        movie.frame = np.zeros((0, 4, 4), np.float32)
        wait_until(
            lambda: "pictures do not go: ValueError: expected (height, width, planes)" in status(comp), td.frame
        )
        movie.frame = picture(0)
        wait_until(lambda: "pictures do not go" not in status(comp), td.frame)
        assert comp.extension.client.alive


def test_a_node_that_is_deleted_is_named_and_mended_by_the_script(tmp_path: Path) -> None:
    with answering(talk) as port, component(tmp_path, Oscport=port) as (td, comp):
        for name in ("held", "picture", "events"):
            comp.op(name).destroy()
        wait_until(
            lambda: "The node picture is missing inside the component: run build_tox.py" in status(comp), td.frame
        )
        td.find("/project1/build_tox").run()
        wait_until(lambda: status(comp).startswith("connected"), lambda: play(td, lambda: True))
        assert comp.op("out1").inputs == [comp.op("held")]


def test_values_out_of_range_are_brought_in(tmp_path: Path) -> None:
    heard: list[Any] = []
    with answering(lambda packet: talk(packet, heard)) as port, component(tmp_path, Oscport=port) as (td, comp):
        wait_until(lambda: "connected" in status(comp), td.frame)
        comp.par.Temperature.expr = "1e9"
        comp.par.Lowest = -5
        comp.par.Fps.expr = "-3"
        td.frame()
        found = wait_until(
            lambda: (
                {one.name: one.value for one in heard if getattr(one, "name", "") in ("temperature", "lowest")}
                and [one for one in heard if getattr(one, "name", "") == "temperature" and one.value == 2.0]
            ),
            td.frame,
        )
        assert found
        assert comp.par.Lowest.eval() == 21


def test_bindings_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with answering(talk) as port, component(tmp_path, Oscport=port, Bindings="motion density loud") as (td, comp):
        wait_until(lambda: "expected `motion density 0.8`, got `motion density loud`" in status(comp), td.frame)


def test_what_the_server_refuses_is_shown_for_a_while(tmp_path: Path) -> None:
    refusal = encode_osc(Error(kind="frame", reason="expected a whole JPEG", count=1))
    with (
        answering(lambda packet: talk(packet, more=[refusal])) as port,
        component(tmp_path, Oscport=port) as (td, comp),
    ):
        wait_until(lambda: "The server refused something: expected a whole JPEG." in status(comp), td.frame)


def test_a_paused_touchdesigner_keeps_its_link_and_finds_what_sounds(tmp_path: Path) -> None:
    def flood(packet: bytes) -> list[bytes]:
        notes = [Note(stream="ScoreBridge", id=n, pitch=60, velocity=80, channel=1, seconds=0.1) for n in range(3000)]
        return talk(packet, more=[encode_osc(one) for one in notes] if packet.startswith(b"/score/hello") else [])

    with answering(flood) as port, component(tmp_path, Oscport=port) as (td, comp):
        exchange = comp.extension.client._exchange
        wait_until(lambda: exchange._overflowed)  # no frame passes
        assert len(exchange._events) <= 2048
        td.frame(2)
        assert 0 < len(comp.Held) <= 3000
        assert comp.op("events").numRows <= 65


def test_rubbish_from_the_network_stops_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rubbish = [rng.bytes(n) for n in range(1, 60)]
    rubbish += [b"/score/note\0,s\0\0x\0\0\0", b"/score/status\0\0\0,s\0\0ScoreBridge\0", b"#bundle\0" + b"\xff" * 40]
    good = encode_osc(Expression(stream="ScoreBridge", name="motion", value=0.5))
    server = answering(lambda packet: talk(packet, more=[*rubbish, good]))
    with server as port, component(tmp_path, Oscport=port) as (td, comp):
        wait_until(lambda: comp.extension.client.report().readings.get("motion") == 0.5, td.frame)
        wait_until(lambda: "connected" in status(comp), td.frame)


def test_a_hundred_new_extensions_leak_nothing(tmp_path: Path) -> None:
    process = psutil.Process()
    with answering(talk) as port, component(tmp_path, Oscport=port) as (td, comp):
        play(td, lambda: "connected" in status(comp))
        gc.collect()
        before = (process.num_fds(), threading.active_count())
        for _ in range(100):
            comp.initializeExtensions()
        comp.par.Status = ""
        play(td, lambda: "connected" in status(comp))
        gc.collect()
        assert (process.num_fds(), threading.active_count()) == before


def test_touching_touchdesigner_off_the_main_thread_would_be_noticed(tmp_path: Path) -> None:
    with component(tmp_path) as (_, comp):
        faults: list[Exception] = []

        def touch() -> None:
            try:
                comp.par.Status.eval()
            except RuntimeError as error:
                faults.append(error)

        thread = threading.Thread(target=touch, name="worker")
        thread.start()
        thread.join()
        assert "touched by the thread worker" in str(faults[0])


def test_a_deleted_component_leaves_nothing_behind(tmp_path: Path) -> None:
    heard: list[Any] = []
    with answering(lambda packet: talk(packet, heard)) as port, component(tmp_path, Oscport=port) as (td, comp):
        wait_until(lambda: "connected" in status(comp), td.frame)
        comp.destroy()
        td.frame(40)
        wait_until(lambda: any(type(one).__name__ == "Stop" for one in heard))
        assert not [one for one in threading.enumerate() if one.name.startswith("score_bridge")]


def test_the_server_is_started_and_stopped_from_the_component(tmp_path: Path) -> None:

    program = tmp_path / "score-bridge.py"
    program.write_text("import sys, time\nprint('args', *sys.argv[1:], flush=True)\ntime.sleep(60)\n")
    with component(tmp_path, Serverflags=f"{program}", Oscport=free_port()) as (td, comp):
        comp.par.Startserver.pulse()
        wait_until(lambda: "Name the Python that has score-bridge" in status(comp), td.frame)
        comp.par.Serverpython = str(tmp_path / "nothing")
        comp.par.Startserver.pulse()
        wait_until(lambda: "The server did not start" in status(comp), td.frame)
        module = comp.op("score_bridge_server").module
        module.command_line = lambda *given: [sys.executable, str(program), *map(str, given[1:])]
        comp.op("score_bridge_ext").module.command_line = module.command_line
        comp.par.Startserver.pulse()
        wait_until(lambda: comp.op("server_log").text.startswith("args"), td.frame)
        running = module.servers()[comp.id].process
        comp.initializeExtensions()
        td.frame(40)
        assert running.poll() is None  # it plays on while the extension is made anew
        comp.par.Stopserver.pulse()
        assert running.poll() is not None
        comp.par.Startserver.pulse()
        last = module.servers()[comp.id].process
        comp.destroy()
        td.frame(40)
        assert last.poll() is not None


@pytest.mark.parametrize(
    ("python", "start"),
    [("/x/bin/python3", ["/x/bin/python3", "-m", "score_bridge"]), ("/x/score-bridge", ["/x/score-bridge"])],
)
def test_the_command_that_starts_the_server(python: str, start: list[str], tmp_path: Path) -> None:
    with component(tmp_path) as (_, comp):
        line = comp.op("score_bridge_server").module.command_line(python, '--midi-port "my port"', 1, 2)
        assert line == [*start, "serve", "--osc-port", "1", "--zmq-port", "2", "--midi-port", "my port"]


def test_frames_heard_are_whole_jpegs_of_the_picture(tmp_path: Path) -> None:
    packets: list[bytes] = []

    def keep(packet: bytes) -> list[bytes]:
        if packet.startswith(b"/score/frame"):
            packets.append(packet)
        return talk(packet)

    with answering(keep) as port, component(tmp_path, Oscport=port, Resolution=64) as (td, _):
        movie = td.find("/project1/movie")
        movie.frame = np.zeros((90, 160, 4), np.float32)
        movie.frame[45:, :, 0] = 1.0  # the upper half: the first row is the bottom one
        wait_until(lambda: len(packets) > 2, td.frame)

    ((message, payload),) = decode_osc(packets[-1]).messages
    assert message.stream == "ScoreBridge"  # type: ignore[union-attr]
    seen = cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape == (64, 64, 3)
    assert seen[10, 30, 2] > 240
    assert seen[50].max() < 15
