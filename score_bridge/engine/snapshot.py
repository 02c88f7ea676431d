"""A stream's state as bytes, for the bridge to keep: what a fresh engine needs to play on as before."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from score_bridge.engine.state import StreamState
from score_bridge.mapping.record import from_record, to_record

VERSION = 4


class _PackedArray(msgspec.Struct, frozen=True):
    kind: str
    shape: tuple[int, ...]
    data: bytes


class _Snapshot(msgspec.Struct, frozen=True):
    version: int
    state: Any
    arrays: dict[str, _PackedArray]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Snapshot)


def pack_state(state: StreamState) -> bytes:
    """Return the state without what is soon made anew: the decoder's memory (from tokens and latents), the notes that
    are held, and what of the picture waits for a beat.
    """
    voices = {number: replace(voice, cache=None, held=None) for number, voice in state.voices.items()}
    plain, arrays = to_record(replace(state, voices=voices, band=state.band.released(), followed=None))
    packed = {name: _PackedArray(a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}
    return _ENCODER.encode(_Snapshot(VERSION, plain, packed))


def unpack_state(data: bytes) -> StreamState:
    """Inverse of `pack_state`; the decoder's memory is empty until rebuilt. Arrays are read-only."""
    packed = _DECODER.decode(data)
    if packed.version != VERSION:
        raise ValueError(f"a snapshot of version {packed.version}, this program reads {VERSION}")
    arrays = {name: np.frombuffer(a.data, a.kind).reshape(a.shape) for name, a in packed.arrays.items()}
    return from_record(packed.state, arrays, StreamState)
