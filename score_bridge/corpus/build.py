"""Corpora for the melody model: scores in, contiguous lines of tokens out, split by piece."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from score_bridge.corpus.file import FORMAT, Corpus
from score_bridge.corpus.gather import CorpusReport, Gatherer, SourceCount
from score_bridge.corpus.read import SCORES, SUFFIXES, Reading, Task, read_file, readable
from score_bridge.errors import SettingsError

__all__ = ["FORMAT", "Corpus", "CorpusReport", "SourceCount", "build_corpus", "builtin_paths"]

Parts = Literal["melody", "all"]
_BUILTIN = ("airdsAirs", "oneills1850", "ryansMammoth")
_FEW_FILES = 8
_MOST_WORKERS = 4


def builtin_paths() -> list[Path]:
    """The folders of tunes that the installed music21 carries and that are of fair use; empty without music21."""
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        return []
    corpus = Path(spec.origin).parent / "corpus"
    return [corpus / name for name in _BUILTIN if (corpus / name).is_dir()]


def build_corpus(
    paths: Sequence[Path],
    out: Path,
    *,
    parts: Parts = "melody",
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> CorpusReport:
    """Read scores, MIDI files and archives of windows, and write a corpus.

    `paths` are files or folders, searched deeply; a folder's name is its source. `progress(done, total)` is called
    after every file. A file that cannot be read is listed in the report and skipped.
    Raises SettingsError where there is nothing to read or nothing in it to keep.
    """
    tasks = list(_tasks(paths, parts == "all"))
    _need_music21(tasks)
    gatherer = Gatherer()
    readings: list[Reading] = []
    for reading in read_each(tasks, workers):
        readings.append(reading)
        if progress is not None:
            progress(len(readings), len(tasks))
    for reading in sorted(readings, key=lambda reading: reading.task.order):
        gatherer.add(reading)
    gatherer.corpus().save(out)
    return gatherer.report()


def _tasks(paths: Sequence[Path], every_part: bool) -> Iterator[Task]:
    """One task a file, in an order that does not depend on the file system."""
    seen: set[Path] = set()
    for path in paths:
        found = scores_in(path)
        if not found:
            raise SettingsError(f"{path}: no scores in it ({' '.join(SUFFIXES)})")
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield Task(len(seen), file, readable(path.resolve().name if path.is_dir() else file.stem), every_part)
    if not seen:
        raise SettingsError("no files or folders to read a corpus from")


def _need_music21(tasks: Sequence[Task]) -> None:
    """Say what to install before hundreds of files fail for one reason."""
    scores = [task for task in tasks if task.path.suffix.lower() in SCORES]
    if scores and find_spec("music21") is None:
        raise SettingsError(f"{scores[0].path}: reading scores needs music21 (pip install music21)")


def scores_in(path: Path) -> list[Path]:
    """The scores in a folder, sorted, or the one file named."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not path.is_file():
        raise SettingsError(f"{path}: no such file or folder")
    return [path] if path.suffix.lower() in SUFFIXES else []


def read_each(tasks: Sequence[Task], workers: int | None = None) -> Iterator[Reading]:
    """Read files: here when there is little to do, else in worker processes; in any order."""
    count = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    if count == 1 or len(tasks) < _FEW_FILES:
        yield from map(read_file, tasks)
        return
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    try:
        for done in as_completed([pool.submit(read_file, task) for task in tasks]):
            yield done.result()
    except BrokenProcessPool as error:
        raise SettingsError(
            "a process that read scores was ended, perhaps for memory; try a single worker"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
