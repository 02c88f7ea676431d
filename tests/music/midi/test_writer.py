import io
import random
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import mido
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from score_bridge.errors import MediaError
from score_bridge.music.midi import reader
from score_bridge.music.midi.writer import TICKS_PER_BEAT, Sheet, midi_bytes, read_midi, write_midi
from score_bridge.music.notes import Note

any_note = st.builds(
    Note,
    id=st.integers(0, 99),
    onset=st.floats(0, 20),
    duration=st.floats(1e-6, 5),
    pitch=st.integers(58, 62),
    velocity=st.integers(1, 127),
    channel=st.integers(1, 2),
    program=st.integers(0, 127),
    stream=st.sampled_from(["main", "b", "ü 音"]),
)


def parse(data: bytes) -> Any:
    return mido.MidiFile(file=io.BytesIO(data), charset="utf-8")


def smf(track: bytes, division: int = 480, claims: int | None = None) -> bytes:
    length = len(track) if claims is None else claims
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, division) + b"MTrk" + struct.pack(">I", length) + track


def played(data: bytes) -> list[tuple[float, str, int, int]]:
    """What mido's own player would send, at which second."""
    now, sent = 0.0, []
    for message in parse(data):
        now += message.time
        if message.type in ("note_on", "note_off"):
            sent.append((round(now, 6), message.type, message.channel, message.note))
    return sent


def test_times_are_exact_on_the_grid_at_any_tempo() -> None:
    for bpm in (20.0, 97.3, 120.0, 300.0):
        step = 15 / bpm
        notes = [Note(i, i * step, step, 60 + i % 5, 80) for i in range(64)]
        file = parse(midi_bytes(notes, bpm))
        ticks = [m.time for m in file.tracks[1] if m.type in ("note_on", "note_off")]
        assert set(ticks) == {0, TICKS_PER_BEAT // 4}, bpm
        assert read_midi(midi_bytes(notes, bpm))[63].onset == pytest.approx(63 * step, rel=1e-5)


def test_a_file_has_title_tempo_programs_and_a_track_a_stream() -> None:
    notes = [
        Note(0, 0.0, 1.0, 60, 100, channel=3, program=40, stream="left"),
        Note(1, 1.0, 1.0, 62, 90, channel=3, program=41, stream="left"),
        Note(2, 0.5, 1.0, 48, 80, channel=10, program=0, stream="right"),
    ]
    file = parse(midi_bytes(notes, 90, Sheet("Scène 一")))
    assert [track.name for track in file.tracks] == ["Scène 一", "left", "right"]
    assert [m.tempo for m in file.tracks[0] if m.type == "set_tempo"] == [666667]
    left = [(m.type, m.channel, m.time) for m in file.tracks[1] if not m.is_meta]
    assert [kind for kind, _, _ in left] == [
        "program_change", "note_on", "note_off", "program_change", "note_on", "note_off",
    ]  # fmt: skip
    assert {channel for _, channel, _ in left} == {2}
    assert [m.program for m in file.tracks[1] if m.type == "program_change"] == [40, 41]


def test_a_file_lasts_as_long_as_it_is_told() -> None:
    assert parse(midi_bytes([Note(0, 0.0, 1.0, 60, 80)], sheet=Sheet(seconds=7.5))).length == pytest.approx(7.5)
    assert parse(midi_bytes([Note(0, 0.0, 9.0, 60, 80)], sheet=Sheet(seconds=7.5))).length == pytest.approx(9.0)
    assert parse(midi_bytes([])).length == 0
    assert read_midi(midi_bytes([], sheet=Sheet(seconds=3.0))) == []


def test_notes_of_one_pitch_give_way_to_the_later_one() -> None:
    notes = [Note(0, 0.0, 2.0, 60, 80), Note(1, 1.0, 2.0, 60, 90), Note(2, 0.0, 2.0, 64, 80)]
    assert [(n.pitch, n.onset, n.duration, n.velocity) for n in read_midi(midi_bytes(notes))] == [
        (60, 0.0, 1.0, 80), (64, 0.0, 2.0, 80), (60, 1.0, 2.0, 90),
    ]  # fmt: skip


def test_of_notes_that_begin_together_on_a_pitch_the_longest_is_kept() -> None:
    notes = [Note(0, 0.0, 2.0, 60, 80), Note(1, 0.0, 1.0, 60, 90, stream="b")]
    assert [(n.duration, n.velocity) for n in read_midi(midi_bytes(notes))] == [(2.0, 80)]


def test_streams_that_share_a_channel_do_not_end_each_others_notes() -> None:
    notes = [Note(0, 1.0, 1.0, 60, 80, stream="a"), Note(1, 0.0, 1.0, 60, 80, stream="b")]
    assert [kind for _, kind, _, _ in played(midi_bytes(notes))] == ["note_on", "note_off"] * 2


@given(st.lists(any_note, max_size=30), st.floats(20, 300))
def test_every_on_has_its_off_before_the_next_on(notes: list[Note], bpm: float) -> None:
    sounding: Counter[tuple[int, int]] = Counter()
    for _, kind, channel, pitch in played(midi_bytes(notes, bpm)):
        sounding[channel, pitch] += 1 if kind == "note_on" else -1
        assert sounding[channel, pitch] in (0, 1)
    assert not +sounding


@given(st.lists(any_note, max_size=30, unique_by=lambda n: (n.channel, n.pitch)), st.floats(20, 300))
def test_notes_survive_a_file(notes: list[Note], bpm: float) -> None:
    def plain(note: Note) -> tuple[str, int, int, int, int]:
        return note.stream, note.channel, note.pitch, note.velocity, note.program

    tick = 60 / bpm / TICKS_PER_BEAT
    back = {(n.channel, n.pitch): n for n in read_midi(midi_bytes(notes, bpm))}
    assert len(back) == len(notes)
    for note in notes:
        found = back[note.channel, note.pitch]
        assert plain(found) == plain(note)
        assert found.onset == pytest.approx(note.onset, rel=2e-5, abs=0.51 * tick)
        assert found.end == pytest.approx(note.end, rel=2e-5, abs=1.51 * tick)


@pytest.mark.parametrize("bpm", [3.0, 1e9])
def test_impossible_tempos_are_refused(bpm: float) -> None:
    with pytest.raises(ValueError, match="tempo"):
        midi_bytes([], bpm)


def test_a_note_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="before 0"):
        midi_bytes([Note(0, -1.0, 2.0, 60, 80)])


def test_files_on_disk(tmp_path: Path) -> None:
    note = Note(0, 0.5, 0.25, 60, 80, 2, 5, "main")
    write_midi([note], tmp_path / "a.mid", 120.0, Sheet("a"))
    assert read_midi(tmp_path / "a.mid") == [note]
    with pytest.raises(MediaError, match=r"cannot write .*No such file"):
        write_midi([], tmp_path / "none" / "a.mid", 120.0)
    with pytest.raises(MediaError, match=r"cannot read .*No such file"):
        read_midi(tmp_path / "none.mid")


# --- reading what others wrote -------------------------------------------------------------------------------


def test_mido_and_the_reader_agree_on_a_file_of_mido() -> None:
    """Running status, tempo changes, sysex, text, pitch bend and drums, written by another program."""
    chance = random.Random(7)
    file = mido.MidiFile(ticks_per_beat=384)
    for channel in (0, 9):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=f"t{channel}")])
        for _ in range(50):
            pitch, delta = chance.randrange(128), chance.randrange(1, 300)
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=77, time=delta))
            track.append(mido.Message("pitchwheel", channel=channel, pitch=-99))
            track.append(mido.MetaMessage("set_tempo", tempo=chance.randrange(200_000, 900_000)))
            track.append(mido.Message("sysex", data=(1, 2, 3)))
            track.append(mido.MetaMessage("lyrics", text="la"))
            track.append(mido.Message("aftertouch", channel=channel, value=5))
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=0, time=delta))
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    ours = [(n.onset, "note_on", n.channel - 1, n.pitch) for n in read_midi(buffer.getvalue())]
    ours += [(n.end, "note_off", n.channel - 1, n.pitch) for n in read_midi(buffer.getvalue())]
    now, theirs = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(buffer.getvalue())):
        now += message.time
        if message.type == "note_on":
            theirs.append((now, "note_on" if message.velocity else "note_off", message.channel, message.note))
    assert len(ours) == 200
    for own, other in zip(sorted(ours), sorted(theirs), strict=True):
        assert own[0] == pytest.approx(other[0], abs=1e-6)
        assert own[1:] == other[1:]


def test_running_status_goes_on_after_a_meta_event() -> None:
    track = b"\x00\x90\x3c\x50" + b"\x00\xff\x01\x01x" + b"\x83\x60\x3c\x00" + b"\x00\xff\x2f\x00"
    assert [(n.pitch, n.velocity, n.duration) for n in read_midi(smf(track))] == [(60, 80, 0.5)]


def test_a_note_without_its_end_lasts_as_long_as_its_track() -> None:
    track = b"\x00\x90\x3c\x50" + b"\x87\x40\xff\x2f\x00"
    assert [(n.onset, n.duration) for n in read_midi(smf(track))] == [(0.0, 1.0)]


def test_a_program_that_changes_under_a_note_is_the_next_ones() -> None:
    track = b"\x00\xc0\x07\x00\x90\x3c\x50\x60\xc0\x08\x60\x90\x3c\x50\x60\x80\x3c\x00"
    assert [n.program for n in read_midi(smf(track))] == [7, 8]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no header"),
        (b"RIFF\x00\x00\x00\x00RMID____", "no header"),
        (smf(b"", division=0), "not in ticks of a beat"),
        (smf(b"", division=0xE728), "not in ticks of a beat"),
        (smf(b"")[:14], "no track"),
        (smf(b"") + b"MTrk\x00\x00\x00\x00" * 1024, "over 1024 tracks"),
        (smf(b"\x00\x90\x3c\x50", claims=900), "breaks off"),
        (smf(b"\x00\x90\x3c"), "breaks off"),
        (smf(b"\x00\x3c\x50\x00"), "damaged"),
        (smf(b"\x00\x90\x3c\xf0"), "damaged"),
        (smf(b"\xff" * 1000), "longer than four bytes"),
        (smf(b"\x00\x90\x3c\x50" + b"\xff\xff\xff\x7f\xff\x01\x00" * 2 + b"\x00\x80\x3c\x00"), "longer than a day"),
    ],
)
def test_bad_files_are_refused_in_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason) as caught:
        read_midi(data)
    assert "\n" not in str(caught.value)


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.mid"
    path.write_bytes(bytes(reader.MAX_BYTES + 1))
    for source in (path, path.read_bytes()):
        with pytest.raises(MediaError, match="over 5 MB"):
            read_midi(source)
    monkeypatch.setattr(reader, "MAX_NOTES", 3)
    with pytest.raises(MediaError, match="over 3 notes"):
        read_midi(midi_bytes([Note(i, i * 1.0, 0.5, 60, 80) for i in range(4)]))


@given(st.binary(max_size=400))
@example(smf(b"\x00\xff\x51\x03\x00\x00\x00\x00\x90\x3c\x50\x60\x80\x3c\x00"))
def test_any_bytes_are_notes_or_a_media_error(data: bytes) -> None:
    for whole in (data, smf(data), smf(data, division=1, claims=len(data) // 2)):
        try:
            notes = read_midi(whole)
        except MediaError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert all(note.duration > 0 for note in notes)


@given(st.data())
def test_a_damaged_file_is_notes_or_a_media_error(data: st.DataObject) -> None:
    whole = bytearray(midi_bytes([Note(i, i * 0.5, 0.5, 60 + i, 80, 1 + i) for i in range(8)], 120, Sheet("title")))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_midi(bytes(whole))
    except MediaError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_a_file_says_its_metre_key_and_cuts() -> None:
    notes = [Note(i, i * 0.5, 0.5, pitch, 80) for i, pitch in enumerate((63, 65, 67, 68, 70, 72, 74, 75))]
    file = parse(midi_bytes(notes, 120, Sheet("a", 4.0, (2.0, 1.0, 9.0))))
    said = {message.type: message for message in file.tracks[0]}
    assert (said["time_signature"].numerator, said["time_signature"].denominator) == (4, 4)
    assert said["key_signature"].key == "Eb"
    now, cuts = 0, []
    for message in file.tracks[0]:
        now += message.time
        cuts += [now / TICKS_PER_BEAT / 2] if message.type == "marker" else []
    assert cuts == [1.0, 2.0]  # none beyond the end
    assert not any(message.type == "key_signature" for message in parse(midi_bytes([])).tracks[0])
