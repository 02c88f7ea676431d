"""Which lines are worth keeping, where they break, their key and their fingerprint."""

from itertools import pairwise
from zlib import crc32

import numpy as np

from score_bridge.corpus.types import Tokens
from score_bridge.music.keys import fits
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, OFF, STEPS_PER_BAR

LONGEST_REST = 2 * STEPS_PER_BAR
SHORTEST_LINE = 2 * STEPS_PER_BAR
FEWEST_NOTES = 4
FEWEST_PITCHES = 3

# Krumhansl & Kessler (1982), the probe-tone profiles of Krumhansl's key finding.


def sounding(tokens: Tokens) -> Tokens:
    """The note-on token that sounds at each step, 0 in rests."""
    changes = np.where(tokens == HOLD, 0, np.arange(len(tokens)))
    current = tokens[np.maximum.accumulate(changes)]
    sound: Tokens = np.where(current >= FIRST_ON, current, 0).astype(np.uint8)
    return sound


def split_at_rests(tokens: Tokens) -> list[Tokens]:
    """Cut a line at every silence of two bars or more, at bar lines, and trim silent bars at both ends."""
    active = np.flatnonzero(sounding(tokens))
    if not len(active):
        return []
    edges = [(int(active[0]), 0)]
    edges += [(int(b), int(a)) for a, b in pairwise(active) if b - a > LONGEST_REST]
    starts = [start // STEPS_PER_BAR * STEPS_PER_BAR for start, _ in edges]
    ends = [end // STEPS_PER_BAR * STEPS_PER_BAR + STEPS_PER_BAR for _, end in edges[1:]]
    ends.append(int(active[-1]) // STEPS_PER_BAR * STEPS_PER_BAR + STEPS_PER_BAR)
    return [_quiet_start(tokens[start:end]) for start, end in zip(starts, ends, strict=True)]


def _quiet_start(tokens: Tokens) -> Tokens:
    """Without a note-off that ends nothing."""
    line = tokens.copy()
    line[: np.argmax(line >= FIRST_ON)] = HOLD
    return line


def fault(tokens: Tokens) -> str | None:
    """Why a line is not worth keeping, or None."""
    notes = tokens[tokens >= FIRST_ON]
    if len(tokens) < SHORTEST_LINE:
        return "shorter than two bars"
    if len(notes) < FEWEST_NOTES:
        return "fewer than 4 notes"
    if len(np.unique(notes)) < FEWEST_PITCHES:
        return "fewer than 3 pitches"
    return None


def fingerprint(tokens: Tokens) -> bytes:
    """What stays the same when a line is transposed: its bytes with the lowest note moved to the lowest pitch."""
    notes = tokens >= FIRST_ON
    low = tokens[notes].min(initial=255)
    return np.where(notes, tokens - low + FIRST_ON, tokens).astype(np.uint8).tobytes()


def key_of(tokens: Tokens) -> int:
    """The key by Krumhansl & Schmuckler: 0-11 major on C, C♯ ..., 12-23 minor."""
    sound = sounding(tokens)
    classes = (sound[sound > 0].astype(np.int64) - FIRST_ON + LOWEST_PITCH) % 12
    histogram = np.bincount(classes, minlength=12).astype(np.float64)
    return int(np.argmax(fits(histogram)))


def assign_split(source: str, piece: str) -> int:
    """0 train (90 %), 1 valid, 2 test: the same for a piece whatever else is read."""
    return {0: 2, 1: 1}.get(crc32(f"{source}/{piece}".encode()) % 20, 0)


def from_windows(values: Tokens) -> Tokens:
    """Values of the window archives (0 rest, 1 hold, 21..108 on) to tokens."""
    line = np.where(values >= LOWEST_PITCH, values - LOWEST_PITCH + FIRST_ON, HOLD).astype(np.uint8)
    rest = values == 0
    line[1:][rest[1:] & ~rest[:-1]] = OFF
    return line
