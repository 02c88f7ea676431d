"""Reads Standard MIDI Files of any origin: notes, programs, tempo and track names; the rest is skipped.

Our own, because mido reads times of any number of bytes (quadratic: a file of 80,000 bytes takes 0.5 s, one of 5 MB
half an hour) and divides by a division of 0. The format: MIDI Association, "Standard MIDI Files 1.0" (RP-001).
"""

from bisect import bisect_right
from pathlib import Path
from typing import Final

from score_bridge.errors import MediaError
from score_bridge.music.notes import Note
from score_bridge.wire.messages import MAIN_STREAM

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_NOTES: Final = 200_000
MAX_TRACKS: Final = 1024
MAX_SECONDS: Final = 24 * 3600.0
_NOTE_OFF, _NOTE_ON, _PROGRAM, _PRESSURE = 0x8, 0x9, 0xC, 0xD
_META, _NAME, _END, _TEMPO = 0xFF, 0x03, 0x2F, 0x51


def read_midi(source: Path | bytes) -> list[Note]:
    """Return a MIDI file's notes by onset, times in seconds; a note's stream is its track's name, or "main".

    A pitch that starts again while it sounds ends there and then; a note without its end lasts as long as its track.
    MediaError, one line, for what is not a MIDI file or is over 5 MB, 200,000 notes or a day.
    """
    name, data = ("MIDI data", source) if isinstance(source, bytes) else (str(source), _load(source))
    if len(data) > MAX_BYTES:
        raise MediaError(f"{name} is over {MAX_BYTES // 1024**2} MB")
    try:
        division, chunks = _split(data)
        tracks = [_Track(chunk) for chunk in chunks]
        return _notes(tracks, _Clock(division, [mark for track in tracks for mark in track.tempos]))
    except (ValueError, IndexError) as error:
        reason = "it breaks off" if isinstance(error, IndexError) else error
        raise MediaError(f"{name} is not a MIDI file that can be used: {reason}") from None


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


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of one to four bytes; return it and the place after it."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise ValueError("a number in it is longer than four bytes")


class _Track:
    """One track, read: its `name`, its tempo marks (tick, microseconds a beat) and its notes.

    `spans` are (on tick, off tick, channel 1-16, pitch, velocity, program).
    """

    def __init__(self, data: bytes) -> None:
        self.name = ""
        self.tempos: list[tuple[int, int]] = []
        self.spans: list[tuple[int, int, int, int, int, int]] = []
        self._sounding: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._programs = dict.fromkeys(range(1, 17), 0)
        end = self._read(data)
        for key in list(self._sounding):
            self._stop(end, *key)

    def _read(self, data: bytes) -> int:
        """Take in every event; return the last tick."""
        at = tick = status = kind = 0
        while at < len(data) and kind != _END:
            delta, at = _number(data, at)
            tick += delta
            if data[at] >= 0xF0:
                kind, at = (data[at + 1], at + 2) if data[at] == _META else (-1, at + 1)
                length, at = _number(data, at)
                self._meta(tick, kind, data[at : at + length])
                at += length
                continue
            if data[at] >= 0x80:
                status, at = data[at], at + 1
            size = 1 if status >> 4 in (_PROGRAM, _PRESSURE) else 2
            self._voice(tick, status, data[at], data[at + size - 1])
            at += size
        return tick

    def _meta(self, tick: int, kind: int, data: bytes) -> None:
        if kind == _TEMPO and len(data) == 3:
            self.tempos.append((tick, int.from_bytes(data, "big")))
        elif kind == _NAME and not self.name:
            self.name = data[:256].decode("utf-8", "replace")

    def _voice(self, tick: int, status: int, first: int, second: int) -> None:
        if not status or first > 127 or second > 127:
            raise ValueError("a message in it is damaged")
        kind, channel = status >> 4, (status & 0xF) + 1
        if kind == _PROGRAM:
            self._programs[channel] = first
        elif kind in (_NOTE_ON, _NOTE_OFF):
            self._stop(tick, channel, first)
            if kind == _NOTE_ON and second:
                self._sounding[channel, first] = (tick, second, self._programs[channel])

    def _stop(self, tick: int, channel: int, pitch: int) -> None:
        began = self._sounding.pop((channel, pitch), None)
        if began is not None and began[0] < tick:
            self.spans.append((began[0], tick, channel, pitch, *began[1:]))
            if len(self.spans) > MAX_NOTES:
                raise ValueError(f"it has over {MAX_NOTES} notes")


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


def _notes(tracks: list[_Track], clock: _Clock) -> list[Note]:
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
