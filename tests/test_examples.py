"""Every example plays against the real server; a foreign program that is absent is skipped by name."""

import importlib.util
import json
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
from py2max import Patcher

from score_bridge.wire.messages import BASS, CHORDS, LEAD, Note, NoteOff, Stop
from score_bridge.wire.osc.codec import encode_osc
from tests.films import make_film
from tests.programs import needs
from tests.server import Server, environment, running_server  # noqa: F401  the fixture `server`

EXAMPLES = Path(__file__).parents[1] / "examples"
SECONDS = 4.0
PATIENCE = 60.0
PD = ("pd", "-nogui", "-noaudio", "-nomidi", "-stderr")


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=False)


def play(script: str, *arguments: str) -> str:
    done = python("-W", "error", str(EXAMPLES / script), "--seconds", str(SECONDS), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def picture(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8)


def test_hello_frame(server: Server) -> None:
    said = play("hello_frame.py", "--address", server.zmq)
    assert said.startswith("connected to ")
    assert re.search(r"^note \d+ velocity \d+ for \d+\.\d\d s on channel \d+ \(lead\)$", said, re.MULTILINE)


def test_hello_frame_with_a_photo(server: Server, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    cv2.imwrite(str(photo), picture(1))
    assert "note " in play("hello_frame.py", "--address", server.zmq, "--picture", str(photo))


def test_webcam_with_a_film(server: Server, tmp_path: Path) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (64, 48))
    for seed in range(20):
        writer.write(picture(seed))
    writer.release()
    said = play("webcam.py", str(film), "--address", server.zmq)
    assert "note " in said
    assert said.endswith("0 pictures dropped, 0 errors\n")


def test_webcam_without_a_film_says_so(server: Server, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.mp4")
    done = python(str(EXAMPLES / "webcam.py"), missing, "--address", server.zmq)
    assert done.returncode == 1
    assert done.stderr.endswith(f"cannot open {missing}\n")


def test_osc_features(server: Server) -> None:
    said = play("osc_features.py", "--address", f"127.0.0.1:{server.osc}", "--size", "6")
    assert re.search(r"^note \d+ velocity \d+ channel \d+ voice 0 \(osc \d+\)$", said, re.MULTILINE)
    assert "noteoff " in said
    assert "error" not in said


@needs("pd")
def test_pure_data(server: Server) -> None:
    patch = str(EXAMPLES / "pd" / "score_bridge.pd")
    command = [*PD, "-send", f"score-address 127.0.0.1 {server.osc}", "-send", "score-test 1", patch]
    ending = threading.Timer(SECONDS + 1, stop_stream, (server, "pd"))
    ending.start()
    said = lines_of(command, SECONDS + 2)
    ending.join()
    assert "error" not in said
    assert re.search(r"^score: welcome 1 ", said, re.MULTILINE)
    notes = re.findall(r"^score: note pd \d+ (\d+) (\d+) (\d+) ", said, re.MULTILINE)
    ends = re.findall(r"^score: noteoff pd \d+ (\d+) (\d+) ", said, re.MULTILINE)
    assert notes
    assert ends
    assert f"midi: {' '.join(notes[0])}\n" in said
    assert f"midi: {ends[0][0]} 0 {ends[0][1]}\n" in said


@needs("pd")
def test_pure_data_sends_each_voice_by_itself() -> None:
    def note(number: int, pitch: int, voice: int) -> Note:
        return Note(stream="pd", id=number, pitch=pitch, velocity=64, channel=voice + 1, seconds=0.1, voice=voice)

    def off(on: Note) -> NoteOff:
        return NoteOff(stream="pd", id=on.id, pitch=on.pitch, channel=on.channel, voice=on.voice)

    notes = [note(1, 72, LEAD), note(2, 36, BASS), note(3, 60, CHORDS), note(4, 64, CHORDS)]

    def answer(link: socket.socket) -> None:
        _, host = link.recvfrom(65536)
        for message in (*notes, *(off(one) for one in notes)):
            link.sendto(encode_osc(message), host)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.settimeout(PATIENCE)
        answering = threading.Thread(target=answer, args=(link,))
        answering.start()
        patch = str(EXAMPLES / "pd" / "score_bridge.pd")
        sends = ("-send", "score-test 1", "-send", f"score-address 127.0.0.1 {link.getsockname()[1]}")
        said = lines_of([*PD, *sends, patch], SECONDS)
        answering.join()
    assert re.findall(r"^voice: (.+)$", said, re.MULTILINE) == [
        "0 72 64", "2 36 64", "1 60 64", "1 64 64", "0 72 0", "2 36 0", "1 60 0", "1 64 0",
    ]  # fmt: skip


@needs("oscsend", "oscdump")
def test_liblo(server: Server) -> None:
    port = free_port()
    hello = ["oscsend", "localhost", str(server.osc), "/score/hello", "si", "liblo", str(port)]
    features = ["oscsend", "localhost", str(server.osc), "/score/features", "sfff", "liblo", "0.1", "0.5", "0.9"]
    dump = subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    subprocess.run(hello, check=True)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        subprocess.run(features, check=True)
        time.sleep(0.05)
    subprocess.run(["oscsend", "localhost", str(server.osc), "/score/stop", "s", "liblo"], check=True)
    time.sleep(0.3)
    dump.terminate()
    said, _ = dump.communicate(timeout=PATIENCE)
    assert " /score/welcome issisfs 1 " in said
    assert re.search(r' /score/note siiiiffi "liblo" \d+ ', said)
    assert re.search(r' /score/noteoff siiifi "liblo" \d+ ', said)
    assert "/score/error" not in said


def test_the_max_patch_is_sound_and_is_what_its_script_makes(tmp_path: Path) -> None:
    patch: Patcher = make_patch().build(tmp_path / "score_bridge.maxpat")
    assert [str(finding) for finding in patch.lint()] == []
    patch.save()
    committed = EXAMPLES / "max" / "score_bridge.maxpat"
    assert (tmp_path / "score_bridge.maxpat").read_text() == committed.read_text()


def make_patch() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_patch", EXAMPLES / "max" / "make_patch.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stop_stream(server: Server, stream: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.sendto(encode_osc(Stop(stream=stream)), ("127.0.0.1", server.osc))


def lines_of(command: list[str], seconds: float) -> str:
    """What a program that does not end by itself says on stderr within `seconds`."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
    return process.communicate(timeout=PATIENCE)[1]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_draw_score_shows_notes_and_cuts(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", (1, 2))
    steps = [{"time": n / 8, "token": 40 + n if n % 4 == 0 else 0, "descriptors": {"cut": n == 8}} for n in range(16)]
    (tmp_path / "score.json").write_text(json.dumps({"steps": steps}))
    paths = [str(film), str(tmp_path / "score.json"), str(tmp_path / "drawn.png")]
    done = python("-W", "error", str(EXAMPLES / "draw_score.py"), *paths)
    assert (done.returncode, done.stderr) == (0, "")
    drawn = cv2.imread(paths[2])
    assert drawn is not None
    roll = drawn[120:400]
    assert (roll.sum(axis=2) < 150).any(axis=0).sum() > 4 * 20
    red = (roll[..., 2] > 200) & (roll[..., 1] < 100)
    assert abs(int(red.any(axis=0).argmax()) - 640) < 5
