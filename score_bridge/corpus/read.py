"""Reading one file of a corpus, as a worker process does it: pieces, or the one-line reason why not."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from score_bridge.corpus.midi import read_midi
from score_bridge.corpus.types import Piece, UnreadableScoreError
from score_bridge.corpus.windows import read_windows

MIDI = (".mid", ".midi")
SCORES = (".mxl", ".xml", ".musicxml", ".abc", ".krn")
WINDOWS = (".npz",)
SUFFIXES = (*SCORES, *MIDI, *WINDOWS)
LARGEST_FILE = 5_000_000
LARGEST_UNPACKED = 60_000_000


@dataclass(frozen=True)
class Task:
    """A file to read: its place in the order, and the name of the source it counts for."""

    order: int
    path: Path
    source: str
    every_part: bool


@dataclass(frozen=True)
class Reading:
    """What came of a task: pieces, or the reason it was skipped."""

    task: Task
    pieces: tuple[Piece, ...] = ()
    reason: str | None = None


def read_file(task: Task) -> Reading:
    """Read one file. Never raises: what a broken file does to a parser is a reason, in one line."""
    try:
        _check_size(task.path)
        pieces = _read(task.path, task.every_part)
        if not any(piece.lines or piece.other_bars for piece in pieces):
            raise UnreadableScoreError("no pitched notes in bars")
    except UnreadableScoreError as error:
        return Reading(task, reason=_one_line(str(error)))
    except Exception as error:
        return Reading(task, reason=_one_line(_words(error)))
    return Reading(task, tuple(replace(p, name=readable(p.name), title=readable(p.title)) for p in pieces))


def readable(name: str) -> str:
    """Return a file's name with what is not UTF-8 in it written out, so that it can be stored and printed."""
    return name.encode("utf-8", "backslashreplace").decode()


def _read(path: Path, every_part: bool) -> list[Piece]:
    """Choose the reader by suffix; music21, which takes seconds to import, only where it is needed."""
    if path.suffix.lower() in MIDI:
        return read_midi(path, every_part)
    if path.suffix.lower() in WINDOWS:
        return read_windows(path)
    from score_bridge.corpus.score import read_score  # noqa: PLC0415

    return read_score(path, every_part)


def _check_size(path: Path) -> None:
    """Refuse what is empty, or too large to parse, packed or unpacked."""
    size, limit = path.stat().st_size, LARGEST_FILE
    if not size:
        raise UnreadableScoreError("it is empty")
    if size <= limit and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size, limit = sum(member.file_size for member in archive.infolist()), LARGEST_UNPACKED
    if size > limit:
        raise UnreadableScoreError(f"{size / 1e6:.1f} MB, more than the limit of {limit / 1e6:.0f} MB")


def _words(error: Exception) -> str:
    """What a parser says, or what its kind of error means where it says nothing."""
    if isinstance(error, EOFError):
        return "it ends too early"
    return f"{type(error).__name__}: {error}" if str(error) else f"unreadable ({type(error).__name__})"


def _one_line(text: str) -> str:
    """The first 160 characters, on one line."""
    return " ".join(text.split())[:160] or "unreadable"
