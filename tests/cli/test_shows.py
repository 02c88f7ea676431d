"""Show files as a user meets them: commands, what they say, one-line errors."""

import json
import re
import sys
from pathlib import Path

import pytest

from score_bridge.cli import main
from tests.films import make_film
from tests.tiny import save_tiny


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run a command in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["score-bridge", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(str(end.value.code))


def test_a_show_goes_from_command_to_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film, show = str(make_film(tmp_path / "a.mp4", (1, 2))), str(tmp_path / "show.safetensors")
    tiny = ("--encoder", "vae", "--melody-model", str(save_tiny(tmp_path / "tiny.safetensors")))
    assert _run(monkeypatch, "calibrate", film, "--out", show, *tiny, "--bind", "motion density 0.5") == 0
    lesson = ("--film", film, "--at", "0.5", "--name", "first", "--direction", "density=2")
    assert _run(monkeypatch, "teach", show, *lesson, *tiny) == 0
    capsys.readouterr()
    assert _run(monkeypatch, "show", show) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].endswith("by encoder vae (layout 128, colour 12, motion 16); frozen")
    assert [line.split()[0] for line in listed[1:6]] == ["chords", "companions", "drums", "frame", "melody"]
    assert re.fullmatch("identity [0-9a-f]{64}", listed[6])
    assert listed[7:] == ["bound: motion density 0.5", "taught: first (density 2)"]
    assert _run(monkeypatch, "score", film, "--show", show, "--out", str(tmp_path / "out"), *tiny) == 0
    assert (tmp_path / "out" / "score.mid").exists()
    made = json.loads((tmp_path / "out" / "score.json").read_text())
    assert made["show"] == {"file": "show.safetensors", "identity": listed[6].split()[1]}
    assert {role: file["name"] for role, file in made["models"].items()} == {
        "melody_model": "tiny",
        "frame_model": "frames",
        "drums": "drums",
        "chords": "chords",
        "companions": "companions",
    }
    capsys.readouterr()
    refused = {
        ("score", film, "--show", show, "--encoder", "vae"): "was taught with melody_model tiny",
        ("score", film, "--show", show, "--encoder", "features"): "was made with encoder 'vae', this is 'features'",
        ("calibrate", film, "--out", tiny[-1], *tiny): "is not a show file",
    }
    for arguments, words in refused.items():
        assert _run(monkeypatch, *arguments) == 2
        told = capsys.readouterr().err
        assert words in told
        assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "none.safetensors"), "cannot read the show file none.safetensors"),
        (("calibrate", "a.mp4", "--out", "nowhere/show.safetensors"), "there is no folder nowhere"),
        (("teach", "show.safetensors", "--film", "a.mp4", "--at", "1", "--name", "x"), "one of --midi FILE and"),
    ],
)
def test_faults_are_one_line_and_exit_code_2(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    make_film(tmp_path / "a.mp4", (1,), seconds_each=0.5)
    monkeypatch.chdir(tmp_path)
    assert _run(monkeypatch, *arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1
