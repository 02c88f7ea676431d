"""Drum performances on a grid of sixteenths: the Groove MIDI Dataset (Gillick et al. 2019), or any folder like it.

The folder has an `info.csv` with a row for each performance: its MIDI file, tempo, time signature, whether it is a
beat or a fill, and its part of the data. Performances in 4/4 are read.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import SettingsError
from score_bridge.music.drums import KIT, SOUND_OF
from score_bridge.music.tokens import STEPS_PER_BAR, STEPS_PER_BEAT

SPLITS = ("train", "validation", "test")
LONGEST_BARS = 2000


@dataclass(frozen=True)
class DrumCorpus:
    """P performances, T steps in all. Performance i is steps starts[i] to starts[i + 1]."""

    velocity: NDArray[np.uint8]
    """(T, 9) of the hit that begins in a step, 1..127; 0 = none."""
    offset: NDArray[np.int8]
    """(T, 9) how far from its place a hit comes, in hundredths of a step, -50..50."""
    starts: NDArray[np.int64]
    """(P + 1,) multiples of 16."""
    split: NDArray[np.uint8]
    """(P,) an index into SPLITS."""
    fill: NDArray[np.bool_]
    """(P,) whether it is a fill and not a beat."""
    tempo: NDArray[np.float32]
    """(P,) beats per minute."""


@dataclass(frozen=True)
class _Performance:
    velocity: NDArray[np.uint8]
    offset: NDArray[np.int8]
    split: int
    fill: bool
    tempo: float


def read_drums(folder: Path) -> DrumCorpus:
    """Read all performances in 4/4 of a folder. Raises SettingsError where it has no `info.csv` or nothing in 4/4."""
    found = list(_performances(folder))
    if not found:
        raise SettingsError(f"{folder} holds no drum performance in 4/4")
    lengths = [len(one.velocity) for one in found]
    return DrumCorpus(
        velocity=np.concatenate([one.velocity for one in found]),
        offset=np.concatenate([one.offset for one in found]),
        starts=np.cumsum([0, *lengths]).astype(np.int64),
        split=np.array([one.split for one in found], np.uint8),
        fill=np.array([one.fill for one in found]),
        tempo=np.array([one.tempo for one in found], np.float32),
    )


def _performances(folder: Path) -> Iterator[_Performance]:
    try:
        rows = list(csv.DictReader((folder / "info.csv").read_text("utf-8").splitlines()))
    except OSError as error:
        raise SettingsError(f"{folder / 'info.csv'} cannot be read: {error.strerror}") from None
    for row in rows:
        path = folder / row["midi_filename"]
        if row["time_signature"] != "4-4" or not path.is_file():
            continue
        velocity, offset = grid_hits(path)
        if len(velocity):
            split, fill = SPLITS.index(row["split"]), row["beat_type"] == "fill"
            yield _Performance(velocity, offset, split, fill, float(row["bpm"]))


def grid_hits(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Return velocities (T, 9) and offsets (T, 9) of a MIDI file's hits, whole bars; of two in a step the louder one.

    The file's own beats are the grid: these performances were played to a click.
    """
    file = mido.MidiFile(path)
    hits = [hit for track in file.tracks for hit in _hits(track, file.ticks_per_beat)]
    last = max((place for place, _, _ in hits), default=-1.0)
    bars = min(int((round(last) // STEPS_PER_BAR) + 1), LONGEST_BARS) if hits else 0
    velocity = np.zeros((bars * STEPS_PER_BAR, len(KIT)), np.uint8)
    offset = np.zeros_like(velocity, np.int8)
    for place, sound, loud in hits:
        step = round(place)
        if step < len(velocity) and loud > velocity[step, sound]:
            velocity[step, sound], offset[step, sound] = loud, round(100 * (place - step))
    return velocity, offset


def _hits(track: mido.MidiTrack, ticks: int) -> Iterator[tuple[float, int, int]]:
    """Yield place in steps, sound and velocity."""
    clock = 0
    for message in track:
        clock += message.time
        if message.type == "note_on" and message.velocity and message.note in SOUND_OF:
            yield clock / ticks * STEPS_PER_BEAT, SOUND_OF[message.note], message.velocity
