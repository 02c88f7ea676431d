"""Standard MIDI Files from notes, in exact time; `midi_reader` is the way back."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mido
import numpy as np

from score_bridge.errors import MediaError
from score_bridge.music.keys import KEY_NAMES, fits
from score_bridge.music.midi.reader import read_midi
from score_bridge.music.notes import Note, parts_of
from score_bridge.wire.messages import DRUMS

__all__ = ["TICKS_PER_BEAT", "Sheet", "midi_bytes", "read_midi", "write_midi"]

TICKS_PER_BEAT: Final = 960
_MAX_TITLE: Final = 200


@dataclass(frozen=True)
class Sheet:
    """What a MIDI file says beside its notes: its title, its least length in seconds, and when cuts are, seconds."""

    title: str = ""
    seconds: float = 0.0
    cuts: tuple[float, ...] = ()


PLAIN = Sheet()
FLATS: Final = {"D#": "Eb", "G#": "Ab", "A#": "Bb"}
"""Major keys that are written with flats: with sharps they have no signature."""


def write_midi(notes: Iterable[Note], path: Path, tempo_bpm: float, sheet: Sheet = PLAIN) -> None:
    """Write `midi_bytes` to `path`. MediaError if it cannot be written."""
    data = midi_bytes(notes, tempo_bpm, sheet)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise MediaError(f"cannot write {path}: {error.strerror or error}") from None


def midi_bytes(notes: Iterable[Note], tempo_bpm: float = 120.0, sheet: Sheet = PLAIN) -> bytes:
    """Return notes as a MIDI file of format 1: tempo, metre, key, title and cuts, then a track for each voice of a
    stream.

    960 ticks a beat: a time is exact to 0.26 ms at 120 beats per minute; `tempo_bpm` is 4 or more. A channel sounds
    each pitch once: of notes that overlap on one pitch the earlier ends where the later begins, and of those that
    begin together only the longest is kept. ValueError for a note before 0 or an impossible tempo.
    """
    tempo = round(60e6 / tempo_bpm)
    if not 0 < tempo < 1 << 24:
        raise ValueError(f"a MIDI file's tempo is 4 to 60,000,000 beats per minute, got {tempo_bpm}")
    ticks_per_second = TICKS_PER_BEAT * 1e6 / tempo
    spans = _untangled(notes, ticks_per_second)
    last = max([round(sheet.seconds * ticks_per_second), *(span.off for span in spans)])
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    cuts = [round(cut * ticks_per_second) for cut in sorted(sheet.cuts)]
    markers = [(tick, mido.MetaMessage("marker", text="cut")) for tick in cuts if tick < last]
    file.tracks.append(_track(sheet.title, [*_opening(tempo, spans), *markers], last))
    for name, part in parts_of(span.note for span in spans).items():
        own = {id(note) for note in part}
        messages = _messages([span for span in spans if id(span.note) in own])
        ordered = sorted(messages, key=lambda pair: (pair[0], pair[1].type != "note_off"))
        file.tracks.append(_track(name, ordered, last))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _opening(tempo: int, spans: Sequence["_Span"]) -> Iterator[tuple[int, Any]]:
    """Tempo (microseconds a beat), metre, and the key that the notes are most likely in, if there are any."""
    yield 0, mido.MetaMessage("set_tempo", tempo=tempo)
    yield 0, mido.MetaMessage("time_signature", numerator=4, denominator=4)
    spent = np.zeros(12)
    for span in (one for one in spans if one.note.voice != DRUMS):
        spent[span.note.pitch % 12] += span.off - span.on
    if spent.any():
        root, mode = KEY_NAMES[int(fits(spent).argmax())].split()
        name = f"{root}m" if mode == "minor" else FLATS.get(root, root)
        yield 0, mido.MetaMessage("key_signature", key=name)


@dataclass(frozen=True, slots=True)
class _Span:
    """A note in ticks; `off` is after `on`."""

    note: Note
    on: int
    off: int

    @property
    def key(self) -> tuple[int, int]:
        """What can sound only once."""
        return self.note.channel, self.note.pitch


def _untangled(notes: Iterable[Note], ticks_per_second: float) -> list[_Span]:
    """Return the notes in ticks, by time; those of one channel and pitch do not overlap."""
    spans = []
    for note in notes:
        on = round(note.onset * ticks_per_second)
        if on < 0:
            raise ValueError(f"a note in a file cannot begin before 0, got {note.onset}")
        spans.append(_Span(note, on, max(on + 1, round(note.end * ticks_per_second))))
    kept: dict[tuple[tuple[int, int], int], _Span] = {}
    previous: _Span | None = None
    for span in sorted(spans, key=lambda s: (s.key, s.on, s.off)):
        if previous is not None and previous.key == span.key and previous.on < span.on <= previous.off:
            # Players may read another track's off after this one's on: end it a tick before.
            off = max(previous.on + 1, span.on - (_part(previous.note) != _part(span.note)))
            kept[previous.key, previous.on] = _Span(previous.note, previous.on, off)
        kept[span.key, span.on] = previous = span
    return sorted(kept.values(), key=lambda s: s.on)


def _part(note: Note) -> tuple[str, int]:
    return note.stream, note.voice


def _messages(spans: Sequence[_Span]) -> Iterator[tuple[int, Any]]:
    programs: dict[int, int] = {}
    for span in spans:
        note, channel = span.note, span.note.channel - 1
        if programs.get(channel) != note.program:
            programs[channel] = note.program
            yield span.on, mido.Message("program_change", channel=channel, program=note.program)
        yield span.on, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        yield span.off, mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)


def _track(name: str, messages: Iterable[tuple[int, Any]], last: int) -> Any:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name[:_MAX_TITLE])])
    now = 0
    for tick, message in messages:
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=last - now))
    return track
