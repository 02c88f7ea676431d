"""What a way to read films has to do, whatever they are kept in."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from score_bridge.vision.pixels import Rgb

Pictures = Generator[tuple[float | None, Rgb], None, str | None]
"""Yields (stamp in seconds or None, picture); returns what was found broken, or None."""


class UnopenedError(Exception):
    """A reader cannot open the film; another may. The message is one line, or none if it is not of its kind."""


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """A film's own metadata: size in square pixels as shown, the quarter turns (counter-clockwise degrees) that
    takes, seconds, average pictures a second (`duration` and `fps` are None if it names none), and whether it has
    sound. `pictures_s`: how long its pictures alone last, None where that is not told apart from the sound.
    """

    width: int
    height: int
    rotation: int
    duration: float | None
    fps: float | None
    has_audio: bool
    pictures_s: float | None = None


class Reader(Protocol):
    """A way to read films."""

    @property
    def has_packets(self) -> bool:
        """Whether films are containers of FFmpeg, whose pictures and sound can be copied."""

    def probe(self, path: Path) -> FilmInfo:
        """Return the film's metadata. Raises UnopenedError, or MediaError if no reader can help."""

    def pictures(self, path: Path, side: int | None) -> Pictures:
        """Yield every picture, upright, squashed to side x side if a side is given."""
