"""What is taught from a MIDI file: two bars of its melody."""

import random
import time
from contextlib import suppress

import pytest

from score_bridge.errors import MediaError
from score_bridge.music.midi.phrase import midi_phrase
from score_bridge.music.midi.writer import midi_bytes
from score_bridge.music.notes import Note, notes_to_tokens
from score_bridge.wire.messages import MAX_MIDI

TUNE = [(0, 2, 67), (2, 1, 69), (3, 1, 71), (4, 3, 72), (8, 6, 64), (14, 2, 62), (16, 8, 60), (26, 4, 67)]


def notes(start: float = 0.0, tempo: float = 120.0) -> list[Note]:
    step = 15.0 / tempo
    return [Note(i, start + on * step, length * step, pitch, 80) for i, (on, length, pitch) in enumerate(TUNE)]


@pytest.mark.parametrize("tempo", [120.0, 97.0])
def test_a_melody_is_read_as_it_was_written_at_any_tempo(tempo: float) -> None:
    written = notes(tempo=tempo)
    assert list(midi_phrase(midi_bytes(written, tempo))) == notes_to_tokens(written, 15.0 / tempo, 32)


def test_the_phrase_begins_with_the_bar_of_its_first_note_and_ends_after_two() -> None:
    late = notes(start=6.0) + notes(start=10.0)
    assert midi_phrase(midi_bytes(late)) == midi_phrase(midi_bytes(notes()))


def test_the_first_part_that_is_no_drum_and_of_it_the_highest_voice() -> None:
    drums = [Note(50 + i, i * 0.25, 0.1, 38, 90, channel=10) for i in range(16)]
    bass = [Note(80, 0.0, 4.0, 36, 80)]
    assert midi_phrase(midi_bytes([*drums, *notes(), *bass])) == midi_phrase(midi_bytes(notes()))
    with pytest.raises(MediaError, match="holds no notes but drums"):
        midi_phrase(midi_bytes(drums))


def test_garbage_is_refused_in_one_line() -> None:
    noise = random.Random(3)
    good = midi_bytes(notes())
    for _ in range(300):
        at = noise.randrange(len(good))
        damaged = noise.choice([noise.randbytes(noise.randrange(80)), good[:at], good[:at] + noise.randbytes(9)])
        with suppress(MediaError):
            assert len(midi_phrase(damaged)) == 32
    with pytest.raises(MediaError, match=r"\AMIDI data is not a MIDI file .*: it has no header\Z"):
        midi_phrase(b"garbage")


def test_the_largest_file_there_may_be_takes_no_long_time() -> None:
    body = bytes([0, 0x90, 60, 64]) + b"".join(bytes([1, 30 + i % 60, 64]) for i in range((MAX_MIDI - 60) // 3))
    header = b"MThd" + (6).to_bytes(4, "big") + bytes([0, 0, 0, 1, 1, 224])
    began = time.monotonic()
    assert max(midi_phrase(header + b"MTrk" + len(body).to_bytes(4, "big") + body)) > 1
    assert time.monotonic() - began < 2.0
