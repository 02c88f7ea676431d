"""Sheet music: notes to MusicXML through music21 (extra `sheet`); `engraving` draws it."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from typing import Any, Final

from score_bridge.music.notation import Clef, Piece, Span, bars_of, clef_of, on_grid, sharps_of, spell
from score_bridge.music.notes import Note, parts_of
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import STEPS_PER_BAR, STEPS_PER_BEAT
from score_bridge.wire.messages import DRUMS

NOT_INSTALLED: Final = "no sheet music (.musicxml, .svg): pip install music21 verovio for it"
_CLEFS: Final[dict[Clef, str]] = {
    "treble8va": "Treble8vaClef", "treble": "TrebleClef", "bass": "BassClef", "bass8vb": "Bass8vbClef",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """What is written around the notes: tempo (beats per minute), title, and how long it all is (seconds).

    bar_at: the second at which a bar begins, whichever it is, before second 0 too; the others follow from the tempo.
    """

    tempo: float
    title: str = ""
    bar_at: float = 0.0
    seconds: float = 0.0


def libraries_installed() -> bool:
    """Whether both libraries are there."""
    return all(find_spec(name) is not None for name in ("music21", "verovio"))


def musicxml(notes: Sequence[Note], setting: Setting) -> str:
    """Return notes (seconds) as MusicXML in 4/4 on the sixteenth grid: a part for each voice of a stream but drums.

    The key is estimated from all notes, the clef from each part's. The same notes give the same text.
    """
    step = step_length(setting.tempo)
    origin = _first_bar(setting, step)
    parts = parts_of([note for note in notes if note.voice != DRUMS]) or {"": []}
    lines = {name: on_grid(group, step, origin) for name, group in parts.items()}
    ends = [line[-1].end for line in lines.values() if line]
    bars = ceil(max([1, round((setting.seconds - origin) / step), *ends]) / STEPS_PER_BAR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library grows out of is no concern of whoever scores a film
        return _write(parts, lines, bars, setting)


def _first_bar(setting: Setting, step: float) -> float:
    """The last bar line at or before second 0, give or take half a sixteenth, in seconds."""
    bar = STEPS_PER_BAR * step
    late = (setting.bar_at + step / 2) % bar - step / 2
    return late - bar if late > step / 2 else late


def _write(parts: dict[str, list[Note]], lines: dict[str, list[Span]], bars: int, setting: Setting) -> str:
    from music21 import metadata, stream
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    sharps, mode = sharps_of([span for line in lines.values() for span in line])
    score = stream.Score(id="score")
    score.metadata = metadata.Metadata(title=setting.title or " ", composer=" ")
    for number, (name, line) in enumerate(lines.items(), 1):
        part = stream.Part(id=f"P{number}")
        part.partName = name if len(lines) > 1 else ""
        part.append(_instrument(parts[name], number))
        for index, pieces in enumerate(bars_of(line, bars), 1):
            part.append(_measure(index, pieces, sharps))
        _furnish(part, _CLEFS[clef_of(line)], (sharps, mode), setting.tempo if number == 1 else None)
        score.insert(0, part)
    text = GeneralObjectExporter(score).parse().decode("utf-8")
    return re.sub(r"\s*<(encoding-date|creator)\b[^>]*>[^<]*</\1>", "", text)


def _instrument(notes: list[Note], number: int) -> Any:
    """What plays, by its General MIDI number alone: music21's own instruments would transpose clarinets and horns."""
    from music21 import instrument

    sound = instrument.Instrument()
    sound.partId, sound.instrumentId = f"P{number}", f"I{number}"
    sound.midiProgram = notes[0].program if notes else 0
    sound.midiChannel = notes[0].channel - 1 if notes else 0
    return sound


def _measure(number: int, pieces: list[Piece], sharps: int) -> Any:
    from music21 import chord, duration, note, stream, tie

    measure = stream.Measure(number=number)
    for piece in pieces:
        length = duration.Duration(piece.span.length / STEPS_PER_BEAT)
        if piece.span.pitch is None:
            sign = note.Rest(duration=length, fullMeasure="auto")
        else:
            pitches = [_pitch(pitch, sharps) for pitch in (*piece.span.below, piece.span.pitch)]
            sign = chord.Chord(pitches, duration=length) if len(pitches) > 1 else note.Note(*pitches, duration=length)
            kind = {(False, True): "start", (True, True): "continue", (True, False): "stop"}.get(piece.tied)
            sign.tie = tie.Tie(kind) if kind else None
        measure.append(sign)
    return measure


def _pitch(number: int, sharps: int) -> Any:
    from music21 import pitch

    letter, alteration, octave = spell(number, sharps)
    return pitch.Pitch(step=letter, octave=octave, accidental=pitch.Accidental(alteration) if alteration else None)


def _furnish(part: Any, clef_name: str, signature: tuple[int, str], tempo_bpm: float | None) -> None:
    """Give a part clef, key, metre, tempo, accidentals, beams and a final bar line."""
    from music21 import bar, clef, key, meter, tempo

    first = part.getElementsByClass("Measure").first()
    first.insert(0, getattr(clef, clef_name)())
    first.insert(0, key.KeySignature(signature[0]).asKey(signature[1]))
    first.insert(0, meter.TimeSignature("4/4"))
    if tempo_bpm is not None:
        first.insert(0, tempo.MetronomeMark(number=round(tempo_bpm, 2)))
    part.getElementsByClass("Measure").last().rightBarline = bar.Barline("final")
