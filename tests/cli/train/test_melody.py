"""`score-bridge train melody` and `score-bridge corpus` as a user meets them."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
from rich.console import Console

from score_bridge.cli import main
from score_bridge.training.checkpoints import CHECKPOINT
from score_bridge.training.melody.recipe import Report
from score_bridge.training.reporting import telling
from tests.server import environment
from tests.tiny import save_tiny
from tests.training.made import saved, scales

TRAIN = ["train", "melody", "--device", "cpu", "--threads", "1", "--run", "run"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good corpus and good weights, and much that is neither."""
    monkeypatch.chdir(tmp_path)
    scales().save(tmp_path / "good.npz")
    scales(1, bars=40).save(tmp_path / "one.npz")
    scales(1, bars=20).save(tmp_path / "short.npz")
    tiny = save_tiny(tmp_path / "tiny.safetensors")
    card = json.loads(tiny.with_suffix(".json").read_text())
    for name, change in (("newer", {"version": 99}), ("other", {"format": "x"}), ("kind", {"kind": "organ"})):
        (tmp_path / f"{name}.safetensors").write_bytes(tiny.read_bytes())
        (tmp_path / f"{name}.json").write_text(json.dumps({**card, **change}))
    (tmp_path / "text.npz").write_text("no corpus")
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / "x.mid").write_bytes(np.random.default_rng(0).bytes(5_000_000))
    (tmp_path / "drums").mkdir()
    drums = [mido.Message("note_on", channel=9, note=40), mido.Message("note_off", channel=9, note=40, time=480)]
    mido.MidiFile(tracks=[mido.MidiTrack(drums)]).save(tmp_path / "drums" / "x.mid")
    return tmp_path


def called(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of the program."""
    monkeypatch.setattr(sys, "argv", ["score-bridge", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["corpus", "empty"], "empty: no scores in it"),
        (["corpus", "drums"], "no melody in 4/4, 2/2 or 2/4"),
        (["corpus", "noise"], "no melody in 4/4, 2/2 or 2/4"),
        ([*TRAIN, "--corpus", "text.npz"], "text.npz: not a corpus"),
        ([*TRAIN, "--corpus", "tiny.safetensors"], "not a corpus"),
        ([*TRAIN, "--corpus", "one.npz"], "20 two-bar phrases in 1 piece, 0 of them to learn from: it takes 64"),
        (
            [*TRAIN, "--corpus", "short.npz", "--from", "tiny.safetensors"],
            "10 two-bar phrases in 1 piece, 10 of",
        ),
        ([*TRAIN, "--corpus", "good.npz", "--from", "newer.safetensors"], "format version 99"),
        ([*TRAIN, "--corpus", "good.npz", "--from", "other.safetensors"], "is not a melody model"),
        ([*TRAIN, "--corpus", "good.npz", "--from", "kind.safetensors"], "unknown kind 'organ'"),
        ([*TRAIN, "--corpus", "good.npz", "--from", "absent.safetensors"], "no weights at absent.safetensors"),
        ([*TRAIN, "--corpus", "good.npz", "--leave-out", "nobody"], "no source nobody in the corpus; it has made"),
        ([*TRAIN, "--corpus", "good.npz", "--leave-out", "made"], "nothing is left of the corpus without made"),
        ([*TRAIN[:-1], "text.npz", "--corpus", "good.npz"], "the run's folder text.npz cannot be made"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = called(arguments, monkeypatch)
    said = capsys.readouterr().err
    assert code == 2, said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert words in said


def test_a_run_folder_of_another_model_or_a_damaged_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = [*TRAIN, "--corpus", "one.npz", "--from", "tiny.safetensors", "--steps", "2", "--batch", "2"]
    assert called(own, monkeypatch) == 0
    said = capsys.readouterr().err
    assert "held out, no figures: the corpus holds out too little to measure" in said
    assert "An own style, begun from tiny" in said
    assert "written run/melody.safetensors and melody.json" in said
    card = json.loads((place / "run" / "melody.json").read_text())
    assert (card["effort"]["steps"], card["recipe"]["batch"], card["held_out"]) == (2, 2, None)
    assert called([*TRAIN, "--corpus", "good.npz"], monkeypatch) == 2
    assert "run began from tiny" in (said := capsys.readouterr().err)
    assert "go on as it began (--from), or in another folder (--run)" in said
    half = (place / "run" / CHECKPOINT).read_bytes()[:999]
    (place / "run" / CHECKPOINT).write_bytes(half)
    capsys.readouterr()
    assert called(own, monkeypatch) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: run/checkpoint.safetensors is not a checkpoint of this model")
    assert said.count("\n") == 1


def test_ctrl_c_keeps_the_step_and_says_how_to_go_on(tmp_path: Path) -> None:
    corpus, tiny = saved(scales(), tmp_path / "c.npz"), save_tiny(tmp_path / "tiny.safetensors")
    run = tmp_path / "run"
    command = [sys.executable, "-m", "score_bridge", "train", "melody", "--corpus", corpus, "--from", str(tiny)]
    flags = ["--run", str(run), "--batch", "2", "--minutes", "9", "--threads", "1", "--device", "cpu"]
    with subprocess.Popen([*command, *flags], stderr=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[1]
    assert first.split()[1:3] == ["step", "20"]
    assert "length" in first  # one line a look, however long
    assert process.returncode == 130
    assert f"kept in {run}: the same command goes on from there" in rest.splitlines()[-1]
    assert {path.name for path in run.iterdir()} == {CHECKPOINT, "data.json", "from.json"}


def test_on_a_terminal_the_losses_stand_in_the_bar_and_only_figures_make_lines() -> None:
    screen = io.StringIO()
    with telling(Console(file=screen, width=100, force_terminal=True, highlight=False)) as report:
        report(Report(20, 0.25, {"loss": 1.0}, {}))
        report(Report(40, 0.5, {"loss": 1.0}, {"sampled": 0.5}))
    assert screen.getvalue().count("held out at step 40: sampled") == 1
    assert "50.0% step 40 loss 1.00" in screen.getvalue()


def test_a_look_is_one_line_in_a_log() -> None:
    log = io.StringIO()
    with telling(Console(file=log, width=40, highlight=False, soft_wrap=True)) as report:
        report(Report(20, 0.25, {"loss": 1.0, "reconstruction": 2.0, "divergence": 3.0}, {"sampled": 0.5}))
    assert log.getvalue().splitlines() == [
        "25.0% step 20 loss 1.00 reconstruction 2.00 divergence 3.00",
        "held out at step 20: sampled 0.500",
    ]
