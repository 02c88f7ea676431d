"""What is written from the tables: the component's parameters and names, the read-me's table, the drawing."""

import re
from pathlib import Path

from score_bridge.touchdesigner.drawing import draw
from score_bridge.touchdesigner.parameters import PAGES, Parameter, parameters, to_json
from score_bridge.touchdesigner.source import component_nodes, folder
from score_bridge.touchdesigner.voices import names

MARKS = re.compile("(<!-- parameters -->\n).*?(<!-- /parameters -->)", re.DOTALL)


def generated_files() -> dict[Path, str]:
    """Return every file that follows from the tables, with the text that it should have."""
    readme = folder() / "README.md"
    return {
        folder() / "ScoreBridge" / "parameters.json": to_json(),
        folder() / "ScoreBridge" / "score_bridge_voices.py": names(),
        folder() / "network.svg": draw(component_nodes()),
        readme: MARKS.sub(lambda found: f"{found[1]}{reference()}\n{found[2]}", readme.read_text("utf-8")),
    }


def write_tables() -> list[Path]:
    """Write those that have drifted, and return them."""
    drifted = [
        path for path, text in generated_files().items() if not path.exists() or path.read_text("utf-8") != text
    ]
    for path, text in generated_files().items():
        if path in drifted:
            path.write_text(text, "utf-8", newline="\n")
    return drifted


def reference() -> str:
    """Return a Markdown table of the parameters, page by page."""
    rows = ["| page | parameter | values | default | |", "|---|---|---|---|---|"]
    for page in PAGES:
        rows += [_row(row) for row in parameters() if row.page == page]
    return "\n".join(rows)


def _row(row: Parameter) -> str:
    shown = "" if row.default in (None, "") or row.readonly else f"{row.default}"
    return f"| {row.page} | {row.label} (`{row.name}`) | {_values(row)} | {shown} | {row.help} |"


def _values(row: Parameter) -> str:
    if row.readonly:
        return "shown"
    if row.labels:
        return ", ".join(row.labels)
    return f"{row.low:g} to {row.high:g}" if row.low is not None and row.high is not None else row.style.lower()
