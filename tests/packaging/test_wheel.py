"""A wheel built from this tree, in an empty environment outside of it: `make test-wheel`.

Installing takes a minute or two and what pip needs for it, so that plain `make test` leaves it out.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest

from score_bridge.client import Client
from score_bridge.wire import messages as m
from tests.films import scene
from tests.server import FLAGS

ROOT = Path(__file__).parents[2]
TORCH = "torch==2.13.0"
READY_S, PLAYED_S = 60.0, 30.0
pytestmark = [pytest.mark.wheel, pytest.mark.timeout(400)]

HELD = (
    "score_bridge/assets/insects.mp4", "score_bridge/assets/insects.txt",
    "score_bridge/assets/sf_GMbank.sf2", "score_bridge/assets/sf_GMbank.txt",
    "score_bridge/weights/melody.safetensors", "score_bridge/weights/melody.json",
    "score_bridge/weights/frames.safetensors", "score_bridge/weights/frames.json",
    "score_bridge/models/picture/imagenet_labels.txt",
    "score_bridge/td_components/build_tox.py", "score_bridge/td_components/network.svg",
    "score_bridge/td_components/ScoreBridge/parameters.json",
)  # fmt: skip


def run(*command: str | Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command outside the checkout, without the variables that lead into it."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder outside the checkout, removed afterwards: an environment is a gigabyte."""
    with tempfile.TemporaryDirectory(prefix="score-bridge-wheel-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    built = run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT, folder=folder)
    assert built.returncode == 0, built.stderr
    [path] = folder.glob("score_bridge-*.whl")
    return path


@pytest.fixture(scope="module")
def programs(folder: Path, wheel: Path) -> Path:
    """The folder of programs of an environment that holds the wheel and what it requires, no extra."""
    venv.create(folder / "empty", with_pip=True)
    programs = folder / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
    install(programs, folder, TORCH)
    install(programs, folder, str(wheel))
    return programs


@pytest.fixture(scope="module")
def film_programs(folder: Path, wheel: Path, programs: Path) -> Path:
    install(programs, folder, f"{wheel}[film]")
    return programs


def install(programs: Path, folder: Path, what: str) -> None:
    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check")
    done = run(*pip, "--constraint", ROOT / "constraints.txt", what, folder=folder)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_wheel_holds_weights_component_clip_and_soundfont(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    assert set(HELD) <= set(sizes)
    assert min(sizes[name] for name in HELD) > 0
    assert not [name for name in sizes if name.startswith(("tests/", "td_components/", "examples/"))]
    [licence] = [name for name in sizes if name.endswith(".dist-info/licenses/LICENSE")]
    assert sizes[licence] == (ROOT / "LICENSE").stat().st_size


def test_no_optional_package_came_along(programs: Path, folder: Path) -> None:
    listed = run(programs / "python", "-m", "pip", "list", "--format", "json", folder=folder)
    names = {entry["name"].lower() for entry in json.loads(listed.stdout)}
    assert "score-bridge" in names
    assert not names & {"av", "midirenderer", "music21", "pretty_midi", "pytest", "scikit-video"}
    where = run(programs / "python", "-c", "import score_bridge; print(score_bridge.__file__)", folder=folder)
    assert Path(where.stdout.strip()).is_relative_to(folder)


def test_serve_answers_a_ping_and_plays_a_note(programs: Path, folder: Path) -> None:
    command = [str(programs / "score-bridge"), "serve", *FLAGS]
    with (
        (folder / "serve.log").open("w+") as log,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        patience = threading.Timer(READY_S, server.kill)
        patience.start()
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line, (folder / "serve.log").read_text()[-3000:]
            patience.cancel()
            with Client.connect(json.loads(line)["zmq"]) as client:
                assert client.ping() < 1.0
                note = first_note(client)
            assert 0 <= note.pitch <= 127
            assert note.velocity > 0
        finally:
            patience.cancel()
            server.terminate()
            server.wait(15)


def first_note(client: Client) -> m.Note:
    """Show scenes, 25 pictures a second, until a note is heard."""
    for number in range(int(PLAYED_S * 25)):
        client.send_frame(scene(number // 50, number, (64, 96)), time=number / 25)
        for message in client.messages(timeout=1 / 25):
            if isinstance(message, m.Note):
                return message
    pytest.fail(f"no note within {PLAYED_S} s")


def test_the_component_can_be_put_in_place(programs: Path, folder: Path) -> None:
    done = run(programs / "score-bridge", "td", "install", "--to", folder / "palette", folder=folder)
    assert done.returncode == 0, done.stderr
    assert any((folder / "palette").rglob("*.py"))


def test_score_says_in_one_line_what_it_needs(programs: Path, folder: Path) -> None:
    done = run(programs / "score-bridge", "score", "film.mp4", folder=folder)
    assert done.returncode == 2
    assert done.stderr == "error: this needs the package av, which is not installed: pip install av midirenderer\n"


def test_with_film_the_shipped_clip_is_scored(film_programs: Path, folder: Path) -> None:
    where = "from score_bridge.cli.demo import default_clip; print(default_clip())"
    clip = Path(run(film_programs / "python", "-c", where, folder=folder).stdout.strip())
    assert clip.is_relative_to(folder)
    done = run(film_programs / "score-bridge", "score", clip, "--out", "scored", "--device", "cpu", folder=folder)
    assert done.returncode == 0, done.stderr
    made = {path.name for path in (folder / "scored").iterdir()}
    assert {"score.mid", "score.wav", "score.mp4", "score.json", "score.html"} <= made
    on = [e for e in mido.MidiFile(folder / "scored" / "score.mid") if e.type == "note_on" and e.velocity]
    assert len(on) > 10
    with wave.open(str(folder / "scored" / "score.wav")) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    assert np.abs(samples).max() > 10_000
