"""Command-line options derived from the tables of settings and controls, so that they cannot drift apart."""

import functools
import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
import typer

from score_bridge.settings import Settings, allowed, load_settings
from score_bridge.wire.controls import CONTROLS, Controls

Config = Annotated[Path | None, typer.Option("--config", help="Settings in a TOML file; flags win over it.")]


GROUPS = {
    "Where it listens": ("host", "allow_remote", "zmq_port", "pub_port", "osc_port"),
    "Where notes go": ("osc_reply_port", "osc_delivery", "midi_port", "cc"),
    "Models": ("device", "encoder", "frame_model", "melody_model"),
    "Time": ("tempo", "clock_in", "link", "clock_out", "lead_ms", "late_ms"),
    "Show": ("seed", "bind", "show"),
    "Controls with which every stream begins": tuple(CONTROLS),
}
"""The headings of the help, and what stands under each; what is in none stands under "Options"."""


def settings_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that takes `settings` an option for each of these settings (all by default) and control."""
    chosen = names or tuple(f.name for f in msgspec.structs.fields(Settings))

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            flags = {n: given.pop(n) for n in chosen if n != "controls"}
            turned = {n: given.pop(n) for n in CONTROLS if n in given} if "controls" in chosen else {}
            flags["controls"] = {k: v for k, v in turned.items() if v is not None} or None
            command(settings=load_settings(flags, given.pop("config"), os.environ), **given)

        own = [p for p in inspect.signature(command).parameters.values() if p.name != "settings"]
        keyword = inspect.Parameter.KEYWORD_ONLY
        own = [p.replace(kind=keyword) for p in own]
        options = [inspect.Parameter("config", keyword, default=None, annotation=Config), *_parameters(chosen)]
        run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in [*own, *options]}
        return run

    return decorate


def _parameters(names: tuple[str, ...]) -> list[inspect.Parameter]:
    made = [_setting(f) for f in msgspec.structs.fields(Settings) if f.name in names and f.name != "controls"]
    if "controls" in names:
        kinds = {field.name: field.type for field in msgspec.structs.fields(Controls)}
        made += [
            _option(c.name, _TYPES[c.kind], f"{c.description} ({_values(kinds[c.name])}default: {c.default})")
            for c in CONTROLS.values()
        ]
    return made


_TYPES: dict[str, type] = {"float": float, "int": int, "choice": str}


def _setting(field: msgspec.structs.FieldInfo) -> inspect.Parameter:
    inner, *metas = get_args(field.type)
    kind: Any = inner if inner in (str, int, float, bool) else list[str] if get_origin(inner) is tuple else str
    default = "" if field.default in ("", ()) else f" ({_values(field.type)}default: {field.default})"
    return _option(field.name, kind, f"{metas[-1].description}{default}")


def _values(kind: Any) -> str:
    """What may be given, for the help, where that is not plain from the option's type."""
    values = allowed(kind)
    plain = values in ("true or false", "text", "texts", "a number", "a whole number")
    return "" if plain else f"{re.sub('^(one of|a (whole )?number,?( from)?) ', '', values)}; "


def _option(name: str, kind: Any, description: str) -> inspect.Parameter:
    group = next((group for group, members in GROUPS.items() if name in members), None)
    option = typer.Option(help=description, show_default=False, rich_help_panel=group)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
