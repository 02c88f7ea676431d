"""`score-bridge train companions` and `score-bridge evaluate quartets` as a user meets them."""

from pathlib import Path

from typer.testing import CliRunner

from score_bridge.cli import app
from score_bridge.errors import SettingsError
from score_bridge.models.companions.companion_file import read_companion_file
from tests.quartets import write_quartets

RUNNER = CliRunner()


def test_companions_are_trained_and_measured_beside_quartets(tmp_path: Path) -> None:
    data, run = write_quartets(tmp_path / "scores", 40), tmp_path / "run"
    made = RUNNER.invoke(app, ["train", "companions", str(data), "--run", str(run), "--steps", "2", "--threads", "1"])
    assert made.exit_code == 0, made.output
    assert read_companion_file(run / "companions.safetensors").card["effort"]["steps"] == 2
    shown = RUNNER.invoke(app, ["evaluate", "quartets", str(data), "--bars", "32"])
    assert shown.exit_code == 0, shown.output
    assert "outer intervals" in shown.output
    assert "out of time" in shown.output


def test_a_folder_without_quartets_is_refused(tmp_path: Path) -> None:
    for command in ("train companions", "evaluate quartets"):
        refused = RUNNER.invoke(app, [*command.split(), str(tmp_path)])
        assert isinstance(refused.exception, SettingsError)
        assert "holds no score of four parts" in str(refused.exception)
