"""Every block of code in README, docs and the two other read-mes is exercised; a language without a test fails."""

import json
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from score_bridge.settings import load_settings
from score_bridge.wire.messages import Incoming
from score_bridge.wire.osc.codec import decode_osc
from score_bridge.wire.osc.table import OUTGOING
from tests.docs.pages import ROOT, Block, blocks
from tests.docs.shell import check_line
from tests.films import make_film
from tests.server import environment, serving
from tests.touchdesigner.rig import component

RUN = ("calibrate", "ports", "show")
NO_MIDI = "no MIDI system answers"  # what `ports` says on a machine without one
BLOBS = {"<picture>": b"\xff\xd8\xff\xe0", "<midi>": b"MThd"}


def exercise_python(block: Block, _: Path) -> None:
    """Run it against a server of its own, as a reader would; what it prints has to be something."""
    with serving() as server:
        program = block.text.replace("Client.connect()", f"Client.connect({server.zmq!r})")
        program = program.replace("tcp://127.0.0.1:5570", server.zmq)
        command = [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == ("print(" in block.text)


def exercise_touchdesigner(block: Block, folder: Path) -> None:
    """Run it in the stand-in, with the component in the network."""
    with component(folder) as (_, comp):
        exec(compile(block.text, block.name, "exec"), {"op": {"ScoreBridge": comp}.__getitem__})


def exercise_shell(block: Block, folder: Path) -> None:
    """Check every line; run those that need no server, no network and little time, one after the other."""
    make_film(folder / "film.mp4", (1, 2))
    for line in block.text.splitlines():
        check_line(line)
        words = shlex.split(line, comments=True)
        if len(words) > 1 and words[0].endswith("score-bridge") and words[1] in RUN:
            command = [sys.executable, "-m", "score_bridge", *words[1:]]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60, env=environment(), cwd=folder, check=False
            )
            assert done.returncode == 0 or NO_MIDI in done.stderr, done.stderr


def exercise_json(block: Block, _: Path) -> None:
    """A message has to be one of the table; anything else is what `serve` says first."""
    found = json.loads(block.text)
    if "type" in found:
        assert msgspec.convert({**found}, Incoming)
    else:
        with serving() as server:
            assert found.keys() == server.ready.keys()


def exercise_toml(block: Block, folder: Path) -> None:
    (folder / "score.toml").write_text(block.text)
    settings = json.loads(msgspec.json.encode(load_settings({}, folder / "score.toml")))
    written = tomllib.loads(block.text)
    assert settings["controls"] | written.pop("controls", {}) == settings["controls"]
    assert settings | written == settings


def exercise_osc(block: Block, _: Path) -> None:
    """What goes to the server has to be understood; what comes from it has to be as in the table."""
    arriving = {row.address: row.usage.translate({ord("["): "", ord("]"): ""}) for row in OUTGOING}
    for line in block.text.splitlines():
        address, *arguments = shlex.split(line)
        if address in arriving:
            assert " ".join(arguments) == arriving[address]
            continue
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(_value(argument))
        decoded = decode_osc(builder.build().dgram)
        assert (len(decoded.messages), decoded.errors) == (1, ()), line


def _value(word: str) -> str | int | float | bytes:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return BLOBS.get(word, word)


EXERCISES: dict[str, Callable[[Block, Path], None]] = {
    "python": exercise_python,
    "bash": exercise_shell,
    "powershell": exercise_shell,
    "json": exercise_json,
    "toml": exercise_toml,
    "osc": exercise_osc,
}


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.name)
def test_every_block_of_code_does_what_it_says(block: Block, tmp_path: Path) -> None:
    assert block.language in EXERCISES, f"no test knows blocks of {block.language or 'no language'}"
    if block.language == "python" and block.page.parent == ROOT / "td_components":
        exercise_touchdesigner(block, tmp_path)
    else:
        EXERCISES[block.language](block, tmp_path)


def test_every_language_is_used() -> None:
    assert {block.language for block in blocks()} == set(EXERCISES)
