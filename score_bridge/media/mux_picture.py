"""Pictures of any kind as H.264 that plays everywhere: upright, of even size, yuv420p, each at its own time."""

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.filter import Graph
from av.video.reformatter import VideoReformatter

from score_bridge.errors import MediaError
from score_bridge.media.av_reader import orientation
from score_bridge.media.reader import FilmInfo
from score_bridge.media.wide_range import cube, is_wide

CLOCK: Final = Fraction(1, 90_000)
_TURNS: Final = {0: (), 1: ("cclock",), 2: ("cclock", "cclock"), 3: ("clock",)}
_FULL_RANGE: Final = 2
_PIXELS: Final = "yuv420p"
_WIDE_PIXELS: Final = "rgb48le"
_BT709: Final = 1
_STANDARD: Final[dict[str, Any]] = {"src_color_range": "JPEG", "dst_colorspace": "ITU709", "dst_color_range": "MPEG"}
# Without B frames, because with them MP4's lengths are wrong where pictures do not come evenly.
_QUALITY: Final = {"crf": "18", "preset": "veryfast", "bf": "0"}


class Upright:
    """Makes decoded frames fit to encode. The first one decides size, rotation and range for all that follow."""

    def __init__(self, first: Any, info: FilmInfo) -> None:
        """Look at the first frame. MediaError if it is less than two pixels wide or high."""
        turns, mirrored = orientation(first)
        width, height = (info.height, info.width) if turns % 2 else (info.width, info.height)
        self._size, self._scaler = (width, height), VideoReformatter()
        self._wide = int(first.color_trc) if is_wide(first) else None
        if min(width, height) < 2:
            raise MediaError(f"a film of {width} x {height} pixels is too small")
        steps = [("crop", f"{width // 2 * 2}:{height // 2 * 2}:0:0"), *([("hflip", "")] if mirrored else [])]
        steps += [("transpose", t) for t in _TURNS[turns % 4]]
        self._graph = self._chain(steps) if self._wide is None else self._chain_with_table(steps, self._wide)

    def __call__(self, frame: Any, seconds: Fraction, length: Fraction) -> Any:
        """Return the frame ready to encode, to be shown at `seconds` for `length`. The frame itself is used up."""
        if self._wide is None:
            plain = self._scaler.reformat(frame, *self._size, _PIXELS, **_colours(frame))
        else:
            plain = self._scaler.reformat(frame, *self._size, _WIDE_PIXELS)
        plain.pts, plain.duration, plain.time_base = round(seconds / CLOCK), round(length / CLOCK), CLOCK
        self._graph.push(plain)
        upright: Any = self._graph.pull()
        if self._wide is not None:
            # Told as arguments, the scaler would convert the transfer a second time.
            upright.color_trc = upright.color_primaries = _BT709
            upright = self._scaler.reformat(upright, format=_PIXELS, **_STANDARD)
        upright.pict_type = 0
        return upright

    def _chain_with_table(self, steps: list[tuple[str, str]], transfer: int) -> Graph:
        """Put the table that brings high dynamic range to standard first; the filter reads it from a file."""
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "standard.cube"
            table.write_text(cube(transfer))
            return self._chain([("lut3d", f"file={table}:interp=tetrahedral"), *steps])

    def _chain(self, steps: list[tuple[str, str]]) -> Graph:
        graph = Graph()
        source = graph.add_buffer(
            width=self._size[0],
            height=self._size[1],
            format=av.VideoFormat(_PIXELS if self._wide is None else _WIDE_PIXELS),
            time_base=CLOCK,
        )
        nodes = [source, *(graph.add(name, args) for name, args in steps), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure()
        return graph


def _colours(frame: Any) -> dict[str, Any]:
    """Return what brings a frame to the range (and from RGB to the matrix) of video; unmarked YUV stays as it is."""
    if frame.format.is_rgb:
        return {"dst_colorspace": "ITU709", "dst_color_range": "MPEG"}
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    return {"src_color_range": "JPEG", "dst_color_range": "MPEG"} if full else {}


def add_encoder(container: Any, first: Any, rate: Fraction) -> Any:
    """Add an H.264 stream for frames like `first` (from Upright) to an output container and return it."""
    stream = container.add_stream("libx264", rate=rate, options=dict(_QUALITY))
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, _PIXELS
    context = stream.codec_context
    context.time_base = CLOCK
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        setattr(context, name, getattr(first, name))
    return stream
