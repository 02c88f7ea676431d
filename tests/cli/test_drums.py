"""The commands about drums, from performances to figures."""

import json
from pathlib import Path

from typer.testing import CliRunner

from score_bridge.cli import app
from score_bridge.music.drums import DESCRIBED, KIT
from tests.drums import write_performances

RUNNER = CliRunner()


def test_drums_are_trained_and_measured(tmp_path: Path) -> None:
    data, run = write_performances(tmp_path / "data", bars=8), tmp_path / "run"
    made = RUNNER.invoke(app, ["train", "drums", str(data), "--run", str(run), "--steps", "2", "--threads", "1"])
    assert made.exit_code == 0, made.output
    assert (run / "drums.safetensors").is_file()
    weights = ["--weights", str(run / "drums.safetensors")]
    said = RUNNER.invoke(app, ["evaluate", "drums", str(data), *weights, "--json"])
    figures = json.loads(said.stdout)
    assert figures["bars"] == 8
    assert list(figures["hits"]) == list(KIT)
    assert figures["hits"]["kick"]["drummers"] == 2
    assert set(figures["features"]) == {*DESCRIBED, "places", "velocities", "offsets"}
    assert all(0 <= value <= 1 for found in figures["features"].values() for value in found.values())
    assert "overlap with drummers" in RUNNER.invoke(app, ["evaluate", "drums", str(data), *weights]).output


def test_a_folder_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    refused = RUNNER.invoke(app, ["evaluate", "drums", str(tmp_path / "nowhere")])
    assert refused.exit_code != 0
    assert "info.csv cannot be read" in str(refused.exception)
