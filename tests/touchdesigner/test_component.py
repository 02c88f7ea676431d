"""The component plays against a real server: bridge and player as they are, an engine without models."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from score_bridge.wire.messages import Expression, Get, Label, Pong, Status, Welcome
from score_bridge.wire.osc.codec import decode_osc, decode_osc_outgoing, encode_osc
from tests.live.rig import server
from tests.touchdesigner.rig import PATIENCE, answering, component, play, status, wait_until


def port_of(ready: dict[str, Any]) -> int:
    return int(str(ready["osc"]).rpartition(":")[2])


def zmq_of(ready: dict[str, Any]) -> int:
    return int(str(ready["zmq"]).rpartition(":")[2])


@pytest.fixture(name="running", scope="module")
def _running() -> Any:
    with server(osc_reply_port=0) as (_, ready):
        yield ready


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rows(comp: Any, name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in comp.op(name).table}


def test_pictures_go_and_notes_come(running: Any, tmp_path: Path) -> None:
    with component(tmp_path, Oscport=port_of(running), Stream="clip") as (td, comp):
        play(td, lambda: comp.op("events").numRows > 4)
        head, *events = comp.op("events").table
        assert head == ["event", "id", "pitch", "velocity", "channel", "seconds", "voice"]
        assert {event[0] for event in events} == {"on", "off"}
        held = {note["pitch"] for note in comp.Held}
        out = {chan.name: chan[0] for chan in comp.op("out1").chans()}
        assert len(held) == 1
        assert {name for name, value in out.items() if name.startswith("ch1n") and value} == {f"ch1n{min(held)}"}
        assert (out["gate"], out["note"], out["velocity"]) == (1.0, min(held), pytest.approx(80 / 127))
        assert out["brightness"] == 1.0  # the fake engine takes the first byte, that of a JPEG
        wait_until(lambda: "playing (OSC/UDP, JPEG" in status(comp), td.frame)
        assert comp.par.Server.eval().startswith("score_bridge ")
        assert 0 < comp.par.Roundtrip.eval() < 1000 * PATIENCE
        assert rows(comp, "status")["state"] == "playing"


def test_features_go_where_no_picture_is_wired(running: Any, tmp_path: Path) -> None:
    with component(tmp_path, Oscport=port_of(running), Stream="features") as (td, comp):
        source = td.project.create("constantCHOP", "numbers")
        for name, value in (("a", 0.25), ("b", 0.5)):
            source.appendChan(name)[0] = value
        comp.inputConnectors[0].source = None
        comp.inputConnectors[1].connect(source)
        wait_until(lambda: comp.op("events").numRows > 2, td.frame)
        assert {chan.name: chan[0] for chan in comp.op("out1").chans()}["brightness"] == 0.25


def test_pictures_go_by_zeromq_where_pyzmq_is(running: Any, tmp_path: Path) -> None:
    ports = {"Oscport": port_of(running), "Zmqport": zmq_of(running)}
    with component(tmp_path, **ports, Transport="auto", Stream="zmq") as (td, comp):
        play(td, lambda: comp.par.Route.eval() == "ZeroMQ, raw" and comp.op("events").numRows > 2)


def test_a_picture_too_large_for_a_datagram_goes_by_tcp(running: Any, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).random((512, 512, 4)).astype(np.float32)
    with component(tmp_path, Oscport=port_of(running), Stream="tcp", Resolution=512, Quality=100) as (td, comp):
        td.find("/project1/movie").frame = noise
        wait_until(lambda: comp.par.Route.eval() == "OSC/TCP, JPEG" and comp.op("events").numRows > 2, td.frame)
        assert comp.par.Drops.eval() < 100


def test_two_components_hear_their_own_notes(running: Any, tmp_path: Path) -> None:
    with component(tmp_path, Oscport=port_of(running), Stream="one") as (td, comp):
        comp.par.Channel = 3
        play(td, lambda: comp.op("events").numRows > 2)
        with component(tmp_path, Oscport=port_of(running), Stream="two", Channel=5) as (other_td, other):
            play(other_td, lambda: other.op("events").numRows > 4)
            assert {event[4] for event in other.op("events").table[1:]} == {"5"}
        play(td, lambda: comp.op("events").table[-1][4] == "3")


def test_controls_and_pulses_reach_the_server(tmp_path: Path) -> None:
    heard: list[Any] = []
    with answering(lambda packet: talk(packet, heard)) as port, component(tmp_path, Oscport=port) as (td, comp):
        wait_until(lambda: "connected" in status(comp), td.frame)
        comp.par.Temperature = 0.5
        comp.par.Scale = "dorian"
        comp.par.Invert = True
        comp.par.Bindings = "motion density 0.8; edges range 9"
        comp.par.Tempo = 90
        td.frame()
        comp.par.Panic.pulse()
        comp.Send("/score/teach", "ScoreBridge", "sunset")
        wait_until(lambda: {"Teach"} <= {type(one).__name__ for one in heard}, td.frame)
        sets = {one.name: one.value for one in heard if type(one).__name__ == "Set"}
        assert (sets["temperature"], sets["scale"], sets["invert"], sets["lowest"]) == (0.5, 4, 1, 36)
        binds = {(one.source, one.target): round(one.amount, 3) for one in heard if type(one).__name__ == "Bind"}
        assert binds == {("motion", "density"): 0.8, ("edges", "range"): 2.0}
        assert {"Panic", "Tempo"} <= {type(one).__name__ for one in heard}
        heard.clear()
        comp.par.Bindings = "motion density 0.8"
        wait_until(lambda: any(type(one).__name__ == "Bind" and one.amount == 0 for one in heard), td.frame)


def test_a_test_note_goes_there_and_back(running: Any, tmp_path: Path) -> None:
    with component(tmp_path, Oscport=port_of(running), Stream="test") as (td, comp):
        wait_until(comp.par.Server.eval, td.frame)
        comp.par.Testnote.pulse()
        wait_until(lambda: comp.op("events").numRows > 1, td.frame)
        assert comp.op("events").table[1] == ["on", "-1", "60", "100", "1", "0.5", "lead"]
        wait_until(lambda: "The server answered in" in status(comp), td.frame)
        wait_until(lambda: comp.op("events").table[-1][0] == "off", td.frame)
        assert not comp.Held


def test_labels_and_readings_come_out(tmp_path: Path) -> None:
    said = [
        encode_osc(Label(stream="ScoreBridge", rank=1, name="castle", probability=0.75)),
        encode_osc(Label(stream="another", rank=2, name="nobody", probability=0.5)),
        encode_osc(Expression(stream="ScoreBridge", name="motion", value=0.5)),
        encode_osc(
            Status(
                stream="ScoreBridge",
                state="playing",
                message="playing",
                tempo=120.0,
                frames_per_second=30.0,
                latency_ms=9.0,
                dropped_frames=0,
                sync_delay_ms=150.0,
            )
        ),
    ]
    with answering(lambda packet: talk(packet, more=said)) as port, component(tmp_path, Oscport=port) as (td, comp):
        # the status is the last of the datagrams, and a frame of the host reads those that are there by then
        wait_until(lambda: rows(comp, "status")["sync_delay_ms"] == "150", td.frame)
        assert comp.op("out3").inputs[0].table == [["rank", "name", "probability"], ["1", "castle", "0.750"]]
        assert {chan.name: chan[0] for chan in comp.op("out1").chans()}["motion"] == 0.5
        assert dict(comp.op("out4").inputs[0].table)["sync_delay_frames"] == "9"


def test_callbacks_are_called_and_their_faults_are_shown(running: Any, tmp_path: Path) -> None:
    with component(tmp_path, Oscport=port_of(running), Stream="callbacks") as (td, comp):
        comp.par.Createcallbacks.pulse()
        dat = td.find("/project1/ScoreBridge_callbacks")
        assert comp.par.Callbackdat.eval() is dat
        dat.text = "notes = []\ndef onNote(comp, note):\n    notes.append(note)\n"
        first = play(td, lambda: dat.module.notes)[0]
        assert (first["event"], first["velocity"], first["channel"]) == ("on", 80, 1)
        dat.text = "def onNote(comp, note):\n    1 / 0\n"
        play(td, lambda: "onNote in ScoreBridge_callbacks failed: ZeroDivisionError" in status(comp))
        events = comp.op("events").table[-1]
        play(td, lambda: comp.op("events").table[-1] != events)


def test_a_server_that_goes_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    with component(tmp_path, Oscport=port, Temperature=0.5) as (td, comp):
        wait_until(lambda: f"No server answers at 127.0.0.1:{port}" in status(comp), td.frame)
        with server(osc_port=port, osc_reply_port=0):
            play(td, lambda: comp.Held)
        wait_until(lambda: "stopped answering" in status(comp), td.frame)
        assert not comp.Held
        with server(osc_port=port, osc_reply_port=0) as (_, ready):
            play(td, lambda: comp.Held)
            assert temperature(port_of(ready), "ScoreBridge") == 0.5


def temperature(port: int, stream: str) -> float:
    """Ask the server for a control."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(PATIENCE)

        udp.sendto(encode_osc(Get(name="temperature", stream=stream)), ("127.0.0.1", port))
        return float(decode_osc_outgoing(udp.recv(65_535))[0].value)  # type: ignore[union-attr]


def talk(
    packet: bytes, heard: list[Any] | None = None, more: list[bytes] | None = None, protocol: int = 1
) -> list[bytes]:
    """Answer as a server would that plays nothing."""
    replies: list[bytes] = []
    for message, _ in decode_osc(packet).messages:
        if heard is not None:
            heard.append(message)
        if type(message).__name__ == "Hello":
            welcome = Welcome(
                protocol=protocol, server="test 1", weights="", latent_size=1, expects="", time=0.0, pub=""
            )
            replies += [encode_osc(welcome), *(more or [])]
        if type(message).__name__ == "Ping":
            replies.append(encode_osc(Pong(id=message.id, time=0.0)))  # type: ignore[union-attr]
    return replies
