"""The README's tables, written from the tables that the program runs on.

`python -m score_bridge.cli.doc_tables` puts them between the README's markers; a test says when they
have drifted apart.
"""

import json
import re
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
            rows.append(f"| `{field.name}` | {_default(field.default, description)} | {description} |")
    return "\n".join(rows)


HELD_OUT = {
    "teacher_forced": "tokens right over two bars, told the true ones before",
    "argmax": "… playing freely from the posterior's mean, temperature 0",
    "sampled": "… playing freely from a posterior sample, temperature 1",
    "swap_agreement": "tokens of the new phrase right after the latent switches in mid-phrase",
    "kl_nats": "nats of a phrase that the latent carries",
}


def model_reference() -> str:
    """Say what the shipped melody weights are, from their card."""
    card = json.loads(shipped_card().read_text("utf-8"))
    recipe, config = card["recipe"], card["config"]
    steps, minutes = total_effort(card)
    rows = ["| the shipped weights, on pieces they never saw | |", "|---|---|"]
    rows += [f"| {words} | {card['held_out'][key]:.3f} |" for key, words in HELD_OUT.items()]
    rows += [
        f"| training, all runs together | {steps:,} steps of {recipe['batch']} × 8 bars, {minutes:.0f} minutes |",
        f"| size | latent {config['latent']}, width {config['width']}, {config['decoder_layers']} decoder layers |",
    ]
    for source, n in card["data"][-1]["sources"].items():
        rows.append(f"| learned from {source} | {n['pieces']} pieces, {n['lines']} lines, {n['bars']} bars |")
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
    """Return a README's text with every table made anew between `<!-- name -->` and `<!-- /name -->`."""
    for name, table in TABLES.items():
        pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, made=table: f"{found[1]}{made()}\n{found[2]}", text)  # type: ignore[misc]
    return text


def _range(control: ControlSpec) -> str:
    return ", ".join(control.choices) if control.choices else f"{control.low:g} to {control.high:g}"


def _default(value: object, description: str) -> str:
    if value in ("", ()):
        return "shipped" if "empty = shipped" in description else "none"
    return f"`{value}`"


if __name__ == "__main__":
    readme = Path("README.md")
    readme.write_text(fill_tables(readme.read_text("utf-8")), "utf-8")
