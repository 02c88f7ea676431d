"""What the companion model learns from: stretches of quartets, relative to their keys."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.corpus.lines import sounding
from score_bridge.corpus.quartets import Quartet
from score_bridge.models.companions.layout import (
    ACTIVITY,
    ANY_ACTIVITY,
    BEFORE,
    CLASSES,
    COLUMNS,
    MOVES,
    NOW,
    ORDER,
    PARTS,
    SILENT,
    UNDECIDED,
    UNKNOWN,
    Given,
    Whole,
    into_key,
    move_of,
    moved_tokens,
    unknown_rows,
)
from score_bridge.music.chord_labels import label_chords
from score_bridge.music.chords import COUNT, HALF_BAR, NO_CHORD
from score_bridge.music.keys import fits
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, STEPS_PER_BAR

WINDOW, HOP = 16 * STEPS_PER_BAR, 8 * STEPS_PER_BAR
CHORD, ACTIVITY_COLUMN = 2, 4
_NOTHING = Given(0, 0, COUNT, 0, ANY_ACTIVITY, np.zeros((3, PARTS), np.int64)).rows()
"""The rows of a step of which neither chord nor activity is told."""


@dataclass(frozen=True)
class Lessons:
    """rows: (W, 3, T, COLUMNS) of the companions in their order, as int16; tokens: (W, 3, T); there: (W, T)."""

    rows: Tensor
    tokens: Tensor
    there: Tensor

    @classmethod
    def of(cls, quartets: Sequence[Quartet]) -> "Lessons":
        """Cut quartets into windows."""
        cut = [window for quartet in quartets for window in _windows(quartet.lines)]
        rows, tokens, there = (np.stack(each) for each in zip(*cut, strict=True))
        return cls(torch.from_numpy(rows), torch.from_numpy(tokens), torch.from_numpy(there))

    def batch(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
        """Return rows (B, T, COLUMNS), tokens (B, T) and which steps are there (B, T), three for each window."""
        at = torch.from_numpy(chosen)
        there = self.there[at].repeat_interleave(len(ORDER), 0)
        return self.rows[at].flatten(0, 1).long(), self.tokens[at].flatten(0, 1).long(), there


def hide(rows: Tensor, rng: np.random.Generator, share: float) -> Tensor:
    """Return rows in which others' parts, the chord and the activity are not told, each in that share of lines."""
    rows = rows.clone()
    count = len(rows)
    for part in range(PARTS):
        hidden = torch.from_numpy(np.flatnonzero(rng.random(count) < share * (0.5 if part == 0 else 1)))
        unknown = unknown_rows(part)
        for columns, row in zip((BEFORE, MOVES, NOW, CLASSES), unknown.tolist(), strict=True):
            rows[hidden, :, columns.start + part] = row
    rows[torch.from_numpy(np.flatnonzero(rng.random(count) < share)), :, CHORD] = int(_NOTHING[CHORD])
    rows[torch.from_numpy(np.flatnonzero(rng.random(count) < share)), :, ACTIVITY_COLUMN] = int(
        _NOTHING[ACTIVITY_COLUMN]
    )
    return rows


def _windows(lines: NDArray[np.uint8]) -> list[tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.bool_]]]:
    pitches = np.stack([_pitches(line) for line in lines])
    chords = np.repeat(label_chords(pitches), HALF_BAR)
    found = []
    for begin in range(0, max(lines.shape[1] - HOP, 1), HOP):
        inside = slice(begin, begin + WINDOW)
        tonic = tonic_of(pitches[:, inside])
        moved = np.stack([moved_tokens(line[inside], into_key(tonic)) for line in lines])
        found.append(_lesson(moved, _chords_in(chords[inside], tonic)))
    return found


def tonic_of(pitches: NDArray[np.int64]) -> int:
    """Return the tonic 0..11 of the key that voices (V, T) sound like together."""
    return int(fits(np.bincount(pitches[pitches >= 0] % 12, minlength=12).astype(np.float64)).argmax()) % 12


def _chords_in(chords: NDArray[np.int64], tonic: int) -> NDArray[np.int64]:
    return np.where(chords == NO_CHORD, NO_CHORD, (chords - tonic * (COUNT // 12)) % COUNT)


def _pitches(line: NDArray[np.uint8]) -> NDArray[np.int64]:
    tokens = sounding(line).astype(np.int64)
    return np.where(tokens >= FIRST_ON, tokens - FIRST_ON + LOWEST_PITCH, -1)


def _lesson(
    lines: NDArray[np.uint8], chords: NDArray[np.int64]
) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.bool_]]:
    length = lines.shape[1]
    sounds = np.stack([_pitches(line) for line in lines])
    now: Whole = np.where(sounds < 0, SILENT, sounds - LOWEST_PITCH).T
    before = np.concatenate([np.full((1, PARTS), SILENT), now[:-1]])
    moves = np.vectorize(move_of)(lines.T)
    rows = np.zeros((len(ORDER), WINDOW, COLUMNS), np.int16)
    tokens = np.zeros((len(ORDER), WINDOW), np.uint8)
    decided = [0]
    for at, part in enumerate(ORDER):
        known = np.isin(np.arange(PARTS), decided)
        parts = np.stack([before, np.where(known, moves, UNDECIDED), np.where(known, now, UNKNOWN)], 1)
        rows[at, :length] = Given(
            np.full(length, part), np.arange(length) % STEPS_PER_BAR, chords, _ages(lines[part]),
            _activity(lines[part]), parts,
        ).rows()  # fmt: skip
        tokens[at, :length] = lines[part]
        decided.append(part)
    there = np.arange(WINDOW) < length
    return rows, tokens, there


def _ages(line: NDArray[np.uint8]) -> Whole:
    """Steps since the last change before each step."""
    changes = np.where(line == HOLD, 0, np.arange(1, len(line) + 1))
    last = np.concatenate([[0], np.maximum.accumulate(changes)[:-1]])
    ages: Whole = np.arange(len(line)) - np.maximum(last - 1, 0)
    return ages


def _activity(line: NDArray[np.uint8]) -> Whole:
    bars = (line >= FIRST_ON).reshape(-1, STEPS_PER_BAR).sum(1)
    return np.repeat(np.searchsorted(ACTIVITY, bars, side="right") - 1, STEPS_PER_BAR)
