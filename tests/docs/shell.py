"""Lines of a shell as documentation has them: what they call has to exist, with the flags that they give."""

import re
import shlex
import tomllib
from typing import Any

import click
import typer.main

from score_bridge.cli import app
from score_bridge.settings import Settings, load_settings
from score_bridge.wire.controls import CONTROLS
from tests.docs.pages import ROOT

PROGRAM = re.compile(r"(?:\.venv[/\\](?:bin|Scripts)[/\\])?(?P<name>[\w-]+)")
VARIABLE = re.compile(r"[A-Z_]+=\S*")


def check_line(line: str) -> None:
    """Check one line; a program that is not known here fails."""
    words = shlex.split(line.replace("\\", "/"), comments=True)
    variables = dict(w.split("=", 1) for w in words if VARIABLE.fullmatch(w))
    program, *arguments = [w for w in words if not VARIABLE.fullmatch(w)]
    found = PROGRAM.fullmatch(program)
    name = found["name"] if found else program
    if name == "make":
        assert set(arguments) <= make_targets(), line
        assert set(variables) <= set(re.findall(r"^([A-Z]+) \?=", _makefile(), re.MULTILINE)), line
        return
    load_settings({}, env=variables)
    match name:
        case "score-bridge":
            check_command(shlex.join(arguments))
        case "pip":
            _check_pip(arguments)
        case "python":
            assert (ROOT / arguments[0]).exists(), line
        case "py":
            assert arguments == ["-3.11", "-m", "venv", ".venv"], line
        case _:
            raise AssertionError(f"no test knows the program {program!r} of {line!r}")


def check_command(line: str, *, whole: bool = True) -> None:
    """Parse a command of ours as the program would, with its settings; flags alone where it is not `whole`."""
    command, words = _find(shlex.split(line))
    if not whole:
        options = {o for p in command.params for o in p.opts}
        assert {w for w in words if w.startswith("--")} <= options, line
        return
    context = command.make_context("score-bridge", words)
    given = {name: value for name, value in context.params.items() if value is not None}
    flags: dict[str, Any] = {name: given[name] for name in Settings.__struct_fields__ if name in given}
    flags["controls"] = {name: given[name] for name in CONTROLS if name in given}
    load_settings(flags)


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", _makefile(), re.MULTILINE))


def _find(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words call, and what is left of them."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, words
        command, words = command.commands[words[0]], words[1:]
    return command, words


def _check_pip(arguments: list[str]) -> None:
    """Check an installation: constraints that exist, the PyTorch of the Makefile, packages of the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert arguments[0] == "install"
    for word in arguments[1:]:
        extra = re.fullmatch(r"(?:score-bridge|\.)\[(\w+)\]", word)
        known = (
            word in ("-c", "-e") or (ROOT / word).is_file() or (word in _makefile() and word.startswith("torch=="))
        )
        needed = any(re.match(rf"{word}\b", requirement) for part in extras.values() for requirement in part)
        assert known or (extra and extra[1] in extras) or needed, word


def _makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")
