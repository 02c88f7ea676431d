"""Bindings: a reading of the picture moves a named direction of the music, on top of what the picture says anyway, or
the volume or density of a voice.
"""

from collections.abc import Collection, Iterable
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from score_bridge.errors import SettingsError

Reading = Literal["brightness", "saturation", "hue", "contrast", "edges", "motion"]
Direction = Literal["density", "register", "range", "syncopation", "step_size"]
VoiceControl = Literal[
    "lead_volume", "chords_volume", "bass_volume", "drums_volume", "violin2_volume", "viola_volume", "cello_volume",
    "chords_density", "bass_density", "drums_density", "violin2_density", "viola_density", "cello_density",
]  # fmt: skip
Target = Literal[Direction, VoiceControl]
Amount = Annotated[float, Meta(ge=-2, le=2)]
BINDABLE: tuple[str, ...] = get_args(Reading)
DIRECTIONS: tuple[str, ...] = get_args(Direction)
VOICE_CONTROLS: tuple[str, ...] = get_args(VoiceControl)


class Binding(msgspec.Struct, frozen=True):
    """`source` moves `target` by `amount`, see `mapping.bindings` for its unit; 0 is no binding."""

    source: Reading
    target: Target
    amount: Amount


Bindings = tuple[Binding, ...]


def bind(bindings: Bindings, new: Binding) -> Bindings:
    """Return `bindings` with `new` in the place of the one of its source and target; amount 0 removes that."""
    others = tuple(b for b in bindings if (b.source, b.target) != (new.source, new.target))
    return (*others, new) if new.amount else others


def needs_directions(binding: Binding) -> bool:
    """Whether a binding moves a named direction, which an imported melody model has none of."""
    return binding.target in DIRECTIONS


def possible(bindings: Bindings, directions: Collection[str]) -> Bindings:
    """Return those bindings that a melody model with these named directions can follow."""
    return tuple(binding for binding in bindings if directions or not needs_directions(binding))


def parse_bindings(lines: Iterable[str]) -> Bindings:
    """Read lines such as "motion density 0.8"; a later one takes the place of an earlier one.

    Raises SettingsError with one line that says what is right.
    """
    found: Bindings = ()
    for line in lines:
        found = bind(found, _parse(line))
    return found


def _parse(line: str) -> Binding:
    try:
        source, target, amount = line.split()
        return msgspec.convert({"source": source, "target": target, "amount": float(amount)}, Binding)
    except (ValueError, msgspec.ValidationError):
        targets = ", ".join((*DIRECTIONS, *VOICE_CONTROLS))
        usage = f"one of {', '.join(BINDABLE)}, then one of {targets}, then -2 to 2"
        raise SettingsError(f'bind {line!r}: expected {usage}, as in "motion density 0.8"') from None
