"""Standard MIDI files to notes, bars and voices. A hostile file costs no more than its size."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import mido

from score_bridge.corpus.grid import grid_piece
from score_bridge.corpus.types import (
    Bar,
    Piece,
    UnreadableScoreError,
    Voice,
    melody_voices,
)
from score_bridge.music.grid import TIME_TOLERANCE, BeatNote

_DRUMS = 9
_LONGEST = 4 * 10_000  # quarters: 10,000 bars of 4/4


def read_midi(path: Path, every_part: bool) -> list[Piece]:
    """Read a MIDI file; each track and channel is a part. Raises UnreadableScoreError, and what mido raises."""
    file = mido.MidiFile(path)
    if file.type == 2:
        raise UnreadableScoreError("MIDI files of type 2 are not read")
    if file.ticks_per_beat == 0:
        raise UnreadableScoreError("a beat of 0 ticks")
    if file.ticks_per_beat < 0:
        raise UnreadableScoreError("MIDI files with SMPTE time are not read")
    metres: dict[float, tuple[int, int]] = {0.0: (4, 4)}
    parts: dict[tuple[int, int], list[BeatNote]] = {}
    sung: set[int] = set()
    for at, track in enumerate(file.tracks):
        parts |= {(at, channel): notes for channel, notes in _track(track, file.ticks_per_beat, metres).items()}
        if any(message.type == "lyrics" for message in track):
            sung.add(at)
    end = max((note.end for notes in parts.values() for note in notes), default=0.0)
    if end > _LONGEST:
        raise UnreadableScoreError(f"longer than {_LONGEST} beats")
    bars = tuple(_bars(metres, end))
    voices = [Voice(tuple(notes), bars, key[0] in sung) for key, notes in sorted(parts.items())]
    chosen = voices if every_part else melody_voices(voices)
    return [grid_piece(path.stem, path.stem, chosen)]


def _track(track: mido.MidiTrack, ticks: int, metres: dict[float, tuple[int, int]]) -> dict[int, list[BeatNote]]:
    """The notes of a track by channel, in quarters; its time signatures go to `metres`."""
    found: dict[int, list[BeatNote]] = defaultdict(list)
    started: dict[tuple[int, int], float] = {}
    clock = 0
    for message in track:
        clock += message.time
        now = clock / ticks
        if message.type == "time_signature":
            metres[now] = (message.numerator, message.denominator)
        if message.type not in ("note_on", "note_off") or message.channel == _DRUMS:
            continue
        key = (message.channel, message.note)
        if key in started:
            found[message.channel].append(BeatNote(started.pop(key), now, message.note))
        if message.type == "note_on" and message.velocity > 0:
            started[key] = now
    return found


def _bars(metres: dict[float, tuple[int, int]], end: float) -> list[Bar]:
    """Bars up to the end; a change of metre in mid-bar leaves a short one."""
    bars: list[Bar] = []
    changes = sorted(metres.items())
    for (start, metre), (until, _) in pairwise([*changes, (end, (4, 4))]):
        full = 4 * metre[0] / metre[1]
        if full < 0.5:
            raise UnreadableScoreError(f"a time signature of {metre[0]}/{metre[1]}")
        limit = min(until, end)
        count = int((limit - start) / full + TIME_TOLERANCE)
        bars += [Bar(start + at * full, full, metre) for at in range(count)]
        rest = limit - start - count * full
        if rest > TIME_TOLERANCE:
            bars.append(Bar(start + count * full, full if until >= end else rest, metre))
    return bars
