"""Pictures that make a film: a folder of them, numbered files (`f%04d.png`), an animated WebP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import cv2
import numpy as np

from score_bridge.errors import MediaError
from score_bridge.media.reader import FilmInfo, Pictures, UnopenedError
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import Rgb, u8

DEFAULT_FPS: Final = 25.0
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
NUMBER: Final = re.compile(r"%0?\d*d")
AT_ONCE: Final = 32
"""Pictures of an animation that are held at a time."""
UNTIMED_MS: Final = 100
"""How long browsers show a picture of an animation that gives no time."""


def is_sequence(path: Path) -> bool:
    """Tell whether a path names several files: a folder, or a name with a number left open."""
    return path.is_dir() or (NUMBER.search(path.name) is not None and not path.exists())


@dataclass(frozen=True, slots=True)
class SequenceReader:
    """Reads the files of a folder, or those that a pattern fits, in the order of the numbers in their names."""

    fps: float = DEFAULT_FPS
    has_packets: ClassVar[bool] = False

    def probe(self, path: Path) -> FilmInfo:
        """Look at the first picture. Raises UnopenedError for one file, MediaError for no pictures."""
        if not is_sequence(path):
            raise UnopenedError
        files = sequence_files(path)
        if not files:
            raise MediaError(f"cannot read film {path}: there are no pictures of that name ({' '.join(SUFFIXES)})")
        first = next((rgb for file in files if (rgb := _read(file)) is not None), None)
        if first is None:
            raise MediaError(f"cannot read film {path}: none of its {len(files)} pictures can be read")
        height, width = first.shape[:2]
        return FilmInfo(width, height, 0, len(files) / self.fps, self.fps, has_audio=False)

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield one picture a file; a file that cannot be read leaves its time empty and is told."""
        broken, size = None, None
        for n, file in enumerate(sequence_files(path)):
            rgb = _read(file)
            if rgb is None:
                broken = broken or f"{file.name} cannot be read"
                continue
            size = size or (rgb.shape[1], rgb.shape[0])
            yield n / self.fps, _fit(rgb, size, side)
        return broken


@dataclass(frozen=True, slots=True)
class AnimationReader:
    """Reads animated WebP, each picture for its own time."""

    has_packets: ClassVar[bool] = False

    def probe(self, path: Path) -> FilmInfo:
        """Read all times and the first picture. Raises UnopenedError for anything else."""
        if not _is_webp(path):
            raise UnopenedError
        shown, first = 0.0, None
        count = 0
        for rgb, seconds in _animation(path):
            first = rgb if first is None else first
            shown, count = shown + seconds, count + 1
        if first is None:
            raise UnopenedError("no picture in it can be decoded")
        return FilmInfo(first.shape[1], first.shape[0], 0, shown, count / shown if shown else None, has_audio=False)

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield every picture at the sum of the times before it."""
        now = 0.0
        for rgb, seconds in _animation(path):
            yield now, _fit(rgb, (rgb.shape[1], rgb.shape[0]), side)
            now += seconds
        return None


def sequence_files(path: Path) -> list[Path]:
    """The pictures of a folder or pattern by the numbers in their names, so that 2 comes before 10."""
    if path.is_dir():
        inside = [
            file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
        ]
        return sorted(inside, key=lambda file: _natural(file.name))
    before, after = NUMBER.split(path.name, maxsplit=1)
    fits = re.compile(f"{re.escape(before)}(\\d+){re.escape(after)}")
    numbered = [(int(found[1]), file) for file in path.parent.glob("*") if (found := fits.fullmatch(file.name))]
    return [file for _, file in sorted(numbered)]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _read(file: Path) -> Rgb | None:
    """A picture upright as red, green, blue; None if it cannot be read."""
    try:
        bgr = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, OSError):
        return None
    return None if bgr is None else u8(cv2.cvtColor, bgr, cv2.COLOR_BGR2RGB)


def _fit(rgb: Rgb, size: tuple[int, int], side: int | None) -> Rgb:
    """Bring every picture to the size of the first, or to a square."""
    if side is not None:
        return shrink(rgb, side)
    same = (rgb.shape[1], rgb.shape[0]) == size
    return rgb if same else u8(cv2.resize, rgb, size, interpolation=cv2.INTER_AREA)


def _is_webp(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"WEBP"


def _animation(path: Path) -> Iterator[tuple[Rgb, float]]:
    """Yield (picture, seconds it is shown)."""
    at = 0
    while True:
        ok, part = cv2.imreadanimation(str(path), at, AT_ONCE)
        if not ok or not part.frames:
            return
        for bgr, milliseconds in zip(part.frames, part.durations, strict=True):
            yield u8(cv2.cvtColor, bgr[..., :3], cv2.COLOR_BGR2RGB), (milliseconds or UNTIMED_MS) / 1000
        at += len(part.frames)
        if len(part.frames) < AT_ONCE:
            return
