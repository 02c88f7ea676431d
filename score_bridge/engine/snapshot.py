"""A stream's state as bytes, for the bridge to keep: what a fresh engine needs to play on as before."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.packing import PackedArray, PackedTaught, pack, pack_taught, unpack, unpack_taught
from score_bridge.engine.state import PictureState, StreamState, VoiceState
from score_bridge.mapping.attention import Attention
from score_bridge.mapping.calibration import Basis, Calibration
from score_bridge.mapping.smoothing import Smoothed
from score_bridge.wire.messages import LEAD

Floats = NDArray[np.float32]


class _Basis(msgspec.Struct, frozen=True):
    mean: PackedArray
    axes: PackedArray
    variances: PackedArray
    weights: PackedArray
    numbers: tuple[float, float, float]


class _Calibration(msgspec.Struct, frozen=True):
    numbers: tuple[float, float, float, float, float]
    frozen: bool
    mean: PackedArray
    axes: PackedArray
    scatter: PackedArray
    last: PackedArray
    jitter: PackedArray
    basis: _Basis
    before: _Basis


class _Smoothed(msgspec.Struct, frozen=True):
    value: PackedArray
    filtered: PackedArray
    velocity: PackedArray
    time: float


class _State(msgspec.Struct, frozen=True):
    stream: str
    seed: int
    step: int
    tokens: tuple[int, ...]
    latents: PackedArray
    motion: tuple[float, float]
    features: _Smoothed | None
    calibration: _Calibration | None
    taught: PackedTaught


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_State)


def pack_state(state: StreamState) -> bytes:
    """Return the state without the decoder's memory (it is rebuilt from tokens and latents) and the held note."""
    seen, played = state.picture, state.lead
    latents = np.stack(played.latents) if played.latents else np.zeros((0, 0), np.float32)
    packed = _State(
        state.stream, state.seed, played.step, played.tokens, pack(latents),
        (seen.motion, seen.motion_time), _pack_smoothed(seen.features), _pack_calibration(seen.calibration),
        pack_taught(seen.anchors),
    )  # fmt: skip
    return _ENCODER.encode(packed)


def unpack_state(data: bytes) -> StreamState:
    """Inverse of `pack_state`; the decoder's memory is empty until rebuilt."""
    packed = _DECODER.decode(data)
    seen = PictureState(
        motion=packed.motion[0], motion_time=packed.motion[1],
        features=_unpack_smoothed(packed.features), calibration=_unpack_calibration(packed.calibration),
        anchors=unpack_taught(packed.taught),
    )  # fmt: skip
    played = VoiceState(step=packed.step, tokens=packed.tokens, latents=tuple(unpack(packed.latents)))
    return StreamState(packed.stream, packed.seed, seen, {LEAD: played})


def _pack_basis(basis: Basis) -> _Basis:
    return _Basis(
        pack(basis.mean), pack(basis.axes), pack(basis.variances), pack(basis.attention.weights),
        (basis.total, basis.floor, basis.attention.floor),
    )  # fmt: skip


def _unpack_basis(packed: _Basis) -> Basis:
    total, floor, least = packed.numbers
    attention = Attention(unpack(packed.weights), least)
    return Basis(unpack(packed.mean), unpack(packed.axes), unpack(packed.variances), total, floor, attention)


def _pack_smoothed(smoothed: Smoothed | None) -> _Smoothed | None:
    if smoothed is None:
        return None
    return _Smoothed(pack(smoothed.value), pack(smoothed.filtered), pack(smoothed.velocity), smoothed.time)


def _unpack_smoothed(packed: _Smoothed | None) -> Smoothed | None:
    if packed is None:
        return None
    return Smoothed(unpack(packed.value), unpack(packed.filtered), unpack(packed.velocity), packed.time)


def _pack_calibration(c: Calibration | None) -> _Calibration | None:
    if c is None:
        return None
    numbers = (c.count, c.residual, c.changed, c.pictures, c.next_refresh)
    arrays = (pack(c.mean), pack(c.axes), pack(c.scatter), pack(c.last), pack(c.jitter))
    return _Calibration(numbers, c.frozen, *arrays, _pack_basis(c.basis), _pack_basis(c.before))


def _unpack_calibration(packed: _Calibration | None) -> Calibration | None:
    if packed is None:
        return None
    names = ("count", "residual", "changed", "pictures", "next_refresh")
    fields: dict[str, Any] = dict(zip(names, packed.numbers, strict=True))
    return Calibration(
        **fields, mean=unpack(packed.mean), axes=unpack(packed.axes), scatter=unpack(packed.scatter),
        last=unpack(packed.last), jitter=unpack(packed.jitter),
        basis=_unpack_basis(packed.basis), before=_unpack_basis(packed.before), frozen=packed.frozen,
    )  # fmt: skip
