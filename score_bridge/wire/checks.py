"""Checks beyond types and ranges, the same for ZeroMQ and OSC."""

import math
from collections.abc import Callable

from score_bridge.errors import PeerError
from score_bridge.wire.messages import MAX_MIDI, MAX_PAYLOAD, Channel, Features, Frame, Incoming, Set, TeachMidi

ITEM_SIZES = {"uint8": 1, "float32": 4}


def check_incoming(message: Incoming, payload_size: int) -> None:
    """Refuse numbers that are not finite, and payloads (in bytes) that are missing, unasked for or of a wrong size.

    Raises PeerError("field"), ("payload") or ("size").
    """
    if payload_size > MAX_PAYLOAD:
        raise PeerError("size", f"payload: expected at most {MAX_PAYLOAD} bytes, got {payload_size}")
    check = _CHECKS.get(type(message))
    if check is not None:
        check(message)
    if isinstance(message, Frame):
        _check_pixels(message, payload_size)
    elif isinstance(message, TeachMidi):
        _check_midi(payload_size)
    elif payload_size:
        name = type(message).__struct_config__.tag
        raise PeerError("payload", f"{name} takes no payload, got {payload_size} bytes")


def _check_frame(frame: Frame) -> None:
    if not math.isfinite(frame.time):
        raise PeerError("field", f"frame time: expected a finite number, got {frame.time}")


def _check_features(features: Features) -> None:
    if not math.isfinite(features.time):
        raise PeerError("field", f"features time: expected a finite number, got {features.time}")
    if not all(map(math.isfinite, features.values)):
        place, value = next((i, v) for i, v in enumerate(features.values) if not math.isfinite(v))
        raise PeerError("field", f"features values[{place}]: expected a finite number, got {value}")


def _check_channel(message: Channel) -> None:
    if not math.isfinite(message.value):
        raise PeerError("field", f"channel {message.name}: expected a finite number, got {message.value}")


def _check_set(message: Set) -> None:
    if isinstance(message.value, float) and not math.isfinite(message.value):
        raise PeerError("field", f"set {message.name}: expected a finite number, got {message.value}")


def _check_pixels(frame: Frame, size: int) -> None:
    if frame.encoding != "raw":
        if not size:
            raise PeerError("payload", f"frame: expected a {frame.encoding} picture as payload, got none")
        return
    if len(frame.shape) < 2:
        raise PeerError(
            "field", f"frame shape: expected (height, width) or (height, width, planes), got {frame.shape}"
        )
    expected = math.prod(frame.shape) * ITEM_SIZES[frame.dtype]
    if size != expected:
        shape = " x ".join(map(str, frame.shape))
        raise PeerError("payload", f"frame: {shape} {frame.dtype} is {expected} bytes, the payload has {size}")


def _check_midi(size: int) -> None:
    if not 0 < size <= MAX_MIDI:
        raise PeerError("payload", f"teach_midi: expected a MIDI file of at most {MAX_MIDI} bytes, got {size}")


_CHECKS: dict[type, Callable[..., None]] = {
    Frame: _check_frame, Features: _check_features, Channel: _check_channel, Set: _check_set,
}  # fmt: skip
