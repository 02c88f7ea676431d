"""The table of controls: what an artist can turn while the music plays, one set a stream.

This one class declares names, ranges, units and defaults; message checks, OSC addresses, the command line,
the documentation and host components are derived from it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from score_bridge.errors import PeerError
from score_bridge.wire.ensembles import CHANNEL_CONTROLS, DRUM_CHANNEL, ENSEMBLES, VOICE_NAMES, Ensemble
from score_bridge.wire.faults import short

Root = Literal["free", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
Scale = Literal[
    "free", "major", "minor", "harmonic minor", "dorian", "phrygian", "lydian", "mixolydian",
    "major pentatonic", "minor pentatonic", "blues", "whole tone",
]  # fmt: skip

Switch = Literal["off", "on"]
Figure = Literal["auto", "pad", "pulse", "arpeggio", "comping"]
Sync = Literal["grid", "free", "beat", "bar"]
Solo = Literal["off", "lead", "chords", "bass", "drums", "violin2", "viola", "cello"]


_Volume = Annotated[
    float, Meta(ge=0, le=1, description="Volume of the {voice}, as a share of full velocities; 0 is mute.")
]
_Density = Annotated[float, Meta(ge=0, le=2, description="Density of the {voice}: 1 is as the picture asks.")]
_Program = Annotated[
    int, Meta(ge=-1, le=127, description="General MIDI program of the {voice}; -1 is the ensemble's own.")
]
_Channel = Annotated[int, Meta(ge=1, le=16, description="MIDI channel of the {voice}.")]


class Controls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one stream plays. Every field has a range; numbers outside it are refused."""

    temperature: Annotated[
        float,
        Meta(ge=0, le=2, description="How freely notes are drawn: 0 plays the likeliest, 1 is as learned."),
    ] = 1.0
    variation: Annotated[
        float,
        Meta(ge=0, le=1, description="Share of notes drawn anew; at 0 the same picture plays the same notes."),
    ] = 0.1
    memory: Annotated[
        int,
        Meta(
            ge=0, le=8, description="Bars of past music to go on from: few follow the picture, many keep the motif."
        ),
    ] = 8
    freedom: Annotated[
        float,
        Meta(ge=0, le=1, description="How freely a scene's motif is developed: 0 keeps near it, 1 leaves it alone."),
    ] = 0.4
    follow: Annotated[
        float,
        Meta(
            ge=1, le=2.5, description="How strictly the music follows the picture: 1 keeps to the ways of melodies."
        ),
    ] = 1.5
    energy: Annotated[
        float,
        Meta(
            ge=0, le=2, description="How far pictures move the music from the average; 1 is as far as real melodies."
        ),
    ] = 1.0
    smoothing: Annotated[
        float, Meta(ge=0, le=1, description="How slowly the music follows the picture; cuts are followed at once.")
    ] = 0.5
    content: Annotated[
        float, Meta(ge=0, le=2, description="How much the music follows what the picture shows; 0 ignores it.")
    ] = 1.0
    layout: Annotated[
        float, Meta(ge=0, le=2, description="How much the music follows how the picture is arranged; 0 ignores it.")
    ] = 1.0
    colour: Annotated[
        float, Meta(ge=0, le=2, description="How much the music follows the picture's colours; 0 ignores them.")
    ] = 1.0
    motion: Annotated[
        float, Meta(ge=0, le=2, description="How much the music follows how much moves, and where; 0 ignores it.")
    ] = 1.0
    ensemble: Annotated[
        Ensemble,
        Meta(
            description="Who plays: the lead alone (solo), with drums (beat), bass (duo), bass and drums (trio), "
            "chords, bass and drums (band), long chords (pad), or second violin, viola and cello (quartet)."
        ),
    ] = "solo"
    lead_volume: _Volume = 1.0
    chords_volume: _Volume = 1.0
    bass_volume: _Volume = 1.0
    drums_volume: _Volume = 1.0
    violin2_volume: _Volume = 1.0
    viola_volume: _Volume = 1.0
    cello_volume: _Volume = 1.0
    solo: Annotated[Solo, Meta(description="The only voice that is heard; off is all of the ensemble.")] = "off"
    chords_density: _Density = 1.0
    bass_density: _Density = 1.0
    drums_density: _Density = 1.0
    violin2_density: _Density = 1.0
    viola_density: _Density = 1.0
    cello_density: _Density = 1.0
    chords_figure: Annotated[
        Figure, Meta(description="How chords are played; auto follows motion, and each scene has its way.")
    ] = "auto"
    rests: Annotated[
        float,
        Meta(ge=0, le=1, description="How often a scene leaves out each voice but the lead; 0 is never."),
    ] = 0.0
    root: Annotated[Root, Meta(description="Key note of the scale; free counts as C.")] = "free"
    scale: Annotated[Scale, Meta(description="The only pitches allowed; free allows all.")] = "free"
    group: Annotated[
        int, Meta(ge=0, le=16, description="Streams of one group play in one key, that of the first; 0 is no group.")
    ] = 0
    lowest: Annotated[int, Meta(ge=21, le=108, description="Lowest MIDI pitch that is played.")] = 36
    highest: Annotated[int, Meta(ge=21, le=108, description="Highest MIDI pitch that is played.")] = 96
    velocity_low: Annotated[int, Meta(ge=1, le=127, description="MIDI velocity while the picture is still.")] = 52
    velocity_high: Annotated[int, Meta(ge=1, le=127, description="MIDI velocity at full motion.")] = 112
    swing: Annotated[
        float,
        Meta(ge=50, le=60, description="Where the second half of a beat begins, in percent of it: 50 is straight."),
    ] = 50.0
    humanize: Annotated[
        float, Meta(ge=0, le=1, description="How unevenly notes come, as by hand: in time and in velocity.")
    ] = 0.0
    staccato: Annotated[
        float, Meta(ge=0, le=1, description="How short notes are: 0 holds them, 1 ends each after half a sixteenth.")
    ] = 0.0
    articulation: Annotated[
        float, Meta(ge=0, le=1, description="How much motion in the picture shortens notes, as staccato does.")
    ] = 0.3
    sync: Annotated[
        Sync,
        Meta(
            description="When a change of the picture is heard: at the next sixteenth (grid), beat or bar; "
            "free is grid, but a cut or a sudden motion is heard at once."
        ),
    ] = "grid"
    idle_s: Annotated[
        float,
        Meta(ge=0, le=3600, description="Seconds without a picture after which the stream falls silent; 0 is never."),
    ] = 60.0
    program: Annotated[
        int,
        Meta(ge=-1, le=127, description="General MIDI program of the lead, from 0; -1 is the ensemble's own."),
    ] = -1
    chords_program: _Program = -1
    bass_program: _Program = -1
    violin2_program: _Program = -1
    viola_program: _Program = -1
    cello_program: _Program = -1
    channel: Annotated[int, Meta(ge=1, le=16, description="MIDI channel of the lead, counted from 1.")] = 1
    chords_channel: _Channel = 2
    bass_channel: _Channel = 3
    violin2_channel: _Channel = 4
    viola_channel: _Channel = 5
    cello_channel: _Channel = 6
    transpose: Annotated[int, Meta(ge=-24, le=24, description="Semitones added to every note.")] = 0
    shuffle: Annotated[
        int,
        Meta(ge=0, le=9999, description="Number of another pairing of picture and music axes; 0 is the usual one."),
    ] = 0
    invert: Annotated[
        Switch, Meta(description="Whether every picture axis moves the music in the opposite direction.")
    ] = "off"


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
    words = meta.description.format(voice=field.name.partition("_")[0])
    if get_args(inner):
        return ControlSpec(field.name, "choice", field.default, None, None, get_args(inner), words)
    return ControlSpec(field.name, inner.__name__, field.default, meta.ge, meta.le, (), words)


LIMITS = (("lowest", "highest"), ("velocity_low", "velocity_high"))
"""Pairs of controls of which the first may not be greater than the second."""
CONTROLS: dict[str, ControlSpec] = {f.name: _spec(f) for f in msgspec.structs.fields(Controls)}


def set_control(controls: Controls, name: str, value: object) -> Controls:
    """Return `controls` with one changed. Numbers may stand for choices (their index); floats for whole numbers.

    Raises PeerError("control") for an unknown name, a wrong type or a value out of range, naming what is right.
    """
    spec = CONTROLS.get(name)
    if spec is None:
        raise PeerError("control", f"unknown control {name!r}; there are {', '.join(CONTROLS)}")
    changed = msgspec.structs.replace(controls, **{name: _coerce(spec, value)})
    check_limits(changed, name)
    return changed


def check_limits(controls: Controls, changed: str = "") -> None:
    """Raise PeerError("control") where a lower limit lies above its upper one, or two voices that play have one
    channel; `changed` names what was set last.
    """
    for low, high in LIMITS:
        if getattr(controls, low) > getattr(controls, high) and changed in ("", low, high):
            wanted = f"{low} must not be above {high}"
            raise PeerError("control", f"{wanted}, got {getattr(controls, low)} and {getattr(controls, high)}")
    if changed in ("", "ensemble", *CHANNEL_CONTROLS.values()):
        _check_channels(controls)


def _check_channels(controls: Controls) -> None:
    taken: dict[int, int] = {}
    for voice in ENSEMBLES[controls.ensemble]:
        name = CHANNEL_CONTROLS.get(voice)
        channel = DRUM_CHANNEL if name is None else getattr(controls, name)
        if (other := taken.setdefault(channel, voice)) != voice:
            both = f"{VOICE_NAMES[other]} and {VOICE_NAMES[voice]}"
            raise PeerError("control", f"{both} of the ensemble {controls.ensemble} are both on channel {channel}")


def _coerce(spec: ControlSpec, value: object) -> float | int | str:
    if spec.kind == "choice":
        return _choice(spec, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PeerError("control", f"{spec.name} wants a number, got {short(value)}")
    low, high = spec.low, spec.high
    if low is None or high is None or not low <= value <= high:
        raise PeerError("control", f"{spec.name} must be {low:g} to {high:g}, got {short(value)}")
    if spec.kind == "float":
        return float(value)
    if value != int(value):
        raise PeerError("control", f"{spec.name} wants a whole number, got {short(value)}")
    return int(value)


def _choice(spec: ControlSpec, value: object) -> str:
    if isinstance(value, str) and value in spec.choices:
        return value
    if isinstance(value, int | float) and value in range(len(spec.choices)):
        return spec.choices[int(value)]
    raise PeerError("control", f"{spec.name} must be one of {', '.join(spec.choices)}, got {short(value)}")


def take_over(own: Controls, before: Controls, offered: Mapping[str, Any]) -> Controls:
    """Return `own` with what is offered by name, except where it differs from `before`: that was set on purpose."""
    values = {name: value for name, value in offered.items() if getattr(own, name) == getattr(before, name)}
    return msgspec.structs.replace(own, **values)


def to_texts(controls: Controls) -> tuple[str, ...]:
    """Return every control as text, "name value", as a show file keeps them."""
    return tuple(f"{name} {value}" for name, value in _items(controls))


def from_texts(texts: Iterable[str]) -> dict[str, Any]:
    """Return the values that texts give; those of controls that are not known here are left out.

    Raises PeerError("control") for a value that its control does not take.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition(" ")
        if (spec := CONTROLS.get(name)) is not None:
            found[name] = _coerce(spec, value if spec.kind == "choice" else _number(value))
    return found


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def as_dict(controls: Controls) -> dict[str, Any]:
    """Return the controls by name, in the table's order."""
    return dict(_items(controls))


def _items(controls: Controls) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(controls, name)) for name in CONTROLS)
