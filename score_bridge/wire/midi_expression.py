"""Readings of the picture as continuous MIDI: which one moves which controller, pitch bend or channel pressure."""

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from score_bridge.errors import SettingsError

Shown = Literal["brightness", "saturation", "hue", "contrast", "edges", "motion", "cut", "onset"]
SHOWN: tuple[Shown, ...] = get_args(Shown)
LAST_CONTROLLER = 119  # those above are channel mode messages


class MidiTarget(msgspec.Struct, frozen=True):
    """A controller by its `number`, pitch bend or channel pressure."""

    kind: Literal["controller", "bend", "pressure"]
    number: int = 0


class MidiValue(msgspec.Struct, frozen=True):
    """What a target is set to, 0..1; a bend of 0 is in tune, one of 1 as far up as the synthesizer bends."""

    target: MidiTarget
    value: float


Mapping = tuple[tuple[Shown, MidiTarget], ...]


def parse_mapping(lines: Iterable[str]) -> Mapping:
    """Read lines such as "motion=1" or "brightness=bend"; a target may stand once.

    Raises SettingsError with one line that says what is right.
    """
    found: dict[MidiTarget, Shown] = {}
    for line in lines:
        source, target = _parse(line)
        if target in found:
            raise SettingsError(f"cc {line!r}: {line.partition('=')[2].strip()} is moved by {found[target]} already")
        found[target] = source
    return tuple((source, target) for target, source in found.items())


def _parse(line: str) -> tuple[Shown, MidiTarget]:
    name, _, words = (part.strip() for part in line.partition("="))
    source = next((one for one in SHOWN if one == name), None)
    if source is not None and words in ("bend", "pressure"):
        return source, MidiTarget("bend" if words == "bend" else "pressure")
    if source is not None and words.isdecimal() and int(words) <= LAST_CONTROLLER:
        return source, MidiTarget("controller", int(words))
    usage = f"one of {', '.join(SHOWN)}, then = and a controller from 0 to {LAST_CONTROLLER}, bend or pressure"
    raise SettingsError(f'cc {line!r}: expected {usage}, as in "motion=1"')


def express(mapping: Mapping, readings: dict[str, float]) -> tuple[MidiValue, ...]:
    """Return what the readings of a picture, by name and each 0..1, set."""
    return tuple(MidiValue(target, readings[source]) for source, target in mapping if source in readings)
