"""Files in every format to pieces, and whatever is broken to one-line reasons."""

import os
import zipfile
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest

from score_bridge.corpus.musicxml import musicxml
from score_bridge.corpus.read import SUFFIXES, Reading, Task, read_file
from score_bridge.music.tokens import FIRST_ON, OFF, note_on

pytest.importorskip("music21")

ABC = """X:1
T:The Pick-up
M:4/4
L:1/4
K:C
G|c d e f|g2- g c|[ce]2 z2|c4|]

X:2
T:The Waltz
M:3/4
L:1/4
K:C
c d e|f g a|c3|]

X:3
T:The Repeat
M:4/4
L:1/8
K:G
D2|G2 A2 B2 c2|d6:|:d2|e2 d2 c2 B2|G6:|
"""

KERN = """**kern
*M2/4
=1
4c
8d
8e
=2
4f
4g
=3
2a
=4
2r
==
*-
"""


def read(path: Path, every_part: bool = False) -> Reading:
    return read_file(Task(0, path, "source", every_part))


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def note(pitch: str, duration: int, extra: str = "") -> str:
    """A MusicXML note; four divisions a quarter. `extra` goes in after the duration."""
    step, octave = pitch[0], pitch[-1]
    place = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{place}<duration>{duration}</duration>{extra}</note>"


def part(*measures: str, attributes: str = "") -> str:
    """A part in 4/4; every string is the inside of a measure."""
    metre = "<time><beats>4</beats><beat-type>4</beat-type></time>"
    start = f"<attributes><divisions>4</divisions>{metre}{attributes}</attributes>"
    inside = [start + measures[0], *measures[1:]]
    return "".join(f'<measure number="{at}">{content}</measure>' for at, content in enumerate(inside, 1))


def score(*parts: str, sung: tuple[int, ...] = ()) -> str:
    lyric = "<lyric><text>la</text></lyric>"
    names = "".join(f'<score-part id="P{at}"><part-name>{at}</part-name></score-part>' for at, _ in enumerate(parts))
    bodies = "".join(
        f'<part id="P{at}">{body.replace("</note>", lyric + "</note>") if at in sung else body}</part>'
        for at, body in enumerate(parts)
    )
    return f'<score-partwise version="4.0"><part-list>{names}</part-list>{bodies}</score-partwise>'


def pitches(reading: Reading) -> list[list[int]]:
    """The struck pitches of every line."""
    assert reading.reason is None
    lines = [line.tokens for piece in reading.pieces for line in piece.lines]
    return [[int(token) + 19 for token in tokens if token >= FIRST_ON] for tokens in lines]


def test_a_book_of_tunes(tmp_path: Path) -> None:
    reading = read(text(tmp_path / "book.abc", ABC))
    first, waltz, repeat = reading.pieces
    assert [piece.title for piece in reading.pieces] == ["The Pick-up", "The Waltz", "The Repeat"]
    assert [piece.name for piece in reading.pieces] == ["book#0", "book#1", "book#2"]
    assert (len(waltz.lines), waltz.other_bars) == (0, 3)
    (line,) = first.lines
    on = np.flatnonzero(line.tokens >= FIRST_ON)
    assert list(on) == [12, 16, 20, 24, 28, 32, 44, 48, 64]
    assert line.tokens[48] == note_on(76)
    assert line.tokens[56] == OFF
    (line,) = repeat.lines
    assert len(line.tokens) == 5 * 16
    assert list(np.flatnonzero(line.tokens >= FIRST_ON)) == [12, 16, 20, 24, 28, 32, 44, 48, 52, 56, 60, 64]


def test_a_latin_1_book(tmp_path: Path) -> None:
    (tmp_path / "x.abc").write_bytes(ABC.replace("Pick-up", "Lück").encode("latin-1"))
    assert read(tmp_path / "x.abc").pieces[0].title == "The Lück"


def test_kern_in_two_four(tmp_path: Path) -> None:
    (piece,) = read(text(tmp_path / "x.krn", KERN)).pieces
    (line,) = piece.lines
    assert line.metre == 24
    assert list(np.flatnonzero(line.tokens)) == [0, 4, 6, 8, 12, 16, 24]


def test_ties_hold_and_grace_notes_are_dropped(tmp_path: Path) -> None:
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    tied = note("C5", 16, '<tie type="start"/>'), note("C5", 4, '<tie type="stop"/>')
    xml = score(part(tied[0], tied[1] + grace + note("D5", 12)))
    (line,) = read(text(tmp_path / "x.musicxml", xml)).pieces[0].lines
    assert list(np.flatnonzero(line.tokens)) == [0, 20]


def test_two_voices_give_the_upper_one(tmp_path: Path) -> None:
    upper = note("G5", 8) + note("F5", 8)
    lower = "<backup><duration>16</duration></backup>" + "".join(note(p, 4) for p in ("E4", "D4", "C4", "D4"))
    assert pitches(read(text(tmp_path / "x.xml", score(part(upper + lower))))) == [[79, 77]]


def test_the_sung_part_is_the_melody(tmp_path: Path) -> None:
    piano, voice = part(note("C6", 16)), part(note("E4", 16))
    path = text(tmp_path / "x.xml", score(piano, voice, sung=(1,)))
    assert pitches(read(path)) == [[64]]
    assert pitches(read(path, every_part=True)) == [[84], [64]]
    assert pitches(read(text(tmp_path / "y.xml", score(piano, voice)))) == [[84]]


def test_a_packed_score(tmp_path: Path) -> None:
    container = '<container xmlns="urn:x"><rootfiles><rootfile full-path="in/x.xml"/></rootfiles></container>'
    with zipfile.ZipFile(tmp_path / "x.mxl", "w") as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("in/x.xml", score(part(note("C4", 16))))
    assert pitches(read(tmp_path / "x.mxl")) == [[60]]
    with zipfile.ZipFile(tmp_path / "empty.mxl", "w") as archive:
        archive.writestr("x.txt", "")
    assert str(read(tmp_path / "empty.mxl").reason).startswith("not MusicXML")


def test_other_xml_is_no_score(tmp_path: Path) -> None:
    assert read(text(tmp_path / "x.xml", "<html/>")).reason == "not partwise MusicXML: it is a 'html'"


def test_parts_that_are_not_the_melody_are_left_out_early(tmp_path: Path) -> None:
    parts = part(note("C4", 16)), part(note("D4", 16)), part(note("E4", 16))
    path = text(tmp_path / "x.xml", score(*parts, sung=(1, 2)))
    assert [word in musicxml(path, False) for word in ('id="P0"', 'id="P1"', 'id="P2"')] == [False, True, True]
    assert musicxml(path, True).count('id="P0"') == 2


def test_an_octave_lower_where_it_sounds_so(tmp_path: Path) -> None:
    bass = "<transpose><diatonic>0</diatonic><chromatic>0</chromatic><octave-change>-1</octave-change></transpose>"
    path = text(tmp_path / "x.xml", score(part(note("C4", 16), attributes=bass)))
    assert pitches(read(path)) == [[48]]


def test_percussion_and_silence_have_no_melody(tmp_path: Path) -> None:
    clef = "<clef><sign>percussion</sign></clef>"
    drums = "<note><unpitched/><duration>16</duration></note>"
    for content in (part(drums, attributes=clef), part("<note><rest/><duration>16</duration></note>")):
        assert read(text(tmp_path / "x.xml", score(content))).reason == "no pitched notes in bars"


def midi(path: Path, notes: list[tuple[int, int, int]], channel: int = 0, metre: tuple[int, int] = (4, 4)) -> Path:
    """A MIDI file of (onset, end, pitch) in ticks, 480 a quarter."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])])
    events = [(start, "note_on", pitch) for start, _, pitch in notes] + [(end, "note_off", p) for _, end, p in notes]
    for (before, *_), (at, kind, pitch) in pairwise([(0, "", 0), *sorted(events)]):
        track.append(mido.Message(kind, note=pitch, channel=channel, time=at - before))
    file.tracks.append(track)
    file.save(path)
    return path


def test_midi(tmp_path: Path) -> None:
    path = midi(tmp_path / "x.mid", [(0, 480, 60), (480, 700, 62), (960, 1920, 64), (1920, 3840, 65)])
    (line,) = read(path).pieces[0].lines
    assert list(np.flatnonzero(line.tokens)) == [0, 4, 6, 8, 16]
    assert len(line.tokens) == 32


def test_midi_drums_and_other_metres(tmp_path: Path) -> None:
    assert read(midi(tmp_path / "drums.mid", [(0, 480, 40)], channel=9)).reason == "no pitched notes in bars"
    (piece,) = read(midi(tmp_path / "waltz.mid", [(0, 1440, 60), (1440, 2880, 62)], metre=(3, 4))).pieces
    assert (piece.lines, piece.other_bars) == ((), 2)


def test_a_midi_file_that_claims_years_is_refused(tmp_path: Path) -> None:
    path = midi(tmp_path / "x.mid", [(0, 480, 60), (200_000_000, 200_000_480, 60)])
    assert read(path).reason == "longer than 40000 beats"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_random_bytes_are_a_reason(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    rng = np.random.default_rng(7)
    for _ in range(5):
        path.write_bytes(rng.bytes(300))
        reason = read(path).reason
        assert reason
        assert "\n" not in reason


def test_random_bytes_after_a_midi_header_are_a_reason_or_music(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    head = midi(tmp_path / "x.mid", [(0, 480, 60)]).read_bytes()[:22]
    for _ in range(200):
        (tmp_path / "x.mid").write_bytes(head + rng.bytes(60))
        read(tmp_path / "x.mid")


def test_large_files_are_refused_unread(tmp_path: Path) -> None:
    big = tmp_path / "x.abc"
    big.write_bytes(b" " * 5_000_001)
    assert read(big).reason == "5.0 MB, more than the limit of 5 MB"
    with zipfile.ZipFile(tmp_path / "x.mxl", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("x.xml", b" " * 70_000_000)
    assert read(tmp_path / "x.mxl").reason == "70.0 MB, more than the limit of 60 MB"


@pytest.mark.parametrize(
    ("name", "cut", "words"),
    [("short.mid", slice(0, 20), "it ends too early"), ("head.mid", slice(0, 10), "it ends too early"),
     ("empty.mid", slice(0, 0), "it is empty")],
)  # fmt: skip
def test_a_midi_file_cut_short_says_so(tmp_path: Path, name: str, cut: slice, words: str) -> None:
    whole = midi(tmp_path / "whole.mid", [(0, 4, 60)]).read_bytes()
    (tmp_path / name).write_bytes(whole[cut])
    assert read(tmp_path / name).reason == words


@pytest.mark.parametrize(("division", "words"), [(b"\0\0", "a beat of 0 ticks"), (b"\xe7\x28", "SMPTE time")])
def test_divisions_are_told_apart(tmp_path: Path, division: bytes, words: str) -> None:
    path = midi(tmp_path / "odd.mid", [(0, 4, 60)])
    data = path.read_bytes()
    path.write_bytes(data[:12] + division + data[14:])
    assert words in (read(path).reason or "")


def test_the_line_ends_of_any_system(tmp_path: Path) -> None:
    plain = pitches(read(text(tmp_path / "unix.abc", ABC)))
    for ends in ("\r", "\r\n"):
        (tmp_path / "other.abc").write_bytes(ABC.replace("\n", ends).encode())
        assert pitches(read(tmp_path / "other.abc")) == plain


def test_a_name_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.abc"))
    path.write_text(ABC.split("X:2", maxsplit=1)[0].replace("T:The Pick-up\n", ""))
    [piece] = read(path).pieces
    assert piece.title == "bad\\udcff"
    piece.title.encode()
