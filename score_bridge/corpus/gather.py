"""Gathering what was read: lines are cut, judged, de-duplicated and counted."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from score_bridge.corpus.file import Corpus
from score_bridge.corpus.lines import assign_split, fault, fingerprint, key_of, split_at_rests
from score_bridge.corpus.read import Reading, readable
from score_bridge.corpus.types import Piece, Tokens
from score_bridge.errors import SettingsError


@dataclass(frozen=True)
class SourceCount:
    """What one source gave."""

    source: str
    files: int
    pieces: int
    lines: int
    steps: int


@dataclass(frozen=True)
class CorpusReport:
    """What was read, what was kept, and why the rest was not."""

    files_read: int
    skipped: tuple[tuple[str, str], ...]
    """(file, one-line reason)"""
    pieces: int
    lines: int
    steps: int
    dropped: dict[str, int]
    """Lines by reason, and the count of `bars in other metres`."""
    sources: tuple[SourceCount, ...]


@dataclass
class Gatherer:
    """Adds readings up, in the order given: of lines that are alike but for transposition the first stays."""

    _rows: list[tuple[Tokens, int, int]] = field(default_factory=list)
    _pieces: list[tuple[int, str, str]] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _dropped: Counter[str] = field(default_factory=Counter)
    _counts: dict[str, Counter[str]] = field(default_factory=dict)
    _skipped: list[tuple[str, str]] = field(default_factory=list)
    _read: int = 0

    def add(self, reading: Reading) -> None:
        """Take in what came of one file."""
        task = reading.task
        if reading.reason is not None:
            self._skipped.append((readable(str(task.path)), reading.reason))
            return
        self._read += 1
        self._counts.setdefault(task.source, Counter())["files"] += 1
        for piece in reading.pieces:
            self._add_piece(task.source, piece)

    def _add_piece(self, source: str, piece: Piece) -> None:
        self._dropped["bars in other metres"] += piece.other_bars
        kept = [
            (line, written.metre)
            for written in piece.lines
            for line in split_at_rests(written.tokens)
            if self._keep(line)
        ]
        if not kept:
            return
        self._rows += [(line, metre, len(self._pieces)) for line, metre in kept]
        self._pieces.append((assign_split(source, piece.name), piece.title, source))
        steps = sum(len(line) for line, _ in kept)
        self._counts[source].update(pieces=1, lines=len(kept), steps=steps)

    def _keep(self, line: Tokens) -> bool:
        reason = fault(line)
        if reason is None:
            print_ = fingerprint(line)
            reason = "duplicate" if print_ in self._seen else None
            self._seen.add(print_)
        if reason is not None:
            self._dropped[reason] += 1
        return reason is None

    def corpus(self) -> Corpus:
        """What was kept. Raises SettingsError when that is nothing."""
        if not self._rows:
            why = f"; {self._skipped[0][0]}: {self._skipped[0][1]}" if self._skipped else ""
            raise SettingsError(f"no melody in 4/4, 2/2 or 2/4 in {self._read} files read{why}")
        lines, metres, pieces = zip(*self._rows, strict=True)
        splits, titles, sources = zip(*self._pieces, strict=True)
        return Corpus(
            tokens=np.concatenate(lines),
            starts=np.cumsum([0, *map(len, lines)], dtype=np.int64),
            piece=np.array(pieces, dtype=np.int32),
            key=np.array([key_of(line) for line in lines], dtype=np.uint8),
            metre=np.array(metres, dtype=np.uint8),
            split=np.array(splits, dtype=np.uint8),
            titles=np.array(titles, dtype=np.str_),
            sources=np.array(sources, dtype=np.str_),
        )

    def report(self) -> CorpusReport:
        """The sums."""
        rows = (
            SourceCount(source, count["files"], count["pieces"], count["lines"], count["steps"])
            for source, count in self._counts.items()
        )
        steps = sum(len(line) for line, _, _ in self._rows)
        dropped = dict(self._dropped)
        return CorpusReport(
            self._read, tuple(self._skipped), len(self._pieces), len(self._rows), steps, dropped, tuple(rows)
        )
