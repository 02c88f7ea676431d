import re
from pathlib import Path

import typer.main

from score_bridge.cli import app
from score_bridge.cli.doc_tables import TABLES, fill_tables

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_tables_are_those_the_program_runs_on() -> None:
    assert fill_tables(README) == README, "run: python -m score_bridge.cli.doc_tables"
    assert all(f"<!-- {name} -->" in README for name in TABLES)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 3
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_python_blocks_compile() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")


def test_commands_and_flags_that_are_named_exist() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = re.findall(r"(?:\.venv/bin/)?score-bridge ([a-z][a-z-]*)([^#`\n]*)", README)
    assert {name for name, _ in lines} >= {"serve", "score", "sample", "interpolate", "corpus", "train"}
    for name, rest in lines:
        command = known[name]
        if name in ("train", "evaluate", "td"):
            command = command.commands[rest.split()[0]]
        options = {o for p in command.params for o in p.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= targets
