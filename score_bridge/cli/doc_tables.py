"""The tables of README.md and docs/*.md, written from the tables that the program runs on.

`python -m score_bridge.cli.doc_tables`, run in the root of a checkout, writes them between the markers of every page;
a test fails when a page is out of date.
"""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec

from score_bridge.settings import Settings
from score_bridge.wire.controls import CONTROLS, ControlSpec
from score_bridge.wire.osc.table import osc_reference


def control_reference() -> str:
    """Return a Markdown table of the controls."""
    rows = ["| control | values | default | |", "|---|---|---|---|"]
    rows += [f"| `{c.name}` | {_range(c)} | {c.default} | {c.description} |" for c in CONTROLS.values()]
    return "\n".join(rows)


def settings_reference() -> str:
    """Return a Markdown table of the server's settings."""
    rows = ["| setting | default | |", "|---|---|---|"]
    for field in msgspec.structs.fields(Settings):
        if field.name != "controls":
            description = get_args(field.type)[-1].description
            rows.append(f"| `{field.name}` | {_default(field.name, field.default)} | {description} |")
    return "\n".join(rows)


SHIPPED = ("frame_model", "melody_model")  # empty means the weights in the package
HELD_OUT = {
    "teacher_forced": "teacher-forced next-token accuracy over two bars",
    "argmax": "free-running token accuracy from the posterior mean, temperature 0",
    "sampled": "free-running token accuracy from a posterior sample, temperature 1",
    "swap_agreement": "token accuracy of the new phrase after the latent switches in mid-phrase",
    "kl_nats": "KL divergence of posterior and prior, nats per phrase",
}


def model_reference() -> str:
    """Say what the shipped melody weights are, from their card."""
    card = json.loads(shipped_card().read_text("utf-8"))
    recipe, config = card["recipe"], card["config"]
    steps, minutes = total_effort(card)
    rows = ["| the shipped weights, on held-out pieces | |", "|---|---|"]
    rows += [f"| {words} | {card['held_out'][key]:.3f} |" for key, words in HELD_OUT.items()]
    rows += [
        f"| training, all runs together | {steps:,} steps of {recipe['batch']} × 8 bars, {minutes:.0f} minutes |",
        f"| size | latent {config['latent']}, width {config['width']}, {config['decoder_layers']} decoder layers |",
    ]
    for source, n in card["data"][-1]["sources"].items():
        rows.append(f"| training data from {source} | {n['pieces']} pieces, {n['lines']} lines, {n['bars']} bars |")
    return "\n".join(rows)


def total_effort(card: dict[str, Any]) -> tuple[int, float]:
    """Steps and minutes that went into weights, those they began from included."""
    before = total_effort(card["from"]) if card.get("from") else (0, 0.0)
    return before[0] + int(card["effort"]["steps"]), before[1] + card["effort"]["minutes"]


def shipped_card() -> Path:
    """Return where the card of the shipped weights lies."""
    return Path(__file__).parents[1] / "weights" / "melody.json"


TABLES = {
    "model": model_reference,
    "controls": control_reference,
    "settings": settings_reference,
    "osc": osc_reference,
}


def fill_tables(text: str) -> str:
    """Return a page's text with every table written anew between `<!-- name -->` and `<!-- /name -->`."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = text.partition(begin)
        if found:
            text = f"{before}{begin}{table()}\n{end}{rest.partition(end)[2]}"
    return text


def _range(control: ControlSpec) -> str:
    return ", ".join(control.choices) if control.choices else f"{control.low:g} to {control.high:g}"


def _default(name: str, value: object) -> str:
    if value in ("", ()):
        return "shipped" if name in SHIPPED else "none"
    return f"`{value}`"


def document_paths(root: Path) -> list[Path]:
    """Return the pages of a checkout that tables may stand in: README.md and every page of docs/."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def write_tables(root: Path) -> list[Path]:
    """Fill the tables of every page of a checkout; return the pages that changed."""
    changed = []
    for path in document_paths(root):
        text = path.read_text("utf-8")
        filled = fill_tables(text)
        if filled != text:
            path.write_text(filled, "utf-8", newline="\n")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for page in write_tables(Path()):
        print(page)
