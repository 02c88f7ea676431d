"""OSC arguments to message fields and back, by a row of the table. Numbers are taken in any of OSC's guises."""

import math
from typing import Any

from score_bridge.errors import PeerError
from score_bridge.wire.faults import short
from score_bridge.wire.messages import PLANES, SIGNATURES, Frame, Message
from score_bridge.wire.osc.table import LISTS, Row, Slot

MAX_WHOLE = 2**53
_F32_MAX = 3.4028234663852886e38


def fields_of(row: Row, arguments: list[Any]) -> tuple[dict[str, Any], bytes]:
    """Return the fields that `arguments` give, and the payload. Raises PeerError("field") or ("payload")."""
    slots = row.slots[1:] if _leaves_out_stream(row, arguments) else row.slots
    values = dict(zip((slot.name for slot in slots), arguments, strict=False))
    if row.has_list:
        values[slots[-1].name] = arguments[len(slots) - 1 :]
    fields = {slot.name: _read(row.address, slot, values[slot.name]) for slot in slots if slot.name in values}
    blobs = [fields.pop(slot.name) for slot in slots if slot.kind == "blob"]
    payload = blobs[0] if blobs else b""
    return (_picture(row.address, fields, payload) if row.message is Frame else fields), payload


def _leaves_out_stream(row: Row, arguments: list[Any]) -> bool:
    if not row.slots or row.slots[0].name != "stream" or not row.slots[0].optional:
        return False
    if row.has_list:
        return not arguments or not isinstance(arguments[0], str)
    return len(arguments) < len(row.slots)


def _read(address: str, slot: Slot, value: Any) -> Any:
    if slot.kind == "numbers":
        return tuple(_number(address, slot, item) for item in value)
    if slot.kind == "texts":
        return tuple(_instance(address, slot, item, str, "text") for item in value)
    if slot.kind == "text" or (slot.kind == "value" and isinstance(value, str)):
        return _instance(address, slot, value, str, "text")
    if slot.kind == "blob":
        return _instance(address, slot, value, bytes, "a blob")
    number = _number(address, slot, value)
    if slot.kind == "value":
        return int(value) if isinstance(value, bool) else value
    return _whole(address, slot, number) if slot.kind == "whole" else number


def _instance(address: str, slot: Slot, value: Any, kind: type, words: str) -> Any:
    if isinstance(value, kind):
        return value
    raise PeerError("field", f"{address} {slot.name} wants {words}, got {short(value)}")


def _number(address: str, slot: Slot, value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise PeerError("field", f"{address} {slot.name} wants a number, got {short(value)}")
    return float(value)


def _whole(address: str, slot: Slot, value: float) -> int:
    if not value.is_integer() or abs(value) > MAX_WHOLE:
        raise PeerError("field", f"{address} {slot.name} wants a whole number, got {value:g}")
    return int(value)


def _picture(address: str, fields: dict[str, Any], payload: bytes) -> dict[str, Any]:
    if "order" in fields:
        planes = PLANES.get(fields["order"], 1)
        size = (fields.pop("height"), fields.pop("width"))
        return {**fields, "shape": size if fields["order"] == "gray" else (*size, planes)}
    for signature, encoding in SIGNATURES.items():
        if payload.startswith(signature):
            return {**fields, "encoding": encoding}
    raise PeerError("payload", f"{address} wants a JPEG or PNG, or [stream] width height order before raw pixels")


def typed_arguments(row: Row, message: Message, payload: bytes) -> list[tuple[str, Any]]:
    """Return (type tag, value) for every argument of `message`, by the row's order."""
    arguments: list[tuple[str, Any]] = []
    for slot in row.slots:
        value = payload if slot.kind == "blob" else _field(message, slot.name)
        items = value if slot.kind in LISTS else (value,)
        arguments += [_typed("number" if slot.kind == "numbers" else slot.kind, item) for item in items]
    return arguments


def _field(message: Message, name: str) -> Any:
    if isinstance(message, Frame) and name in ("height", "width"):
        return message.shape[("height", "width").index(name)]
    return getattr(message, name)


def _typed(kind: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, str):
        return "s", value.replace("\0", " ")
    if isinstance(value, bytes):
        return "b", value
    if isinstance(value, float) or kind == "number":
        return "f", max(-_F32_MAX, min(_F32_MAX, value))
    return ("i" if -(2**31) <= value < 2**31 else "h"), value
