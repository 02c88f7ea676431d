"""Pictures of any kind as H.264 that plays everywhere: upright, of even size, yuv420p, each at its own time."""

from fractions import Fraction
from typing import Any, Final

import av
from av.filter import Graph
from av.video.reformatter import VideoReformatter

from score_bridge.errors import MediaError
from score_bridge.media.film import orientation

CLOCK: Final = Fraction(1, 90_000)
_TURNS: Final = {0: (), 1: ("cclock",), 2: ("cclock", "cclock"), 3: ("clock",)}
_FULL_RANGE: Final = 2
# Without B frames, because with them MP4's lengths are wrong where pictures do not come evenly.
_QUALITY: Final = {"crf": "18", "preset": "veryfast", "bf": "0"}


class Upright:
    """Makes decoded frames fit to encode. The first one decides size and rotation for all that follow."""

    def __init__(self, first: Any) -> None:
        """Look at the first frame. MediaError if it is less than two pixels wide or high."""
        self._width, self._height, self._scaler = first.width, first.height, VideoReformatter()
        if min(first.width, first.height) < 2:
            raise MediaError(f"a film of {first.width} x {first.height} pixels is too small")
        turns, mirrored = orientation(first)
        steps = [
            ("crop", f"{first.width // 2 * 2}:{first.height // 2 * 2}:0:0"),
            *([("hflip", "")] if mirrored else []),
        ]
        steps += [("transpose", t) for t in _TURNS[turns % 4]]
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=first.width, height=first.height, format=av.VideoFormat("yuv420p"), time_base=CLOCK
        )
        nodes = [source, *(self._graph.add(name, args) for name, args in steps), self._graph.add("buffersink")]
        self._graph.link_nodes(*nodes).configure()

    def __call__(self, frame: Any, seconds: Fraction, length: Fraction) -> Any:
        """Return the frame ready to encode, to be shown at `seconds` for `length`. The frame itself is used up."""
        plain = self._scaler.reformat(frame, self._width, self._height, "yuv420p", **_colours(frame))
        plain.pts, plain.duration, plain.time_base = round(seconds / CLOCK), round(length / CLOCK), CLOCK
        self._graph.push(plain)
        upright: Any = self._graph.pull()
        upright.pict_type = 0
        return upright


def _colours(frame: Any) -> dict[str, Any]:
    """Return what brings a frame to the range (and from RGB to the matrix) of video; unmarked YUV stays as it is."""
    if frame.format.is_rgb:
        return {"dst_colorspace": "ITU709", "dst_color_range": "MPEG"}
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    return {"src_color_range": "JPEG", "dst_color_range": "MPEG"} if full else {}


def add_encoder(container: Any, first: Any, rate: Fraction) -> Any:
    """Add an H.264 stream for frames like `first` (from Upright) to an output container and return it."""
    stream = container.add_stream("libx264", rate=rate, options=dict(_QUALITY))
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
    context = stream.codec_context
    context.time_base = CLOCK
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        setattr(context, name, getattr(first, name))
    return stream
