"""A film file as pictures with their real times: PyAV reads it, OpenCV where PyAV cannot."""

import math
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import cv2
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from score_bridge.errors import MediaError
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import Rgb, u8

FALLBACK_FPS = 25.0
LEAST_STEP_S = 1e-6
SCALING = 0x20 | 0x2000 | 0x40000
"""libswscale's AREA, FULL_CHR_H_INT, ACCURATE_RND: without the last two, colours come out 2 of 255 too dark."""
ADDRESS = re.compile(r"([a-z][a-z0-9+.]+):/")
SHORT_BY_S, SHORT_BY_SHARE = 1.0, 0.05

Pictures = Generator[tuple[float | None, Rgb], None, str | None]
"""Yields (stamp in seconds or None, picture); returns what was found broken, or None."""


class UnopenedError(Exception):
    """A reader cannot open the film; another may. The message is one line."""


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """A film's own metadata: size in pixels as shown, the quarter turns (counter-clockwise degrees) that takes,
    seconds, average pictures a second (`duration` and `fps` are None if it names none), and whether it has sound.
    """

    width: int
    height: int
    rotation: int
    duration: float | None
    fps: float | None
    has_audio: bool


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """One picture of a film: seconds since the first one, and (H, W, 3) or (side, side, 3) uint8 RGB."""

    time_s: float
    rgb: Rgb


class Reader(Protocol):
    """A way to read film files."""

    def probe(self, path: Path) -> FilmInfo:
        """Return the film's metadata. Raises UnopenedError, or MediaError if no reader can help."""

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield every picture, upright, squashed to side x side if a side is given."""


class AvReader:
    """Reads with PyAV; libswscale shrinks straight from the decoder's own pixels."""

    def probe(self, path: Path) -> FilmInfo:
        """Open the film and decode its first picture. Raises UnopenedError or MediaError."""
        try:
            with av.open(str(path)) as container:
                stream = moving_picture(container, path)
                first = next(container.decode(stream), None)
                if first is None:
                    raise UnopenedError("no picture in it can be decoded")
                turns, _ = orientation(first)
                turned = turns % 2
                width, height = (first.height, first.width) if turned else (first.width, first.height)
                rate = stream.average_rate or stream.guessed_rate
                return FilmInfo(
                    width=width,
                    height=height,
                    rotation=90 * turns,
                    duration=_duration(container, stream),
                    fps=float(rate) if rate else None,
                    has_audio=bool(container.streams.audio),
                )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnopenedError(_words(error)) from None

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield every picture that can be decoded; return the first thing that could not, in words."""
        scaler = VideoReformatter()
        broken: list[str] = []
        with av.open(str(path)) as container:
            stream = moving_picture(container, path)
            stream.thread_type = "AUTO"
            for frame in _decode(container, stream, broken):
                small = scaler.reformat(frame, width=side, height=side, format="rgb24", interpolation=SCALING)
                yield _stamp(frame, stream), _upright(small.to_ndarray(), *orientation(frame))
        return broken[0] if broken else None


class CvReader:
    """Reads with OpenCV, which turns pictures upright by itself."""

    def probe(self, path: Path) -> FilmInfo:
        """Open the film and decode its first picture. Raises UnopenedError."""
        capture = cv2.VideoCapture(str(path))
        try:
            ok, first = capture.read()
            if not ok:
                raise UnopenedError("no picture in it can be decoded")
            fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
            duration = count / fps if fps > 0 and count > 0 else None
            return FilmInfo(first.shape[1], first.shape[0], 0, duration, fps if fps > 0 else None, has_audio=False)
        finally:
            capture.release()

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield every picture that can be decoded; OpenCV does not report what is broken."""
        capture = cv2.VideoCapture(str(path))
        try:
            while True:
                ok, bgr = capture.read()
                if not ok:
                    return None
                rgb = u8(cv2.cvtColor, bgr, cv2.COLOR_BGR2RGB)
                yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, shrink(rgb, side) if side else rgb
        finally:
            capture.release()


READERS: tuple[Reader, ...] = (AvReader(), CvReader())


@dataclass(slots=True)
class Film:
    """A film that can be opened. `broken` describes what the last pass of `frames` found damaged, or None."""

    path: Path
    info: FilmInfo
    reader: Reader
    broken: str | None = None

    @classmethod
    def open(cls, path: Path, readers: tuple[Reader, ...] = READERS) -> "Film":
        """Open with the first reader that can. Raises MediaError: one line with the file and what is wrong."""
        _check_file(path)
        reasons = []
        for reader in readers:
            try:
                return cls(path, reader.probe(path.resolve()), reader)
            except UnopenedError as reason:
                reasons.append(str(reason))
        raise MediaError(f"cannot read film {path}: {reasons[0] if reasons else 'no reader'}")

    def frames(self, limit_s: float | None = None, side: int | None = None) -> Iterator[FilmFrame]:
        """Yield the film's pictures with strictly rising times from 0, those before `limit_s` seconds.

        Times are the film's own stamps; where one is missing or runs backwards the average rate continues.
        With `side` every picture is squashed to side x side, which is several times faster than full size.
        Damage is skipped and described in `broken` afterwards. Each call reads from the start.
        """
        self.broken = None
        step = 1.0 / (self.info.fps or FALLBACK_FPS)
        pictures = self.reader.pictures(self.path.resolve(), side)
        start, now = None, -step
        try:
            while True:
                stamp, rgb = next(pictures)
                start = stamp if start is None else start
                stamped = stamp - start if stamp is not None and start is not None else now
                now = stamped if stamped > now + LEAST_STEP_S else now + step
                if limit_s is not None and now >= limit_s:
                    return
                yield FilmFrame(now, rgb)
        except StopIteration as end:
            self.broken = end.value or self._ended_early(now + step)
        except av.FFmpegError as error:
            self.broken = _words(error)
        finally:
            pictures.close()

    def _ended_early(self, end_s: float) -> str | None:
        duration = self.info.duration
        if duration is None or end_s >= duration - max(SHORT_BY_S, SHORT_BY_SHARE * duration):
            return None
        return f"it ends at {end_s:.1f} s of {duration:.1f} s"


def _check_file(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise MediaError(f"cannot read film {str(path)!a}: its name is not UTF-8: rename it") from None
    if found := ADDRESS.match(str(path)):
        raise MediaError(f"cannot read film {path}: {found[1]} addresses are not read: save it to a file first")
    if not path.exists():
        raise MediaError(f"cannot read film {path}: there is no such file")
    if not path.is_file():
        raise MediaError(f"cannot read film {path}: it is not a file")
    if path.stat().st_size == 0:
        raise MediaError(f"cannot read film {path}: it is empty")


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
            broken.append(f"{at}: {_words(error)}")
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
        broken.append(f"file broken off: {_words(error)}")
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


def _duration(container: Any, stream: Any) -> float | None:
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration is not None else None


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).splitlines()[0]
