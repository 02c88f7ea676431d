import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.media.engraving import engrave
from score_bridge.media.sheet import Setting, musicxml
from score_bridge.music.midi.writer import midi_bytes, read_midi
from score_bridge.music.notation import Span, bars_of, clef_of, on_grid, sharps_of, spell
from score_bridge.music.notes import Note
from score_bridge.wire.messages import BASS, CHORDS, DRUMS

pytest.importorskip("music21")
pytest.importorskip("verovio")
STEP = 0.125

spans = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 40), st.integers(30, 100)), max_size=12)


def _line(parts: list[tuple[int, int, int]]) -> list[Span]:
    """Rests and lengths one after the other, as spans."""
    line, now = [], 0
    for rest, length, pitch in parts:
        line.append(Span(now + rest, length, pitch))
        now += rest + length
    return line


def _notes(line: list[Span], stream: str = "main") -> list[Note]:
    return [Note(i, s.start * STEP, s.length * STEP, s.pitch or 0, 80, stream=stream) for i, s in enumerate(line)]


@given(spans)
def test_bars_are_full_and_tied_heads_are_the_notes(parts: list[tuple[int, int, int]]) -> None:
    line = _line(parts)
    bars = max(1, -(-max([s.end for s in line], default=1) // 16))
    shown = bars_of(line, bars)
    assert [sum(piece.span.length for piece in bar) for bar in shown] == [16] * bars
    joined: list[Span] = []
    for piece in (p for bar in shown for p in bar if p.span.pitch is not None):
        if piece.tied[0]:
            joined[-1] = Span(joined[-1].start, joined[-1].length + piece.span.length, joined[-1].pitch)
        else:
            joined.append(piece.span)
    assert joined == line
    assert all(p.span.length in (1, 2, 3, 4, 6, 8, 12, 16) for bar in shown for p in bar)


def test_a_bar_shows_its_middle_unless_a_sign_fills_it() -> None:
    [bar] = bars_of([Span(0, 5, 60), Span(5, 11, 62)], 1)
    assert [(p.span.start, p.span.length, p.tied) for p in bar] == [
        (0, 4, (False, True)), (4, 1, (True, False)), (5, 3, (False, True)), (8, 8, (True, False)),
    ]  # fmt: skip


def test_where_notes_overlap_the_later_cuts_the_earlier_and_those_that_begin_together_are_a_chord() -> None:
    notes = [Note(0, 0.0, 1.0, 60, 80), Note(1, 0.5, 0.5, 64, 80), Note(2, 0.51, 0.5, 67, 80)]
    assert on_grid(notes, STEP) == [Span(0, 4, 60), Span(4, 4, 67, (64,))]


@pytest.mark.parametrize(
    ("pitch", "sharps", "name"), [(61, 2, ("C", 1, 4)), (61, -3, ("D", -1, 4)), (71, -5, ("C", -1, 5))]
)
def test_pitches_are_spelled_in_their_key(pitch: int, sharps: int, name: tuple[str, int, int]) -> None:
    assert spell(pitch, sharps) == name


def test_key_and_clef_follow_the_notes() -> None:
    scale = [Span(i * 2, 2, 62 + p) for i, p in enumerate((0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0))]
    assert sharps_of(scale) == (2, "major")
    assert clef_of(scale) == "treble"
    assert clef_of([Span(0, 4, 45)]) == "bass"
    assert sharps_of([]) == (0, "major")


def test_what_is_written_reads_back_as_what_was_played() -> None:
    converter = pytest.importorskip("music21.converter")
    line = _line([(0, 3, 62), (1, 7, 66), (2, 18, 69), (0, 1, 74), (3, 4, 61)])
    text = musicxml(_notes(line), Setting(120.0, "A & <B>", seconds=6.0))
    score = converter.parseData(text, format="musicxml")
    read = [
        (float(n.offset) * 4, float(n.quarterLength) * 4, n.pitch.midi) for n in score.stripTies().flatten().notes
    ]
    assert read == [(s.start, s.length, s.pitch) for s in line]
    assert {m.barDuration.quarterLength for m in score.parts[0].getElementsByClass("Measure")} == {4.0}
    assert score.metadata.movementName == "A & <B>"
    assert score.flatten().getElementsByClass("MetronomeMark").first().number == 120
    assert text == musicxml(_notes(line), Setting(120.0, "A & <B>", seconds=6.0))


def test_the_sheet_and_the_midi_file_have_the_same_notes() -> None:
    converter = pytest.importorskip("music21.converter")
    notes = _notes(_line([(2, 5, 58), (0, 1, 61), (0, 20, 87), (7, 3, 40)]))
    tempo = 97.0
    notes = [replace(n, onset=n.onset * 120 / tempo, duration=n.duration * 120 / tempo) for n in notes]
    score = converter.parseData(musicxml(notes, Setting(tempo)), format="musicxml").stripTies().flatten()
    written = [(float(n.offset), float(n.quarterLength), n.pitch.midi) for n in score.notes]
    played = [(n.onset * tempo / 60, n.duration * tempo / 60, n.pitch) for n in read_midi(midi_bytes(notes, tempo))]
    assert len(written) == 4
    assert [x for n in written for x in n] == pytest.approx([x for n in played for x in n], abs=2e-3)


@pytest.mark.parametrize(
    ("bar_at", "rests"), [(0.0, 4), (0.5, 16), (-1.5, 16), (1.0, 12), (4.0, 4), (0.03, 4), (1.97, 4)]
)
def test_bars_begin_where_they_are_said_to(bar_at: float, rests: int) -> None:
    """The note is heard half a second in; a bar lasts two seconds; before it are `rests` sixteenths of rest."""
    text = musicxml([Note(0, 0.5, 1.0, 60, 80)], Setting(120.0, bar_at=bar_at))
    signs = ElementTree.fromstring(text).findall("part/measure/note")
    before = itertools.takewhile(lambda sign: sign.find("rest") is not None, signs)
    quarter = int(ElementTree.fromstring(text).findtext("part/measure/attributes/divisions", "0"))
    assert sum(int(sign.findtext("duration", "0")) for sign in before) * 4 == rests * quarter


def test_an_instrument_is_named_by_its_number_and_written_at_pitch() -> None:
    clarinet = musicxml([Note(0, 0.0, 1.0, 60, 80, channel=3, program=71)], Setting(120.0))
    assert "<midi-program>72</midi-program>" in clarinet
    assert "<midi-channel>3</midi-channel>" in clarinet
    assert "<transpose>" not in clarinet
    assert "<step>C</step>" in clarinet


def test_several_streams_are_several_parts_and_silence_is_rests() -> None:
    line = _line([(0, 4, 60)])
    two = ElementTree.fromstring(musicxml([*_notes(line), *_notes(line, "b")], Setting(90.0)))
    assert len(two.findall("part")) == 2
    none = ElementTree.fromstring(musicxml([], Setting(120.0, seconds=4.0)))
    assert len(none.findall("part/measure")) == 2
    assert none.find("part/measure/note/rest") is not None


def test_the_drawing_has_a_head_for_every_sign() -> None:
    line = _line([(0, 4, 60), (0, 4, 62), (0, 8, 64), (4, 12, 67)])
    drawing = engrave(musicxml(_notes(line), Setting(120.0, "Tune")))
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert len(re.findall(r'class="note"', drawing)) == 4
    assert len(re.findall(r'class="rest"', drawing)) == 1
    with pytest.raises(ValueError, match="verovio"):
        engrave("no music")


def test_each_voice_has_a_staff_of_its_own_and_chords_are_chords() -> None:
    converter = pytest.importorskip("music21.converter")
    lead = [Note(0, 0.0, 1.0, 72, 80), Note(1, 1.0, 3.0, 74, 80)]
    chords = [Note(2 + i, 0.0, 2.5, pitch, 60, 2, 4, voice=CHORDS) for i, pitch in enumerate((60, 64, 67))]
    bass = [Note(6, 0.0, 2.0, 36, 90, 3, 33, voice=BASS)]
    drums = [Note(7, 0.0, 0.1, 36, 90, 10, voice=DRUMS)]
    text = musicxml([*lead, *chords, *bass, *drums], Setting(120.0))
    score = converter.parseData(text, format="musicxml")
    assert [part.partName for part in score.parts] == ["lead", "chords", "bass"]
    clefs = [part.recurse().getElementsByClass("Clef").first().name for part in score.parts]
    assert (clefs[0], clefs[2]) == ("treble", "bass8vb")
    found = [chord.pitches for chord in score.parts[1].stripTies().recurse().getElementsByClass("Chord")]
    assert [[pitch.midi for pitch in pitches] for pitches in found] == [[60, 64, 67]]
    assert re.findall("<midi-program>([0-9]+)<", text) == ["1", "5", "34"]
