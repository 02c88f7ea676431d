"""Reads Standard MIDI Files of any origin: notes, programs, tempo and track names; the rest is skipped.

Our own, because mido reads times of any number of bytes (quadratic: a file of 80,000 bytes takes 0.5 s, one of 5 MB
half an hour) and divides by a division of 0. The format: MIDI Association, "Standard MIDI Files 1.0" (RP-001).
"""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from score_bridge.errors import MediaError
from score_bridge.music.grid import BeatNote
from score_bridge.music.midi.track import MAX_NOTES, Track
from score_bridge.music.notes import Note
from score_bridge.wire.messages import MAIN_STREAM

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_TRACKS: Final = 1024
MAX_SECONDS: Final = 24 * 3600.0


def read_midi(source: Path | bytes) -> list[Note]:
    """Return a MIDI file's notes by onset, times in seconds; a note's stream is its track's name, or "main".

    A pitch that starts again while it sounds ends there and then; a note without its end lasts as long as its track.
    MediaError, one line, for what is not a MIDI file or is over 5 MB, 200,000 notes or a day.
    """
    with _readable(source) as data:
        division, tracks = _read(data)
        return _notes(tracks, _Clock(division, [mark for track in tracks for mark in track.tempos]))


def read_parts(source: Path | bytes) -> dict[tuple[int, int], list[BeatNote]]:
    """Return a MIDI file's notes in beats (quarters), by the number of their track and their channel 1-16.

    Notes are as `read_midi` reads them; same MediaError.
    """
    parts: dict[tuple[int, int], list[BeatNote]] = {}
    with _readable(source) as data:
        division, tracks = _read(data)
        for at, track in enumerate(tracks):
            for on, off, channel, pitch, *_ in track.spans:
                parts.setdefault((at, channel), []).append(BeatNote(on / division, off / division, pitch))
    return parts


@contextmanager
def _readable(source: Path | bytes) -> Iterator[bytes]:
    """Yield the bytes of a source; what is wrong with them becomes one line that names it."""
    name, data = ("MIDI data", source) if isinstance(source, bytes) else (str(source), _load(source))
    if len(data) > MAX_BYTES:
        raise MediaError(f"{name} is over {MAX_BYTES // 1024**2} MB")
    try:
        yield data
    except (ValueError, IndexError) as error:
        reason = "it breaks off" if isinstance(error, IndexError) else error
        raise MediaError(f"{name} is not a MIDI file that can be used: {reason}") from None


def _read(data: bytes) -> tuple[int, "list[Track]"]:
    """Return the ticks of a beat and every track."""
    division, chunks = _split(data)
    return division, [Track(chunk) for chunk in chunks]


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MediaError(f"cannot read {path}: {error.strerror or error}") from None


def _split(data: bytes) -> tuple[int, list[bytes]]:
    """Return the ticks of a beat and every track's bytes."""
    if data[:4] != b"MThd" or len(data) < 14:
        raise ValueError("it has no header")
    division = int.from_bytes(data[12:14], "big")
    if not 0 < division < 0x8000:
        raise ValueError("its times are not in ticks of a beat")
    chunks, at = [], 8 + int.from_bytes(data[4:8], "big")
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"MTrk":
            chunks.append(data[at + 8 : end])
        at = end
    if len(chunks) > MAX_TRACKS:
        raise ValueError(f"it has over {MAX_TRACKS} tracks")
    if not chunks or at > len(data):
        raise ValueError("it breaks off" if chunks else "it has no track")
    return division, chunks


class _Clock:
    """Turns a tick into seconds along all the tempo marks of a file."""

    def __init__(self, division: int, tempos: list[tuple[int, int]]) -> None:
        self._marks = [(0, 0.0, 0.5 / division)]
        for tick, tempo in sorted(tempos, key=lambda mark: mark[0]):
            start, seconds, each = self._marks[-1]
            self._marks.append((tick, seconds + (tick - start) * each, tempo / 1e6 / division))
        self._ticks = [mark[0] for mark in self._marks]

    def __call__(self, tick: int) -> float:
        start, seconds, each = self._marks[bisect_right(self._ticks, tick) - 1]
        return seconds + (tick - start) * each


def _notes(tracks: list[Track], clock: _Clock) -> list[Note]:
    spans = sorted((span, track.name or MAIN_STREAM) for track in tracks for span in track.spans)
    if len(spans) > MAX_NOTES:
        raise ValueError(f"it has over {MAX_NOTES} notes")
    notes: list[Note] = []
    for (on, off, channel, pitch, velocity, program), stream in spans:
        onset, end = clock(on), clock(off)
        if end > MAX_SECONDS:
            raise ValueError("it lasts longer than a day")
        if end > onset:
            notes.append(Note(len(notes), onset, end - onset, pitch, velocity, channel, program, stream))
    return notes
