"""What `--help` says: every command and option in a sentence of its own, with its default."""

import re
from collections.abc import Iterator
from typing import Any

import typer.main
from typer.testing import CliRunner

from score_bridge import __version__
from score_bridge.cli import app

SENTENCE = re.compile(r"[A-Z][^…]*[^… ][.:](?: \((?:[^()]+; )?default: [^()]+\))?", re.DOTALL)


def commands(found: Any, name: str = "score-bridge") -> Iterator[tuple[str, Any]]:
    """Every command and group of commands, by the words that call it."""
    yield name, found
    for below, command in getattr(found, "commands", {}).items():
        yield from commands(command, f"{name} {below}")


ALL = dict(commands(typer.main.get_command(app)))


def test_every_command_is_described_by_a_sentence() -> None:
    assert len(ALL) > 20
    assert [name for name, c in ALL.items() if not SENTENCE.fullmatch((c.help or "").split("\n\n")[0])] == []


def test_every_option_is_described_by_a_sentence() -> None:
    words = {f"{name} {p.opts[0]}": p.help or "" for name, c in ALL.items() for p in c.params}
    assert len(words) > 100
    assert [name for name, text in words.items() if not SENTENCE.fullmatch(text)] == []


def test_help_names_the_defaults() -> None:
    said = " ".join(CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output.split())
    for default in (
        "0 to 65535; default: 5570",
        "auto, cpu, cuda; default: auto",
        "default: none",
        "default: 127.0.0.1",
    ):
        assert f"({default})" in said
    assert "(0 to 2; default: 1.0)" in said
    assert "(free, major, minor, harmonic minor, dorian, " in said


def test_the_program_says_its_version_and_where_to_begin() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output) == (0, f"score-bridge {__version__}\n")
    assert "Begin with demo" in CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
