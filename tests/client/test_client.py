import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zmq

from score_bridge.client import Client, ServerSilentError
from score_bridge.client.link import QUEUE, reachable
from score_bridge.errors import PeerError, SettingsError
from score_bridge.wire.messages import (
    Anchors,
    Bind,
    Error,
    Features,
    Frame,
    Hello,
    Note,
    NoteOff,
    Panic,
    Start,
    Stop,
    TeachRemove,
    Tempo,
)
from tests.client.fake_server import FakeServer, running


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with running() as fake:
        yield fake


@pytest.fixture
def client(server: FakeServer) -> Iterator[Client]:
    with Client.connect(server.zmq, name="test") as connected:
        yield connected


def heard(server: FakeServer, count: int) -> list[Any]:
    """What the server got after the greeting, once there is enough of it."""
    end = time.monotonic() + 5
    while len(server.heard) <= count and time.monotonic() < end:
        time.sleep(0.005)
    return list(server.heard[1:])


def first_notes(client: Client) -> list[Note | NoteOff]:
    """The first note and its end; pictures are sent until the subscription has reached the server."""
    found: list[Note | NoteOff] = []
    for _ in range(100):
        client.send_features([0.5])
        found += client.notes(timeout=0.02)
        if found:
            return found
    raise AssertionError("no note came")


def test_the_greeting(server: FakeServer, client: Client) -> None:
    assert server.heard == [Hello(name="test")]
    assert client.welcome.pub == server.pub
    assert client.ping() < 5


def test_controls_are_set_and_read(client: Client) -> None:
    assert client.set("temperature", 1.5) == 1.5
    assert client.get("temperature") == 1.5
    assert client.set("program", 5.0, stream="left") == 5
    assert client.set("scale", "dorian") == "dorian"


def test_readings_are_bound_to_directions(server: FakeServer, client: Client) -> None:
    assert client.bind("motion", "density", 0.5) == 0.5
    assert client.bind("motion", "density", 0, stream="left") == 0
    with pytest.raises(PeerError, match="no named directions"):
        client.bind("hue", "syncopation", 1.0)
    with pytest.raises(PeerError, match=r"amount: expected `?float`? <= 2.0"):
        client.bind("hue", "range", 3.0)
    assert [type(m) for m in server.heard] == [Hello, Bind, Bind, Bind]


def test_a_stream_is_taught_and_says_what_it_was_taught(server: FakeServer, client: Client) -> None:
    assert client.teach("sea") == {"sea": "played"}
    assert client.teach_midi("tune", b"MThd...") == {"sea": "played", "tune": "midi 7"}
    assert client.teach_direction("calm", "density", -2)["calm"] == "density -2"
    assert list(client.teach_undo()) == ["sea", "tune"] == list(client.teach_list())
    client.teach_remove("sea", stream="left")
    assert server.heard[-1] == TeachRemove(name="sea", stream="left")
    assert client.calibrate("freeze").pictures == 5
    with pytest.raises(PeerError, match="there is no file to save to"):
        client.save()
    with pytest.raises(PeerError, match="a MIDI file of at most 65536 bytes, got 0"):
        client.teach_midi("tune", b"")


def test_an_answer_is_waited_for_and_the_music_meanwhile_is_kept(server: FakeServer, client: Client) -> None:
    server.spoken = [Error(kind="show", reason="another length"), Anchors(stream="left", anchors=())]
    assert client.teach("sea") == {"sea": "played"}
    assert [type(message) for message in client.messages(timeout=0)] == [Error, Anchors]
    server.mute = True
    client._link.timeout = 0.1
    with pytest.raises(ServerSilentError, match="no answer from"):
        client.teach("sea")


def test_a_refused_control_says_why_and_is_kept(client: Client) -> None:
    with pytest.raises(PeerError, match="temperature must be 0 to 2, got 9") as caught:
        client.set("temperature", 9)
    assert caught.value.kind == "control"
    assert [error.reason for error in client.errors] == [caught.value.reason]
    assert client.get("temperature") == 1.0


def test_a_refusal_without_words_is_noticed(server: FakeServer, client: Client) -> None:
    with pytest.raises(PeerError, match="temperature"):
        client.set("temperature", 9)
    server.tired = True  # the real one says the same at most once a second
    with pytest.raises(PeerError, match=r"did not take Set\(.*last error was: temperature must be 0 to 2") as caught:
        client.set("temperature", 10)
    assert caught.value.kind == "refused"


def test_errors_about_pictures_answer_no_question(server: FakeServer, client: Client) -> None:
    server.spoken = [Error(kind="frame", reason="expected a JPEG")]
    assert client.get("program") == -1
    assert [error.kind for error in client.errors] == ["frame"]
    assert list(client.messages(timeout=0)) == [Error(kind="frame", reason="expected a JPEG")]


def test_what_is_unusable_is_refused_before_it_is_sent(server: FakeServer, client: Client) -> None:
    for attempt, words in (
        (lambda: client.tempo(5), "tempo bpm: .* >= 20"),
        (lambda: client.get(""), "get name"),
        (lambda: client.send_features([float("nan")]), "finite number, got nan"),
        (lambda: client.send_features([]), "length >= 1"),
        (lambda: client.send_frame(np.zeros((2, 2, 3))), "expected one of uint8, float32, got 'float64'"),
        (lambda: client.send_frame(np.zeros((2, 2, 3), np.uint8), order="rbg"), "expected one of rgb"),
        (lambda: client.send_frame(np.zeros(4, np.uint8)), r"expected \(height, width\)"),
        (lambda: client.send_frame(b""), "got none"),
    ):
        with pytest.raises(PeerError, match=words):
            attempt()
    client.ping()
    assert len(server.heard) == 1


def test_pictures_go_out_as_they_are(server: FakeServer, client: Client) -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert client.send_frame(picture, time=5.0)
    client.send_frame(picture[:, ::2], stream="left", order="bgr", origin="bottom")
    client.send_frame(picture[..., 0])
    client.send_frame(np.zeros((1, 1, 4), np.float32), transfer="linear")
    client.send_frame(b"\xff\xd8\xff jpeg")
    client.send_frame(b"\x89PNG\r\n\x1a\n png")
    frames = heard(server, 6)
    assert frames[0] == Frame(seq=1, time=5.0 + client._ahead, shape=(2, 4, 3), order="rgb")
    assert server.payloads[1] == picture.tobytes()
    assert (frames[1].stream, frames[1].shape, frames[1].order, frames[1].origin) == (
        "left",
        (2, 2, 3),
        "bgr",
        "bottom",
    )
    assert server.payloads[2] == picture[:, ::2].tobytes()
    assert (frames[2].shape, frames[2].order) == ((2, 4), "gray")
    assert (frames[3].dtype, frames[3].order, frames[3].transfer) == ("float32", "rgba", "linear")
    assert [frame.encoding for frame in frames[4:]] == ["jpeg", "png"]
    assert [frame.seq for frame in frames] == [1, 2, 3, 4, 5, 6]


def test_the_other_messages(server: FakeServer, client: Client) -> None:
    client.start("left")
    client.stop()
    client.tempo(90)
    client.panic()
    client.send_features(np.array([0.5, 1.0], np.float32), stream="left", time=2.0)
    assert heard(server, 5) == [
        Start(stream="left"),
        Stop(),
        Tempo(bpm=90.0),
        Panic(),
        Features(values=(0.5, 1.0), stream="left", seq=1, time=2.0 + client._ahead),
    ]


def test_notes_come_back_in_order(client: Client) -> None:
    on, off, *_ = first_notes(client)
    assert isinstance(on, Note)
    assert isinstance(off, NoteOff)
    assert (on.id, on.pitch) == (off.id, off.pitch)


def test_notes_that_come_while_a_question_waits_are_kept(client: Client) -> None:
    first_notes(client)
    client.send_features([0.5])
    assert client.get("program") == -1
    client.ping()
    assert [type(note) for note in client.notes(timeout=0.5)] == [Note, NoteOff]


def test_no_time_means_what_is_there(client: Client) -> None:
    assert list(client.notes(timeout=0)) == []


def test_a_full_queue_drops_and_counts_but_never_waits(server: FakeServer, client: Client) -> None:
    server.mute = True
    picture = np.zeros((512, 512, 3), np.uint8)
    sent = [client.send_frame(picture) for _ in range(QUEUE * 2)]
    assert client.dropped == sent.count(False) > 0
    client._link.timeout = 0.1
    with pytest.raises(ServerSilentError, match="nothing gets through to"):
        client.panic()


def test_nobody_there() -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
    with pytest.raises(
        ServerSilentError, match=f"nothing gets through to tcp://127.0.0.1:{port} .*Is score-bridge serve"
    ):
        Client.connect(f"tcp://127.0.0.1:{port}", timeout=0.1)


def test_somebody_who_does_not_answer(server: FakeServer) -> None:
    server.mute = True
    with pytest.raises(TimeoutError, match=r"no answer from .* within 0.2 s"):
        Client.connect(server.zmq, timeout=0.2)


def test_another_protocol_is_named(server: FakeServer) -> None:
    server.protocol = 2
    with pytest.raises(PeerError, match="the server speaks protocol 2, this client 1: install the same") as caught:
        Client.connect(server.zmq)
    assert caught.value.kind == "protocol"


def test_messages_of_a_newer_server_are_kept_as_errors(server: FakeServer, client: Client) -> None:
    server.raw = [b"SB1", b"\x81\xa4type\xa5dance"]
    client.ping()
    assert [(error.kind, error.reason[:24]) for error in client.errors] == [("type", "unknown message 'dance';")]


def test_an_address_that_is_none() -> None:
    with pytest.raises(SettingsError, match=r"address 'here': .* expected something like tcp://127.0.0.1:5570"):
        Client.connect("here")


def test_a_server_that_listens_everywhere_is_asked_where_it_was_found() -> None:
    assert reachable("tcp://0.0.0.0:5571", "tcp://10.0.0.5:5570") == "tcp://10.0.0.5:5571"
    assert reachable("tcp://127.0.0.1:5571", "tcp://localhost:5570") == "tcp://127.0.0.1:5571"
