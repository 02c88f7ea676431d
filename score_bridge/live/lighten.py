"""A large raw picture is shrunk before it goes to the engine: six megabytes take longer to cross than to shrink."""

import msgspec

from score_bridge.errors import PeerError
from score_bridge.vision.frame import PictureFormat, decode_picture, shrink
from score_bridge.wire.internal import Observe
from score_bridge.wire.messages import Frame
from score_bridge.wire.zmq_codec import Part

SIDE = 128  # what the engine's models look at
LARGE = 4 * SIDE * SIDE * 3  # bytes


def lighten(observe: Observe, payload: Part) -> tuple[Observe, Part]:
    """Return the picture as (128, 128, 3) RGB if it is raw and large; the engine refuses a broken one."""
    frame = observe.source
    if not isinstance(frame, Frame) or frame.encoding != "raw" or len(payload) < LARGE:
        return observe, payload
    try:
        small = shrink(decode_picture(payload, PictureFormat.of(frame)), SIDE)
    except PeerError:
        return observe, payload
    plain = Frame(stream=frame.stream, seq=frame.seq, time=frame.time, shape=small.shape)
    return msgspec.structs.replace(observe, source=plain), small.tobytes()
