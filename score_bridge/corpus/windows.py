"""Archives of two-bar windows (.npz): overlapping neighbours are chained back into lines."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.corpus.lines import from_windows
from score_bridge.corpus.types import Line, Piece, Tokens, UnreadableScoreError
from score_bridge.music.tokens import HIGHEST_PITCH, LOWEST_PITCH, PHRASE_STEPS, STEPS_PER_BAR

_HOLD = 1
_KEYS = ("windows", "piece", "part", "from_two_four", "titles")


def read_windows(path: Path) -> list[Piece]:
    """Read every piece of an archive. Raises UnreadableScoreError."""
    windows, piece, part, two_four, titles = _load(path)
    lines: dict[int, list[Line]] = {}
    start = 0
    for end in range(1, len(windows) + 1):
        neighbours = end < len(windows) and all(a[end] == a[end - 1] for a in (piece, part, two_four))
        if neighbours and follows(windows[end - 1], windows[end]):
            continue
        values = np.concatenate([windows[start], *windows[start + 1 : end, STEPS_PER_BAR:]])
        line = Line(from_windows(values), 24 if two_four[start] else 44)
        lines.setdefault(int(piece[start]), []).append(line)
        start = end
    return [Piece(str(titles[at]), Path(str(titles[at])).stem, tuple(found)) for at, found in sorted(lines.items())]


def follows(left: Tokens, right: Tokens) -> bool:
    """Whether `right` starts with the bar that ends `left`; a note held over the bar line is struck again in it."""
    expected = left[STEPS_PER_BAR:].copy()
    if expected[0] == _HOLD:
        before = left[:STEPS_PER_BAR]
        struck = before[before != _HOLD]
        expected[0] = struck[-1] if len(struck) else _HOLD
    return bool(np.array_equal(expected, right[:STEPS_PER_BAR]))


def _load(path: Path) -> list[NDArray[Any]]:
    """The arrays of an archive, checked."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = [archive[key] for key in _KEYS]
    except Exception as error:
        raise UnreadableScoreError(f"not an archive of windows: {error}") from error
    windows, *rest, titles = arrays
    if windows.dtype != np.uint8 or windows.ndim != 2 or windows.shape[1] != PHRASE_STEPS:
        raise UnreadableScoreError(f"windows must be uint8 (N, {PHRASE_STEPS}), got {windows.dtype} {windows.shape}")
    if any(len(array) != len(windows) for array in rest) or len(windows) == 0:
        raise UnreadableScoreError("its arrays are empty or differ in length")
    notes = windows[windows > _HOLD]
    if len(notes) and not LOWEST_PITCH <= notes.min() <= notes.max() <= HIGHEST_PITCH:
        raise UnreadableScoreError(f"window values must be 0, 1 or {LOWEST_PITCH}..{HIGHEST_PITCH}")
    if not 0 <= rest[0].min() <= rest[0].max() < len(titles):
        raise UnreadableScoreError("a window names a piece without a title")
    return arrays
