"""Values as plain data and named arrays: how a crash snapshot and a show file are written.

Everything is found by its field's name, so that fields may be added or moved. An array stands in the plain data as
the name of the field that had it first; one that is shared is written once.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]


def to_record(value: object) -> tuple[Any, Arrays]:
    """Take apart frozen dataclasses, structs, mappings and sequences: plain data, and the arrays in it by name."""
    arrays: Arrays = {}
    names: dict[int, str] = {}

    def take_apart(part: Any, path: str) -> Any:
        if isinstance(part, np.ndarray):
            if id(part) not in names:
                names[id(part)] = path
                arrays[path] = np.ascontiguousarray(part)
            return names[id(part)]
        if is_dataclass(part):
            return {f.name: take_apart(getattr(part, f.name), _join(path, f.name)) for f in fields(part)}
        if isinstance(part, Mapping):
            return {str(key): take_apart(one, _join(path, key)) for key, one in part.items()}
        if isinstance(part, tuple | list):
            return [take_apart(one, _join(path, i)) for i, one in enumerate(part)]
        return msgspec.to_builtins(part.item() if isinstance(part, np.generic) else part)

    return take_apart(value, ""), arrays


def from_record(plain: Any, arrays: Mapping[str, NDArray[Any]], kind: type[T]) -> T:
    """Put a value of `kind` together. msgspec.ValidationError where the data are no such value."""

    def find(_: type, name: Any) -> Any:
        if not isinstance(name, str) or name not in arrays:
            raise ValueError(f"there is no array {name!r:.80}")
        return arrays[name]

    return msgspec.convert(plain, kind, dec_hook=find, str_keys=True)


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
