"""Scores through music21: MusicXML, ABC and **kern to notes, bars and voices."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import music21

from score_bridge.corpus.grid import grid_piece
from score_bridge.corpus.musicxml import musicxml
from score_bridge.corpus.types import (
    Bar,
    Piece,
    UnreadableScoreError,
    Voice,
    melody_voices,
)
from score_bridge.music.grid import TIME_TOLERANCE, BeatNote


def read_score(path: Path, every_part: bool) -> list[Piece]:
    """Read a score, or every tune of a book. Raises UnreadableScoreError, and whatever music21 raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what music21 makes do with is no concern of whoever gathers thousands
        parsed = _parse(path, every_part)
        if not isinstance(parsed, music21.stream.Opus):
            return [_piece(parsed, path.stem, path.stem, every_part)]
        return [_piece(tune, f"{path.stem}#{at}", path.stem, every_part) for at, tune in enumerate(parsed.scores)]


def _parse(path: Path, every_part: bool) -> Any:
    """What music21 makes of the text of a file."""
    form = {".abc": "abc", ".krn": "humdrum"}.get(path.suffix.lower())
    if form is None:
        return music21.converter.parseData(musicxml(path, every_part), format="musicxml")
    return music21.converter.parseData(_text(path), format=form)


def _text(path: Path) -> str:
    """A file as UTF-8 or else Latin-1, which music21 refuses, with the line ends of any system."""
    content = path.read_bytes()
    if b"\0" in content:
        raise UnreadableScoreError("not a text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _piece(score: Any, name: str, fallback: str, every_part: bool) -> Piece:
    """One score on the grid."""
    voices = [read_voice(part) for part in _parts(score) if not _is_percussion(part)]
    chosen = [voice for voice in voices if voice.notes] if every_part else melody_voices(voices)
    return grid_piece(name, _title(score.metadata) or fallback, chosen)


def _title(metadata: Any) -> str:
    """The work and its movement, as far as they are given."""
    named = dict.fromkeys(str(name) for name in (metadata.title, metadata.movementName) if name) if metadata else {}
    return " ".join(": ".join(named).split())


def _parts(score: Any) -> list[Any]:
    """The parts of a score; a lone part is its own."""
    return list(score.parts) if isinstance(score, music21.stream.Score) else [score]


def _is_percussion(part: Any) -> bool:
    """Whether a part is unpitched: by its clef, its instrument or its notes."""
    kinds = ("PercussionClef", "UnpitchedPercussion", "Unpitched", "PercussionChord")
    return any(True for _ in part.recurse().getElementsByClass(kinds))


def read_voice(part: Any) -> Voice:
    """Read a part of a score that music21 parsed, at sounding pitch, its ties merged."""
    if any(found.transposition is not None for found in part.recurse().getElementsByClass("Instrument")):
        part = part.toSoundingPitch()
    if not part.hasMeasures():
        part = part.makeMeasures()
    elements = [note for note in part.flatten().notes if not _is_extra(note)]
    sung = any(note.lyrics for note in elements)
    return Voice(tuple(_untied(_pitches(elements))), tuple(_bars(part)), sung)


def _is_extra(note: Any) -> bool:
    """Grace notes, cue notes and chord symbols are not part of the line."""
    if note.duration.isGrace or isinstance(note, music21.harmony.Harmony):
        return True
    return bool(note.hasStyleInformation and getattr(note.style, "noteSize", None) == "cue")


def _pitches(elements: list[Any]) -> Iterator[tuple[BeatNote, bool]]:
    """Every pitch of every note and chord, and whether it continues a tie."""
    for element in elements:
        onset = float(element.offset)
        end = onset + float(element.duration.quarterLength)
        for member in element.notes if isinstance(element, music21.chord.Chord) else [element]:
            tie = member.tie or element.tie
            yield BeatNote(onset, end, int(member.pitch.midi)), tie is not None and tie.type in ("stop", "continue")


def _untied(pitches: Iterator[tuple[BeatNote, bool]]) -> list[BeatNote]:
    """Merge tied notes of one pitch."""
    notes: list[BeatNote] = []
    latest: dict[int, int] = {}
    for note, continues in pitches:
        at = latest.get(note.pitch)
        if continues and at is not None and abs(notes[at].end - note.onset) < TIME_TOLERANCE:
            notes[at] = BeatNote(notes[at].onset, note.end, note.pitch)
        else:
            latest[note.pitch] = len(notes)
            notes.append(note)
    return notes


def _bars(part: Any) -> Iterator[Bar]:
    """The measures of a part; what no time signature governs is in 4/4."""
    metre = (4, 4)
    measures = list(part.getElementsByClass("Measure"))
    for at, measure in enumerate(measures):
        signature = measure.timeSignature
        if signature is not None:
            metre = (int(signature.numerator), int(signature.denominator))
        start = float(measure.offset)
        last = at + 1 == len(measures)
        length = float(measure.duration.quarterLength) if last else float(measures[at + 1].offset) - start
        yield Bar(start, length, metre, float(measure.paddingLeft) > 0)
