"""What the manifest of a published MusicVAE checkpoint says: which tensors lie in which files, in both formats.

deeplearn.js: manifest.json names one file of raw little-endian float32 a tensor. tfjs: weights_manifest.json lists
groups of tensors that lie one after the other in shards, as float32 or quantised to uint8 or uint16: value =
q * scale + min. A file a tensor is taken as a group of one.
"""

import math
import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from score_bridge.errors import ModelError

MANIFESTS = {"deeplearn.js": "manifest.json", "tfjs": "weights_manifest.json"}
ITEM_BYTES = {"float32": 4, "int32": 4, "bool": 1, "uint8": 1, "uint16": 2}

_PARTS = r"multi_rnn_cell/cell_[0-9]+/lstm_cell|z_to_initial_state|output_projection"
_DECODER = re.compile(rf"(?:.*/)?(decoder/(?:{_PARTS})/(?:kernel|bias))")

Shape = list[Annotated[int, Meta(ge=1)]]


class Quantization(msgspec.Struct, frozen=True):
    """How floats became whole numbers of type `dtype`."""

    dtype: str
    min: float
    scale: float


class Tensor(msgspec.Struct, frozen=True):
    """One tensor as listed."""

    name: str
    shape: Shape
    dtype: str = "float32"
    quantization: Quantization | None = None

    @property
    def part(self) -> str | None:
        """The name from "decoder/" on if the tensor belongs to a flat decoder; what stands before it varies."""
        found = _DECODER.fullmatch(self.name)
        return found[1] if found else None

    @property
    def stored(self) -> str:
        """The type of its numbers in the file."""
        return self.quantization.dtype if self.quantization else self.dtype

    @property
    def size(self) -> int:
        """Bytes in the file. Raises ModelError for a type that is not known."""
        if self.stored not in ITEM_BYTES:
            known = ", ".join(ITEM_BYTES)
            raise ModelError(f"{self.name} is stored as the unknown type {self.stored!r}, expected one of {known}")
        return math.prod(self.shape) * ITEM_BYTES[self.stored]


class Group(msgspec.Struct, frozen=True):
    """Files that, joined, hold the tensors `weights` one after the other."""

    paths: list[str]
    weights: list[Tensor]


class _File(msgspec.Struct):
    filename: str
    shape: Shape


def read_manifest(folder: Path) -> tuple[str, list[Group]]:
    """Return the format and the groups. Raises ModelError with one line: no manifest, or one that cannot be read."""
    for kind, name in MANIFESTS.items():
        path = folder / name
        if path.is_file():
            try:
                return kind, _parsed(kind, path.read_bytes())
            except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ModelError(f"cannot read {path}: {error}") from None
    raise ModelError(f"no MusicVAE checkpoint in {folder}: expected {' or '.join(MANIFESTS.values())} there")


def _parsed(kind: str, manifest: bytes) -> list[Group]:
    if kind == "tfjs":
        return msgspec.json.decode(manifest, type=list[Group])
    listed = msgspec.json.decode(manifest, type=dict[str, _File])
    return [Group([file.filename], [Tensor(name, file.shape)]) for name, file in listed.items()]
