"""The whole server with its real models: three processes, real sockets, and what a host sees of them."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zmq

from score_bridge.client import Client
from score_bridge.errors import PeerError
from score_bridge.wire import messages as m
from score_bridge.wire.zmq_codec import encode
from tests.films import scene
from tests.live.measure_recovery import WARM_STEPS, Feeder, engine_of
from tests.server import Server, environment, serving
from tests.tiny import save_tiny

RATE = 25


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Random weights play many notes, so that there is something to count."""
    return str(save_tiny(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


@pytest.fixture
def busy(tiny: str) -> Iterator[Server]:
    with serving("--melody-model", tiny, "--temperature", "1.5", "--tempo", "200") as server:
        yield server


def show(client: Client, seconds: float, number: int = 1) -> list[m.Outgoing]:
    """Send pictures of a scene in real time for a while; return all that came meanwhile."""
    came: list[m.Outgoing] = []
    start = time.monotonic()
    for i in range(int(seconds * RATE)):
        client.send_frame(scene(number, i, (64, 96)), time=i / RATE)
        while (left := start + (i + 1) / RATE - time.monotonic()) > 0:
            came += list(client.messages(timeout=left))
    return came


def until(client: Client, kind: type[m.Message], seconds: float = 40.0) -> list[m.Outgoing]:
    """Go on showing until a message of this kind comes."""
    came: list[m.Outgoing] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        came += show(client, 0.2)
        if any(isinstance(message, kind) for message in came):
            return came
    pytest.fail(f"no {kind.__name__} within {seconds} s")


def balance(events: list[m.Outgoing]) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Notes begun, and notes ended, by stream and id."""
    begun = {(e.stream, e.id) for e in events if isinstance(e, m.Note)}
    return begun, {(e.stream, e.id) for e in events if isinstance(e, m.NoteOff)}


def test_pictures_become_notes_readings_and_latents(busy: Server) -> None:
    with Client.connect(busy.zmq) as client:
        came = until(client, m.Note) + show(client, 2.0)
        client.stop()
        came += list(client.messages(timeout=0.5))
        begun, ended = balance(came)
        assert begun
        assert begun <= ended
        latents = [e for e in came if isinstance(e, m.Latent)]
        assert {len(e.values) for e in latents} == {client.welcome.latent_size}
        steps = [e.step for e in latents]
        assert steps == list(range(steps[0], steps[0] + len(steps)))
        assert {e.name for e in came if isinstance(e, m.Expression)} >= {"brightness", "motion", "cut"}
        assert any(isinstance(e, m.Status) and e.state == "playing" for e in came)


def test_a_band_plays_each_voice_on_its_own_channel_and_all_of_it_ends(busy: Server) -> None:
    with Client.connect(busy.zmq) as client:
        client.set("ensemble", "band")
        came = until(client, m.Note) + show(client, 3.0)
        os.kill(busy.engine, signal.SIGKILL)
        came += show(client, 3.0)
        with pytest.raises(PeerError, match="lead and bass of the ensemble band are both on channel 3"):
            client.set("channel", 3)
        client.set("ensemble", "solo")
        client.stop()
        came += list(client.messages(timeout=1.5))
        begun, ended = balance(came)
        assert begun <= ended
        notes = [e for e in came if isinstance(e, m.Note)]
        assert {(e.voice, e.channel) for e in notes} == {(m.LEAD, 1), (m.CHORDS, 2), (m.BASS, 3), (m.DRUMS, 10)}
        assert sum(e.voice == m.DRUMS for e in notes) > 20
        latents = [e.step for e in came if isinstance(e, m.Latent)]
        assert len(latents) == len(set(latents)), "one latent a step, however many voices"


def test_a_cut_moves_the_latent_at_once(busy: Server) -> None:
    with Client.connect(busy.zmq) as client:
        client.set("smoothing", 1.0)
        until(client, m.Latent)
        before = [
            e for e in show(client, 4.0, 1) + show(client, 2.0, 2) + show(client, 2.0, 1) if isinstance(e, m.Latent)
        ]
        after = [e for e in show(client, 1.5, 2) if isinstance(e, m.Latent)]
        still = np.linalg.norm(np.diff([e.values for e in before[-8:]], axis=0), axis=1).max()
        moves = np.linalg.norm(np.array([e.values for e in after]) - np.array(before[-1].values), axis=1)
        assert (moves > 3 * still + 0.3).argmax() <= 3


@pytest.mark.parametrize("victim", ["engine", "player"])
def test_a_child_that_dies_leaves_no_note_and_comes_back(busy: Server, victim: str) -> None:
    with Client.connect(busy.zmq) as client:
        came = until(client, m.Note)
        os.kill(getattr(busy, victim), signal.SIGKILL)
        came += show(client, 1.0)
        came += until(client, m.Note)
        client.stop()
        came += list(client.messages(timeout=1.5))
        begun, ended = balance(came)
        assert begun <= ended
        assert client.ping() < 5


def test_a_show_is_taught_survives_a_crash_and_is_how_the_next_server_begins(tiny: str, tmp_path: Path) -> None:
    flags = ("--melody-model", tiny, "--temperature", "1.5", "--tempo", "300", "--show", str(tmp_path / "show"))
    with serving(*flags) as server, Client.connect(server.zmq) as client:
        with pytest.raises(PeerError, match="no stream 'main' yet"):
            client.teach("early")
        until(client, m.Note)
        show(client, 2.5)
        client.teach("first")
        os.kill(server.engine, signal.SIGKILL)
        with pytest.raises(PeerError, match="the engine"):
            client.teach_list()
        while not any(isinstance(e, m.Status) and e.restarts and e.state == "playing" for e in show(client, 0.2)):
            pass
        assert client.teach_direction("second", "density", 2) == {"first": "played", "second": "density 2"}
        assert client.calibrate("freeze").state == "frozen"
        assert client.save() == str(tmp_path / "show")
    with serving(*flags) as server, Client.connect(server.zmq) as client:
        until(client, m.Note)
        assert client.teach_list() == {"first": "played", "second": "density 2"}
        assert client.calibrate("adapt").pictures > 1


def test_ending_the_server_ends_the_notes(busy: Server) -> None:
    with Client.connect(busy.zmq) as client:
        came = until(client, m.Note)
        came += show(client, 0.5)
        busy.process.terminate()
        came += list(client.messages(timeout=1.5))
        begun, ended = balance(came)
        assert begun <= ended
    assert busy.process.wait(15) == 0


def test_a_flood_of_orders_and_a_huge_picture_keep_no_other_stream_waiting(busy: Server) -> None:
    good, png = cv2.imencode(".png", np.zeros((8192, 8192, 3), np.uint8))
    assert good
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    flood = context.socket(zmq.DEALER)
    flood.connect(busy.zmq)
    with Client.connect(busy.zmq) as client:
        for stream in ("a", "b"):
            client.set("temperature", 1.5, stream=stream)

        def show_both(seconds: float) -> list[m.Outgoing]:
            came, end = list[m.Outgoing](), time.monotonic() + seconds
            while time.monotonic() < end:
                for stream in ("a", "b"):
                    client.send_frame(scene(1, len(came), (64, 96)), stream=stream)
                came += client.messages(timeout=0.1)
            return came

        show_both(2.0)
        flood.send_multipart(encode(m.Frame(stream="huge", encoding="png"), png.tobytes()))
        for _ in range(9_000):
            flood.send_multipart(encode(m.Stop(stream="huge")))
        came = show_both(3.0) + show_both(1.5)
    context.destroy(linger=0)
    late = [e for e in came if isinstance(e, m.Status) and e.stream in ("a", "b")][-2:]
    assert {e.stream for e in late} == {"a", "b"}
    assert all(e.state == "playing" and e.features_per_second > 0 and e.restarts == 0 for e in late)
    assert {e.stream for e in came if isinstance(e, m.Note)} >= {"a", "b"}


def test_nonsense_on_every_socket_is_answered_and_the_music_goes_on(busy: Server) -> None:
    noise = random.Random(0)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    raw = context.socket(zmq.DEALER)
    raw.connect(busy.zmq)
    with Client.connect(busy.zmq) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        until(client, m.Note)
        for _ in range(200):
            raw.send_multipart([noise.randbytes(noise.randrange(40)) for _ in range(noise.randrange(1, 4))])
            udp.sendto(noise.randbytes(noise.randrange(1, 200)), ("127.0.0.1", busy.osc))
        assert raw.poll(5000)
        for name, value in (("temperatur", 1), ("temperature", 99), ("scale", "majestic"), ("channel", 2.5)):
            with pytest.raises(PeerError):
                client.set(name, value)
        client.send_features([1.0, 2.0])
        came = show(client, 1.0)
        assert any(isinstance(e, m.Note) for e in came)
        assert client.ping() < 5
    context.destroy(linger=0)


def test_a_second_server_on_the_same_port_says_what_to_do(busy: Server) -> None:
    port = busy.zmq.rpartition(":")[2]
    command = [
        sys.executable,
        "-m",
        "score_bridge",
        "serve",
        "--zmq-port",
        port,
        "--pub-port",
        "0",
        "--osc-port",
        "0",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=False)
    assert done.returncode == 2
    assert "--zmq-port" in done.stderr
    assert port in done.stderr


def test_thirty_two_streams_with_all_their_history_are_back_within_three_seconds_each_time() -> None:
    """With the shipped weights; a restore that outlasts the watchdog's patience would never end."""
    with serving("--tempo", "120") as server, Client.connect(server.zmq) as client:
        feeder = Feeder(client, 32)
        feeder.until_all_play(0)
        while not any(isinstance(x, m.Latent) and x.step > WARM_STEPS for x in feeder.hear(0.05)):
            pass
        away = []
        for kill in (1, 2, 3):
            os.kill(engine_of(server), signal.SIGKILL)
            away.append(feeder.until_all_play(kill))
        assert sorted(away)[1] <= 3.0, away
        while {x.stream for x in feeder.hear(0.5) if isinstance(x, m.Note)} == set():
            pass
