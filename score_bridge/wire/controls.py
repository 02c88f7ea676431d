"""The table of controls: what an artist can turn while the music plays, one set a stream.

This one class declares names, ranges, units and defaults; message checks, OSC addresses, the command line,
the documentation and host components are derived from it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from score_bridge.errors import PeerError

Root = Literal["free", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
Scale = Literal[
    "free", "major", "minor", "harmonic minor", "dorian", "phrygian", "lydian", "mixolydian",
    "major pentatonic", "minor pentatonic", "blues", "whole tone",
]  # fmt: skip

Switch = Literal["off", "on"]


class Controls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one stream is told about how to play. Every field has a range; numbers outside it are refused."""

    temperature: Annotated[
        float, Meta(ge=0, le=2, description="how far notes stray from the likeliest; 0 plays those, 1 is as learned")
    ] = 1.0
    variation: Annotated[
        float, Meta(ge=0, le=1, description="share of notes drawn anew; at 0 the same picture plays the same notes")
    ] = 0.1
    memory: Annotated[
        int, Meta(ge=0, le=8, description="bars played that it goes on from: few obey the picture, many hold on")
    ] = 1
    energy: Annotated[
        float,
        Meta(ge=0, le=2, description="how far pictures carry the music from its middle; 1 is as far as melodies lie"),
    ] = 1.0
    smoothing: Annotated[
        float, Meta(ge=0, le=1, description="how calmly the music follows; cuts are always obeyed at once")
    ] = 0.5
    content: Annotated[float, Meta(ge=0, le=2, description="how much the music follows what is to be seen")] = 1.0
    layout: Annotated[float, Meta(ge=0, le=2, description="… how it is arranged")] = 1.0
    colour: Annotated[float, Meta(ge=0, le=2, description="… its colours")] = 1.0
    motion: Annotated[float, Meta(ge=0, le=2, description="… how much moves, and where")] = 1.0
    root: Annotated[Root, Meta(description="key note of the scale; free counts as C")] = "free"
    scale: Annotated[Scale, Meta(description="the only pitches allowed; free allows all")] = "free"
    lowest: Annotated[int, Meta(ge=21, le=108, description="lowest MIDI pitch")] = 36
    highest: Annotated[int, Meta(ge=21, le=108, description="highest MIDI pitch")] = 96
    velocity_low: Annotated[int, Meta(ge=1, le=127, description="velocity in a still picture")] = 52
    velocity_high: Annotated[int, Meta(ge=1, le=127, description="velocity in full motion")] = 112
    program: Annotated[int, Meta(ge=0, le=127, description="General MIDI program, counted from 0")] = 0
    channel: Annotated[int, Meta(ge=1, le=16, description="MIDI channel, counted from 1")] = 1
    transpose: Annotated[int, Meta(ge=-24, le=24, description="semitones added to what sounds")] = 0
    shuffle: Annotated[
        int, Meta(ge=0, le=9999, description="another pairing of picture and music axes; 0 is the plain one")
    ] = 0
    invert: Annotated[Switch, Meta(description="every picture axis the other way round")] = "off"


class ControlSpec(msgspec.Struct, frozen=True):
    """One row of the table: `kind` is "float", "int" or "choice"; low and high only for numbers."""

    name: str
    kind: str
    default: float | int | str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    description: str


def _spec(field: msgspec.structs.FieldInfo) -> ControlSpec:
    inner, meta = get_args(field.type)
    if get_args(inner):
        return ControlSpec(field.name, "choice", field.default, None, None, get_args(inner), meta.description)
    return ControlSpec(field.name, inner.__name__, field.default, meta.ge, meta.le, (), meta.description)


CONTROLS: dict[str, ControlSpec] = {f.name: _spec(f) for f in msgspec.structs.fields(Controls)}


def set_control(controls: Controls, name: str, value: object) -> Controls:
    """Return `controls` with one changed. Numbers may stand for choices (their index); floats for whole numbers.

    Raises PeerError("control") for an unknown name, a wrong type or a value out of range, naming what is right.
    """
    spec = CONTROLS.get(name)
    if spec is None:
        raise PeerError("control", f"unknown control {name!r}; there are {', '.join(CONTROLS)}")
    return msgspec.structs.replace(controls, **{name: _coerce(spec, value)})


def _coerce(spec: ControlSpec, value: object) -> float | int | str:
    if spec.kind == "choice":
        return _choice(spec, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PeerError("control", f"{spec.name} wants a number, got {value!r}")
    low, high = spec.low, spec.high
    if low is None or high is None or not low <= value <= high:
        raise PeerError("control", f"{spec.name} must be {low:g} to {high:g}, got {value!r}")
    if spec.kind == "float":
        return float(value)
    if value != int(value):
        raise PeerError("control", f"{spec.name} wants a whole number, got {value!r}")
    return int(value)


def _choice(spec: ControlSpec, value: object) -> str:
    if isinstance(value, str) and value in spec.choices:
        return value
    if isinstance(value, int | float) and value in range(len(spec.choices)):
        return spec.choices[int(value)]
    raise PeerError("control", f"{spec.name} must be one of {', '.join(spec.choices)}, got {value!r}")


def as_dict(controls: Controls) -> dict[str, Any]:
    """Return the controls by name, in the table's order."""
    return dict(_items(controls))


def _items(controls: Controls) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(controls, name)) for name in CONTROLS)
