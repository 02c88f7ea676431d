"""The OSC address table: which message each address carries, and its fields in order.

Types, what may be left out, and the documentation follow from the message classes of `wire.messages`. Several rows
may share an address; they differ in their number of arguments.
"""

import inspect
import math
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import msgspec

from score_bridge.wire.messages import (
    Anchors,
    Attribute,
    Beat,
    Bind,
    Bound,
    Calibrate,
    Calibrated,
    Channel,
    Deliver,
    Error,
    Expression,
    Features,
    Forget,
    Frame,
    Get,
    Goodbye,
    Hello,
    Key,
    Label,
    Latent,
    Link,
    Message,
    Note,
    NoteOff,
    Panic,
    Ping,
    Pong,
    Save,
    Saved,
    Set,
    Start,
    Status,
    Stop,
    Subscribe,
    Subscribed,
    Tap,
    Teach,
    TeachDirection,
    TeachList,
    TeachMidi,
    TeachRemove,
    TeachUndo,
    Tempo,
    Value,
    Welcome,
)

PATH_NAME = "{name}"
TAGS = {"text": "s", "whole": "i", "number": "f", "numbers": "f...", "texts": "s...", "value": "f|i|s", "blob": "b"}
LISTS = ("numbers", "texts")
_BESIDE_FIELDS: dict[type[Message], dict[str, str]] = {
    Frame: {"width": "whole", "height": "whole", "order": "text", "picture": "blob", "pixels": "blob"},
    TeachMidi: {"midi": "blob"},
}


class Slot(msgspec.Struct, frozen=True):
    """One argument: the field it fills, a kind (a key of TAGS) and whether it may be left out."""

    name: str
    kind: str
    optional: bool


class Row(msgspec.Struct, frozen=True):
    """One address and the fields that its arguments fill, in order."""

    address: str
    message: type[Message]
    slots: tuple[Slot, ...]

    @property
    def least(self) -> int:
        """The fewest arguments it takes; the message decides whether a list may be empty."""
        return sum(not slot.optional and slot.kind not in LISTS for slot in self.slots)

    @property
    def most(self) -> float:
        """The most arguments it takes; infinity if its last field is a list."""
        return math.inf if self.has_list else len(self.slots)

    @property
    def has_list(self) -> bool:
        """Whether the last field takes all remaining arguments."""
        return bool(self.slots) and self.slots[-1].kind in LISTS

    @property
    def usage(self) -> str:
        """The arguments in words, e.g. `[stream] name value`."""
        names = (f"{slot.name}..." if slot.kind in LISTS else slot.name for slot in self.slots)
        words = (f"[{name}]" if slot.optional else name for name, slot in zip(names, self.slots, strict=True))
        return " ".join(words) or "no arguments"


def _kind(hint: Any) -> str:
    hint = _bare(hint)
    if get_origin(hint) is tuple:
        inner = _bare(get_args(hint)[0])
        return "texts" if inner is str or get_origin(inner) is Literal else "numbers"
    if isinstance(hint, UnionType):
        return "value"
    return {int: "whole", float: "number"}.get(hint, "text")


def _bare(hint: Any) -> Any:
    """A type without what is said of it."""
    while hasattr(hint, "__metadata__"):
        hint = get_args(hint)[0]
    return hint


def _row(address: str, message: type[Message], *names: str) -> Row:
    fields = {field.name: field for field in msgspec.structs.fields(message)}

    def slot(name: str) -> Slot:
        beside = _BESIDE_FIELDS.get(message, {})
        if name in beside:
            return Slot(name, beside[name], False)
        return Slot(name, _kind(fields[name].type), not fields[name].required)

    return Row(address, message, tuple(map(slot, names)))


INCOMING = (
    _row("/score/hello", Hello, "name", "reply_port", "streams"),
    _row("/score/goodbye", Goodbye),
    _row("/score/subscribe", Subscribe, "kinds"),
    _row("/score/deliver", Deliver, "when"),
    _row("/score/frame", Frame, "stream", "picture"),
    _row("/score/frame", Frame, "stream", "width", "height", "order", "pixels"),
    _row("/score/features", Features, "stream", "values"),
    _row(f"/score/channel/{PATH_NAME}", Channel, "stream", "value"),
    _row("/score/set", Set, "stream", "name", "value"),
    _row("/score/get", Get, "stream", "name"),
    _row("/score/bind", Bind, "stream", "source", "target", "amount"),
    _row("/score/teach", Teach, "stream", "name"),
    _row("/score/teach/midi", TeachMidi, "stream", "name", "midi"),
    _row("/score/teach/direction", TeachDirection, "stream", "name", "direction", "value"),
    _row("/score/teach/list", TeachList, "stream"),
    _row("/score/teach/remove", TeachRemove, "stream", "name"),
    _row("/score/teach/undo", TeachUndo, "stream"),
    _row("/score/calibrate", Calibrate, "stream", "action"),
    _row("/score/save", Save, "stream"),
    _row("/score/tempo", Tempo, "bpm"),
    _row("/score/beat", Beat, "beat", "bpm"),
    _row("/score/start", Start, "stream"),
    _row("/score/stop", Stop, "stream"),
    _row("/score/forget", Forget, "stream"),
    _row("/score/tap", Tap),
    _row("/score/panic", Panic),
    _row("/score/ping", Ping, "id"),
)
BUTTONS = frozenset({Goodbye, Save, Start, Stop, Forget, Tap, Panic, TeachList, TeachUndo})
"""Messages that a button or a toggle can send: a number after their arguments says whether it is down."""
OUTGOING = (
    _row("/score/welcome", Welcome, "protocol", "server", "weights", "latent_size", "expects", "time", "pub"),
    _row("/score/subscribed", Subscribed, "kinds"),
    _row("/score/value", Value, "stream", "name", "value"),
    _row("/score/bound", Bound, "stream", "source", "target", "amount"),
    _row("/score/anchors", Anchors, "stream", "anchors"),
    _row("/score/calibrated", Calibrated, "stream", "state", "pictures"),
    _row("/score/saved", Saved, "stream", "path", "anchors"),
    _row("/score/pong", Pong, "id", "time"),
    _row("/score/error", Error, "kind", "reason", "count"),
    _row("/score/note", Note, "stream", "id", "pitch", "velocity", "channel", "seconds", "delay_ms", "voice"),
    _row("/score/noteoff", NoteOff, "stream", "id", "pitch", "channel", "delay_ms", "voice"),
    _row("/score/latent", Latent, "stream", "values"),
    _row(f"/score/expression/{PATH_NAME}", Expression, "stream", "value"),
    _row("/score/label", Label, "stream", "rank", "name", "probability"),
    _row(f"/score/attribute/{PATH_NAME}", Attribute, "stream", "value"),
    _row("/score/key", Key, "stream", "name", "certainty"),
    _row("/score/link", Link, "stream", "reading", "attribute", "correlation"),
    _row(
        "/score/status", Status,
        "stream", "state", "tempo", "frames_per_second", "latency_ms", "dropped_frames", "message",
        "features_per_second", "end_to_end_ms", "sync_delay_ms",
    ),
)  # fmt: skip


def osc_reference() -> str:
    """Return the whole table as Markdown, for people."""
    return "\n\n".join((_table("To the server", INCOMING), _table("From the server", OUTGOING)))


def _table(title: str, rows: tuple[Row, ...]) -> str:
    head = [f"**{title}**", "", "| address | arguments | types | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *map(_line, rows)])


def _line(row: Row) -> str:
    types = " ".join(TAGS[slot.kind] for slot in row.slots).replace("|", r"\|")
    meaning = " ".join((inspect.getdoc(row.message) or "").split())
    return f"| `{row.address}` | {row.usage} | {types} | {meaning} |"
