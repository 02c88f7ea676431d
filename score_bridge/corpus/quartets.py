"""String quartets: four lines that sound together, on the sixteenth grid."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from score_bridge.corpus.build import read_each, scores_in
from score_bridge.corpus.lines import assign_split, sounding
from score_bridge.corpus.read import Task
from score_bridge.corpus.types import Line
from score_bridge.errors import SettingsError
from score_bridge.music.tokens import STEPS_PER_BAR

VOICES = 4
SHORTEST = 4 * STEPS_PER_BAR


@dataclass(frozen=True)
class Quartet:
    """A stretch of a piece.

    lines: (4, T) tokens, the highest voice first; split: 0 to learn from, 1 to validate, 2 to test.
    """

    lines: NDArray[np.uint8]
    split: int


def read_quartets(
    folder: Path, splits: Collection[int] = (0, 1, 2), progress: Callable[[float], None] = lambda _: None
) -> list[Quartet]:
    """Read those scores of a folder that have four parts, what is in 4/4, 2/2 or 2/4.

    Raises SettingsError where there is none.
    """
    tasks = [
        Task(order, path, folder.name, every_part=True)
        for order, path in enumerate(scores_in(folder))
        if _split(path) in splits
    ]
    found: dict[int, list[Quartet]] = {}
    for done, reading in enumerate(read_each(tasks)):
        split = _split(reading.task.path)
        found[reading.task.order] = [
            Quartet(lines, split) for piece in reading.pieces for lines in together(piece.lines)
        ]
        progress((done + 1) / len(tasks))
    quartets = [quartet for order in sorted(found) for quartet in found[order]]
    if not quartets:
        raise SettingsError(f"{folder} holds no score of four parts in 4/4, 2/2 or 2/4")
    return quartets


def _split(path: Path) -> int:
    return assign_split("openscore-quartets", path.stem)


def together(lines: Sequence[Line]) -> list[NDArray[np.uint8]]:
    """Put beside each other the lines of four voices, which come voice by voice; nothing where they do not fit."""
    count, left = divmod(len(lines), VOICES)
    if left or not count:
        return []
    voices = [lines[count * voice : count * (voice + 1)] for voice in range(VOICES)]
    found = []
    for at in range(count):
        beside = [voice[at].tokens for voice in voices]
        if len({len(tokens) for tokens in beside}) == 1 and len(beside[0]) >= SHORTEST:
            stacked = np.stack(beside)
            if sum(bool(sounding(line).any()) for line in stacked) == VOICES:
                found.append(stacked)
    return found
