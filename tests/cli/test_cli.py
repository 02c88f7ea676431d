"""The command line as a user meets it: real processes, exit codes, one-line errors."""

import json
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from score_bridge.cli import main
from tests.films import make_film
from tests.server import environment
from tests.tiny import save_tiny


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "score_bridge", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, cwd=cwd, env=environment(), check=False
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


def test_score_writes_a_film_with_its_music(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", (1, 2, 3), seconds_each=1.5)
    done = run("score", str(film), "--out", str(tmp_path / "out"), "--seed", "3", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "score.mid", "score.wav", "score.mp4", "score.json", "score.html", "score.musicxml", "score.svg",
    }  # fmt: skip
    document = json.loads((tmp_path / "out" / "score.json").read_text())
    assert len(document["steps"]) == 36
    assert {"time", "token", "z", "descriptors"} <= document["steps"][5].keys()
    assert len(document["weights"]["sha256"]) == 64
    assert document["settings"]["seed"] == 3
    assert document["film"]["cuts"] == pytest.approx([1.5, 3.0], abs=0.06)
    on = [m for m in mido.MidiFile(tmp_path / "out" / "score.mid") if m.type == "note_on" and m.velocity]
    off = [
        m
        for m in mido.MidiFile(tmp_path / "out" / "score.mid")
        if m.type == "note_off" or m.dict().get("velocity") == 0
    ]
    assert len(on) == len(off) > 2


@pytest.mark.parametrize("command", ["sample", "interpolate"])
def test_music_without_a_film(command: str, tmp_path: Path, tiny: str) -> None:
    done = run(command, "--phrases", "2", "--out", str(tmp_path), "--melody-model", tiny, "--temperature", "1")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {
        "score.mid", "score.wav", "score.json", "score.musicxml", "score.svg",
    }  # fmt: skip
    assert len(json.loads((tmp_path / "score.json").read_text())["steps"]) == 64


def test_the_same_seed_gives_the_same_file(tmp_path: Path, tiny: str) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run("sample", "--phrases", "2", "--out", str(tmp_path / name), "--melody-model", tiny, "--seed", seed)
    a, b, c = ((tmp_path / name / "score.mid").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "absent.mp4"], "absent.mp4"),
        (["serve", "--bind", "motion density 1", "--bind", "motion fun 1"], "bind 'motion fun 1': expected one of"),
        (["score", "empty.mp4"], "empty"),
        (["score", "text.mp4"], "text.mp4"),
        (["score", "film.mp4", "--tempo", "5"], "tempo"),
        (["score", "film.mp4", "--scale", "majestic"], "scale"),
        (["score", "film.mp4", "--melody-model", "absent.safetensors"], "absent.safetensors"),
        (["score", "film.mp4", "--melody-model", "text.mp4"], "card"),
        (["score", "film.mp4", "--device", "cuda"], "cuda"),
        (["score", "film.mp4", "--config", "absent.toml"], "absent.toml"),
        (["score", "film.mp4", "--out", "text.mp4/out"], "text.mp4"),
        (["score", "film.mp4", "--soundfont", "text.mp4"], "text.mp4"),
        (["serve", "--host", "0.0.0.0"], "allow_remote"),
        (["serve", "--lead-ms", "5000"], "--lead-ms must be a number from 2 to 100, got 5000"),
        (["sample", "--limit", "3"], "--limit"),
        (["train", "melody", "--corpus", "absent.npz"], "absent.npz"),
        (["corpus"], "--builtin"),
        (["corpus", "absent"], "absent"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_film(tmp_path / "film.mp4", (1,))
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no film")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["score-bridge", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().err
    assert end.value.code == 2, said
    assert words in said
    if said.startswith("error: "):
        assert said.count("\n") == 1


def test_the_program_itself_ends_with_code_2(tmp_path: Path) -> None:
    done = run("score", "absent.mp4", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
