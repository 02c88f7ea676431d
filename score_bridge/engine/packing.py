"""Arrays, and what was taught, as plain structs for a snapshot."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.anchors import Anchor, AnchorSet

Floats = NDArray[np.float32]


class PackedArray(msgspec.Struct, frozen=True):
    """An array's shape and its numbers, little-endian float32."""

    shape: tuple[int, ...]
    data: bytes


class _Anchor(msgspec.Struct, frozen=True):
    name: str
    source: str
    features: PackedArray
    latent: PackedArray


class PackedTaught(msgspec.Struct, frozen=True):
    """Every anchor once; `lists` says by number which are there, and after that which there were before changes."""

    every: tuple[_Anchor, ...] = ()
    lists: tuple[tuple[int, ...], ...] = ((),)


def pack(array: Floats) -> PackedArray:
    """Pack an array of any shape."""
    return PackedArray(array.shape, np.ascontiguousarray(array, np.float32).tobytes())


def unpack(packed: PackedArray) -> Floats:
    """Inverse of `pack`; read-only."""
    return np.frombuffer(packed.data, np.float32).reshape(packed.shape)


def pack_taught(known: AnchorSet) -> PackedTaught:
    """Pack anchors and what undoing goes back to; both mostly hold the same ones, which are packed once."""
    lists = (known.anchors, *known.before)
    every = list(dict.fromkeys(anchor for anchors in lists for anchor in anchors))
    numbers = {anchor: n for n, anchor in enumerate(every)}
    packed = tuple(_Anchor(a.name, a.source, pack(a.features), pack(a.latent)) for a in every)
    return PackedTaught(packed, tuple(tuple(numbers[a] for a in anchors) for anchors in lists))


def unpack_taught(packed: PackedTaught) -> AnchorSet:
    """Inverse of `pack_taught`."""
    every = [Anchor(a.name, unpack(a.features), unpack(a.latent), a.source) for a in packed.every]
    now, *before = (tuple(every[n] for n in numbers) for numbers in packed.lists)
    return AnchorSet(now, tuple(before))
