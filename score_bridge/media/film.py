"""A film as pictures with their real times, whatever it is kept in: files of PyAV, of OpenCV, or many pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2

from score_bridge.errors import MediaError
from score_bridge.media.av_reader import AvReader, words_of
from score_bridge.media.picture_files import DEFAULT_FPS, AnimationReader, SequenceReader, is_sequence
from score_bridge.media.reader import FilmInfo, Pictures, Reader, UnopenedError
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import Rgb, u8

LEAST_STEP_S = 1e-6
ADDRESS = re.compile(r"([a-z][a-z0-9+.]+):/")
SHORT_BY_S, SHORT_BY_SHARE = 1.0, 0.05


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """One picture of a film: seconds since the first one, and (H, W, 3) or (side, side, 3) uint8 RGB."""

    time_s: float
    rgb: Rgb


class CvReader:
    """Reads with OpenCV, which turns pictures upright by itself."""

    has_packets = False

    def probe(self, path: Path) -> FilmInfo:
        """Open the film and decode its first picture. Raises UnopenedError."""
        capture = cv2.VideoCapture(str(path))
        try:
            ok, first = capture.read()
            if not ok:
                raise UnopenedError("no picture in it can be decoded")
            fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
            duration = count / fps if fps > 0 and count > 0 else None
            height, width = first.shape[:2]
            return FilmInfo(width, height, 0, duration, fps if fps > 0 else None, False, pictures_s=duration)
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


def readers(fps: float = DEFAULT_FPS) -> tuple[Reader, ...]:
    """Return the ways to read, in the order they are tried; `fps` is for pictures that know no times."""
    return SequenceReader(fps), AvReader(), AnimationReader(), CvReader()


@dataclass(slots=True)
class Film:
    """A film that can be opened. `broken` describes what the last pass of `frames` found damaged, or None."""

    path: Path
    info: FilmInfo
    reader: Reader
    broken: str | None = None

    @classmethod
    def open(cls, path: Path, ways: tuple[Reader, ...] = readers()) -> "Film":
        """Open with the first reader that can. Raises MediaError: one line with the file and what is wrong."""
        _check_file(path)
        reasons = []
        for reader in ways:
            try:
                return cls(path, reader.probe(path.resolve()), reader)
            except UnopenedError as reason:
                reasons.append(str(reason))
        raise MediaError(f"cannot read film {path}: {next(filter(None, reasons), 'no reader')}")

    def frames(self, limit_s: float | None = None, side: int | None = None) -> Iterator[FilmFrame]:
        """Yield the film's pictures with strictly rising times from 0, those before `limit_s` seconds.

        Times are the film's own stamps; where one is missing or runs backwards the average rate continues.
        With `side` every picture is squashed to side x side, which is several times faster than full size.
        Damage is skipped and described in `broken` afterwards. Each call reads from the start.
        """
        self.broken = None
        step = 1.0 / (self.info.fps or DEFAULT_FPS)
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
            self.broken = words_of(error)
        finally:
            pictures.close()

    def _ended_early(self, end_s: float) -> str | None:
        duration = self.info.pictures_s
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
    if is_sequence(path):
        return
    if not path.exists():
        raise MediaError(f"cannot read film {path}: there is no such file")
    if not path.is_file():
        raise MediaError(f"cannot read film {path}: it is not a file")
    if path.stat().st_size == 0:
        raise MediaError(f"cannot read film {path}: it is empty")
