"""The words of corpus reading: notes, bars and voices in quarter lengths, and lines of tokens."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from score_bridge.music.grid import BeatNote

Tokens = NDArray[np.uint8]


class UnreadableScoreError(Exception):
    """A file that cannot be used; the message is the one-line reason the report lists."""


@dataclass(frozen=True)
class Bar:
    """A measure as written: start and length in quarter lengths, metre, and whether it is marked a pick-up."""

    start: float
    length: float
    metre: tuple[int, int]
    pickup: bool = False

    @property
    def full(self) -> float:
        """The length in quarters that the metre asks for."""
        return 4 * self.metre[0] / self.metre[1]

    @property
    def end(self) -> float:
        """The end in quarter lengths."""
        return self.start + self.length


@dataclass(frozen=True)
class Voice:
    """One part of a score with its ties merged; `sung` where it carries lyrics."""

    notes: tuple[BeatNote, ...]
    bars: tuple[Bar, ...]
    sung: bool = False


@dataclass(frozen=True)
class Line:
    """A monophonic line of whole 16-step bars; `metre` is 44, 22, or 24 for bars of 2/4 joined in pairs."""

    tokens: Tokens
    metre: int


@dataclass(frozen=True)
class Piece:
    """Lines of one piece. `name` fixes its split and is unique in its source; `other_bars` were not in 2 or 4."""

    name: str
    title: str
    lines: tuple[Line, ...]
    other_bars: int = 0


def melody_voices(voices: list[Voice]) -> list[Voice]:
    """The sung parts if there are any (of more than two only the top one), otherwise the first part with notes."""
    sounding = [voice for voice in voices if voice.notes]
    sung = [voice for voice in sounding if voice.sung]
    if len(sung) in (1, 2):
        return sung
    return (sung or sounding)[:1]
