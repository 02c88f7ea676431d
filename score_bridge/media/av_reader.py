"""Films as PyAV reads them: any container and codec of FFmpeg, upright, in square pixels and standard range."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from score_bridge.errors import MediaError
from score_bridge.media.reader import FilmInfo, Pictures, UnopenedError
from score_bridge.media.wide_range import is_wide, to_standard
from score_bridge.vision.pixels import Rgb

SCALING = 0x20 | 0x2000 | 0x40000
"""libswscale's AREA, FULL_CHR_H_INT, ACCURATE_RND: without the last two, colours come out 2 of 255 too dark."""
CLOCK_TIME = re.compile(r"(\d+):(\d+):(\d+\.?\d*)")


class AvReader:
    """Reads with PyAV; libswscale shrinks straight from the decoder's own pixels."""

    has_packets = True

    def probe(self, path: Path) -> FilmInfo:
        """Open the film and decode its first picture. Raises UnopenedError or MediaError."""
        try:
            with av.open(str(path)) as container:
                stream = moving_picture(container, path)
                first = next(container.decode(stream), None)
                if first is None:
                    raise UnopenedError("no picture in it can be decoded")
                turns, _ = orientation(first)
                size = (square_width(first, stream), first.height)
                width, height = reversed(size) if turns % 2 else size
                rate = stream.average_rate or stream.guessed_rate
                return FilmInfo(
                    width=width,
                    height=height,
                    rotation=90 * turns,
                    duration=_duration(container, stream),
                    fps=float(rate) if rate else None,
                    has_audio=bool(container.streams.audio),
                    pictures_s=_pictures_s(container, stream),
                )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnopenedError(words_of(error)) from None

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield every picture that can be decoded; return the first thing that could not, in words."""
        scaler = VideoReformatter()
        broken: list[str] = []
        with av.open(str(path)) as container:
            stream = moving_picture(container, path)
            stream.thread_type = "AUTO"
            for frame in _decode(container, stream, broken):
                size = {"width": side or square_width(frame, stream), "height": side or frame.height}
                small = scaler.reformat(frame, **size, format=_format(frame), interpolation=SCALING)
                yield _stamp(frame, stream), _upright(_standard(small, frame), *orientation(frame))
        return broken[0] if broken else None


def moving_picture(container: Any, path: Path) -> Any:
    """Return the video stream that players show: FFmpeg's choice, or the first that is no cover picture.

    MediaError if there is none. A cover picture may lack its flag: it is the one of several that has a single frame.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    several = [stream for stream in moving if stream.frames != 1] or moving
    if several:
        best = container.streams.best("video")
        return best if best in several else several[0]
    kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise MediaError(f"cannot read film {path}: it holds {kinds} but no moving picture")


def _decode(container: Any, stream: Any, broken: list[str]) -> Iterator[Any]:
    """Yield every frame that decodes, stepping over packets that do not; what was wrong is added to `broken`."""
    at = "at the start"
    for packet in _packets(container, stream, broken):
        try:
            frames = stream.decode(None) if packet is None else packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError as error:
            broken.append(f"{at}: {words_of(error)}")
            continue
        for frame in frames:
            stamp = _stamp(frame, stream)
            at = at if stamp is None else f"after {stamp:.2f} s"
            yield frame


def _packets(container: Any, stream: Any, broken: list[str]) -> Iterator[Any]:
    """Yield the stream's packets and then None, which flushes the decoder, even if the file breaks off."""
    try:
        yield from (packet for packet in container.demux(stream) if packet.size)
    except av.FFmpegError as error:
        broken.append(f"file broken off: {words_of(error)}")
    yield None


def _stamp(frame: Any, stream: Any) -> float | None:
    return None if frame.pts is None else float(frame.pts * stream.time_base)


def orientation(frame: Any) -> tuple[int, bool]:
    """Return how many quarter turns counter-clockwise make the frame upright, -1 to 2, and whether it is mirrored
    before that.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 0, False
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32).astype(float)
    mirrored = a * d < b * c
    a, b = (-a, -b) if mirrored else (a, b)
    turns = round(-math.degrees(math.atan2(b, a)) / 90)
    return (2 if turns == -2 else turns), bool(mirrored)


def _upright(picture: NDArray[Any], turns: int, mirrored: bool) -> Rgb:
    return np.ascontiguousarray(np.rot90(picture[:, ::-1] if mirrored else picture, turns))


def square_width(frame: Any, stream: Any) -> int:
    """Return the width of a stored picture where its pixels, of which some films have wide ones, are square."""
    return max(1, int(frame.width * (stream.sample_aspect_ratio or 1) + 0.5))


def _format(frame: Any) -> str:
    return "rgb48le" if is_wide(frame) else "rgb24"


def _standard(small: Any, frame: Any) -> Rgb:
    pixels = small.to_ndarray()
    return to_standard(pixels, int(frame.color_trc)) if is_wide(frame) else pixels


def _duration(container: Any, stream: Any) -> float | None:
    if (alone := _pictures_s(container, stream)) is not None:
        return alone
    return container.duration / av.time_base if container.duration is not None else None


def _pictures_s(container: Any, stream: Any) -> float | None:
    """How long the pictures last: as their stream says, Matroska's in a tag, or as the file if it holds no more."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if found := CLOCK_TIME.fullmatch(stream.metadata.get("DURATION", "")):
        start = float((stream.start_time or 0) * stream.time_base)
        return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) - start
    alone = len(container.streams) == 1 and container.duration is not None
    return container.duration / av.time_base if alone else None


def words_of(error: Exception) -> str:
    """Return what FFmpeg says, in one line."""
    return str(getattr(error, "strerror", None) or error).splitlines()[0]
