"""Lead sheets: melodies with chord symbols, on the sixteenth grid, a chord each half bar. Those in 4/4 are read."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import music21
import numpy as np
from numpy.typing import NDArray

from score_bridge.corpus.grid import stretches
from score_bridge.corpus.musicxml import musicxml
from score_bridge.corpus.score import read_voice
from score_bridge.errors import SettingsError
from score_bridge.music.chords import HALF_BAR, NO_CHORD, Chord, chord_of, quality_of
from score_bridge.music.grid import TIME_TOLERANCE, Stretch, tokens
from score_bridge.music.keys import fits
from score_bridge.music.tokens import STEPS_PER_BEAT

SUFFIXES = (".mxl", ".xml", ".musicxml")
SHORTEST = 4
"""Half bars: what is shorter is left out."""


@dataclass(frozen=True)
class Harmonized:
    """A stretch of a song.

    tokens: (8 H,) of the melody; chords: (H,) numbers of `music.chords`, NO_CHORD where none is written; key: 0..23;
    split: 0 to learn from, 1 to validate, 2 to test; last: whether the song ends with it.
    """

    tokens: NDArray[np.uint8]
    chords: NDArray[np.uint8]
    key: int
    split: int
    last: bool


def read_lead_sheets(folder: Path, progress: Callable[[float], None] = lambda _: None) -> list[Harmonized]:
    """Read all songs of a folder. Raises SettingsError where there are none with chord symbols in 4/4."""
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    found: list[Harmonized] = []
    for i, path in enumerate(paths):
        found += _song(path)
        progress((i + 1) / len(paths))
    if not found:
        raise SettingsError(f"{folder} holds no lead sheet with chord symbols in 4/4")
    return found


def _song(path: Path) -> Iterator[Harmonized]:
    """What can be used of a song; nothing of a file that cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            part = music21.converter.parseData(musicxml(path, every_part=False), format="musicxml").parts[0]
            voice, symbols = read_voice(part), sorted(_symbols(part), key=lambda one: one[0])
        except Exception:  # music21 raises whatever it likes
            return
    for stretch in stretches(voice.bars):
        line, chords = tokens(voice.notes, stretch), _on_grid(symbols, stretch)
        if stretch.metre != 24 and len(chords) >= SHORTEST and (chords != NO_CHORD).any():
            key = _key(chords)
            last = abs(stretch.end - voice.bars[-1].end) < TIME_TOLERANCE
            yield Harmonized(line, chords, key, _split(path.stem), last)


def _split(name: str) -> int:
    """Of ten songs one is kept to test with, one to validate with."""
    return {0: 2, 1: 1}.get(crc32(name.encode()) % 10, 0)


def _symbols(part: Any) -> Iterator[tuple[float, Chord]]:
    for symbol in part.flatten().getElementsByClass(music21.harmony.ChordSymbol):
        if not isinstance(symbol, music21.harmony.NoChord) and symbol.root() is not None:
            root = int(symbol.root().pitchClass)
            above = [(int(pitch.pitchClass) - root) % 12 for pitch in symbol.pitches]
            yield float(symbol.offset), Chord(root, quality_of(above))


def _on_grid(symbols: list[tuple[float, Chord]], stretch: Stretch) -> NDArray[np.uint8]:
    """The chord of each half bar: the latest that is written by its begin."""
    chords = np.full(stretch.steps // HALF_BAR, NO_CHORD, np.uint8)
    for at in range(len(chords)):
        begin = stretch.origin + at * HALF_BAR / STEPS_PER_BEAT
        before = [chord for offset, chord in symbols if offset <= begin + TIME_TOLERANCE]
        if before and begin >= stretch.start - HALF_BAR / STEPS_PER_BEAT:
            chords[at] = before[-1].number
    return chords


def _key(chords: NDArray[np.uint8]) -> int:
    """The key that the chords' tones are most like, those of the last chord counting more: songs end at home."""
    spent = np.zeros(12)
    known = [chord_of(int(number)) for number in chords if number != NO_CHORD]
    for chord in known:
        spent[list(chord.tones)] += 1
        spent[chord.root] += 1
    spent[list(known[-1].tones)] += len(known) / 8
    return int(fits(spent).argmax())
