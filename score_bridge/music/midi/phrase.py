"""A phrase to be taught, out of a MIDI file: the first two bars of its melody."""

from math import floor
from pathlib import Path

from score_bridge.errors import MediaError
from score_bridge.music.grid import BeatNote, Stretch, tokens
from score_bridge.music.midi.reader import read_parts
from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT

DRUMS = 10
BAR, PHRASE = STEPS_PER_BAR / STEPS_PER_BEAT, PHRASE_STEPS / STEPS_PER_BEAT


def midi_phrase(source: Path | bytes) -> tuple[int, ...]:
    """Return (32,) tokens: eight beats from the 4/4 bar in which the melody begins, its highest voice.

    The melody is the first track and channel with notes, drums aside. MediaError, one line, where there is none.
    """
    parts = {key: notes for key, notes in read_parts(source).items() if key[1] != DRUMS}
    if not parts:
        raise MediaError(f"{_named(source)} holds no notes but drums")
    return _phrase(parts[min(parts)])


def _phrase(notes: list[BeatNote]) -> tuple[int, ...]:
    first = min(note.onset for note in notes)
    begin = floor(first / BAR) * BAR
    line = tokens(notes, Stretch(begin, begin, begin + PHRASE, 44))
    return tuple(map(int, line))


def _named(source: Path | bytes) -> str:
    return "the MIDI data" if isinstance(source, bytes) else str(source)
