"""Hypothesis values of every message class, built from the table itself."""

from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from score_bridge.wire.internal import FromEngine, FromPlayer, ToEngine, ToPlayer
from score_bridge.wire.messages import PLANES, Frame, Incoming, Message, Order, Outgoing, TeachMidi

INCOMING: tuple[type[Message], ...] = get_args(Incoming)
WITH_PAYLOAD = (Frame, TeachMidi)
OUTGOING: tuple[type[Message], ...] = get_args(Outgoing)
INTERNAL = {"ToEngine": ToEngine, "FromEngine": FromEngine, "ToPlayer": ToPlayer, "FromPlayer": FromPlayer}
few = settings(max_examples=30)
PICTURES = {"jpeg": b"\xff\xd8\xff\xe0 jpeg", "png": b"\x89PNG\r\n\x1a\n png"}
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])


def value_of(hint: Any, width: Literal[32, 64] = 64) -> st.SearchStrategy[Any]:
    """Values of one field's type; floats of `width` bits, whole numbers of 32."""
    if get_origin(hint) is Annotated:
        inner, meta = get_args(hint)
        if get_origin(inner) is Literal:
            return value_of(inner)
        return _bounded(inner, meta, width)
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if hint is type(None):
        return st.none()
    if isinstance(hint, UnionType):
        return st.one_of([value_of(part, width) for part in get_args(hint)])
    if get_origin(hint) is tuple:
        return _tuples(get_args(hint), 0, 5, width)
    if get_origin(hint) is dict:
        return st.dictionaries(st.text(LETTERS), value_of(get_args(hint)[1], width), max_size=3)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return instances(hint, width)
    return _plain(hint, width)


def instances(
    kind: type[Any], width: Literal[32, 64] = 64, only: tuple[str, ...] | None = None
) -> st.SearchStrategy[Any]:
    """Instances of one class; with `only`, the other fields keep their defaults."""
    fields = [field for field in msgspec.structs.fields(kind) if only is None or field.name in only]
    return st.builds(kind, **{field.name: value_of(field.type, width) for field in fields})


def raw_frames(dtypes: tuple[str, ...] = ("uint8", "float32")) -> st.SearchStrategy[tuple[Frame, bytes]]:
    """Raw frames of matching order, shape and payload."""
    return st.builds(
        _raw_frame, instances(Frame), st.integers(1, 4), st.integers(1, 4), st.sampled_from(sorted(PLANES)),
        st.sampled_from(dtypes),
    )  # fmt: skip


def packed_frames() -> st.SearchStrategy[tuple[Frame, bytes]]:
    """JPEG and PNG frames (their first bytes alone are true)."""
    return st.builds(
        lambda frame, encoding: (msgspec.structs.replace(frame, encoding=encoding, shape=()), PICTURES[encoding]),
        instances(Frame), st.sampled_from(sorted(PICTURES)),
    )  # fmt: skip


def _raw_frame(frame: Frame, height: int, width: int, order: Order, dtype: str) -> tuple[Frame, bytes]:
    shape = (height, width) if order == "gray" else (height, width, PLANES[order])
    size = height * width * PLANES[order] * (1 if dtype == "uint8" else 4)
    return msgspec.structs.replace(frame, encoding="raw", shape=shape, order=order, dtype=dtype), bytes(size)


def _bounded(inner: Any, meta: msgspec.Meta, width: Literal[32, 64]) -> st.SearchStrategy[Any]:
    if inner is str:
        return st.text(LETTERS, min_size=meta.min_length or 0, max_size=meta.max_length)
    if get_origin(inner) is tuple:
        return _tuples(get_args(inner), meta.min_length or 0, min(meta.max_length or 5, 5), width)
    return _plain(inner, width, meta.ge, meta.le)


def _tuples(hints: tuple[Any, ...], least: int, most: int, width: Literal[32, 64]) -> st.SearchStrategy[Any]:
    if hints[-1] is not Ellipsis:
        return st.tuples(*(value_of(hint, width) for hint in hints))
    return st.lists(value_of(hints[0], width), min_size=least, max_size=most).map(tuple)


def _plain(kind: Any, width: Literal[32, 64], low: Any = None, high: Any = None) -> st.SearchStrategy[Any]:
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(-(2**31) if low is None else low, 2**31 - 1 if high is None else high)
    if kind is float:
        return st.floats(low, high, allow_nan=False, allow_infinity=False, width=width)
    assert kind is str
    return st.text(LETTERS, max_size=20)
