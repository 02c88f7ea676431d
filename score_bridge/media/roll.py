"""Notes as bars, and pictures small enough to stand over them."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.media.svg import CUTS, NOTES, el, line, picture
from score_bridge.music.notes import Note
from score_bridge.music.tokens import FIRST_ON, HOLD
from score_bridge.vision.pixels import Rgb
from score_bridge.wire.messages import BASS, CELLO, CHORDS, DRUMS, LEAD, VIOLA, VIOLIN2

VOICE_COLOURS = {
    LEAD: NOTES, CHORDS: "#5b7a9d", BASS: "#a3be8c", DRUMS: "#b48ead", VIOLIN2: "#d08770", VIOLA: "#c9a227",
    CELLO: "#7f5539",
}  # fmt: skip
"""The colour of each voice."""
DRUM_ROW = 5.0


def roll(
    tokens: NDArray[np.uint8],
    place: tuple[float, float, float, float],
    marked: NDArray[np.bool_] | None = None,
) -> str:
    """Notes of tokens (T,) as bars in (x, y, width, height); marked (T,) ones in red, ends and holds as ticks."""
    x, y, width, height = place
    sounding = tokens[tokens >= FIRST_ON]
    low, high = (int(sounding.min()), int(sounding.max())) if len(sounding) else (0, 1)
    across, each = width / max(len(tokens), 1), height / (high - low + 3)
    at = [*np.flatnonzero(tokens != HOLD).tolist(), len(tokens)]
    flags = np.zeros(len(tokens), bool) if marked is None else marked
    drawn = [
        el(
            "rect", x=x + n * across, y=y + (high - int(tokens[n]) + 1) * each, rx=1,
            width=max((end - n) * across - 0.8, 0.8), height=max(each, 2.5),
            fill=CUTS if flags[n] else NOTES,
        )
        for n, end in pairwise(at)
        if tokens[n] >= FIRST_ON
    ]  # fmt: skip
    ticks = [
        line(x + n * across, y + height - 3, x + (n + 1) * across, y + height - 3, CUTS, stroke_width=3)
        for n in np.flatnonzero(flags)
    ]
    return "".join([*drawn, *ticks])


def voices(notes: Sequence[Note], seconds: float, place: tuple[float, float, float, float]) -> str:
    """Notes of several voices as bars in (x, y, width, height), a colour each, and below them a row for each drum."""
    x, y, width, height = place
    pitched, drums = ([n for n in notes if (n.voice == DRUMS) == beats] for beats in (False, True))
    pitches = [note.pitch for note in pitched] or [60]
    rows = sorted({note.pitch for note in drums})
    below = DRUM_ROW * len(rows)
    each = (height - below) / (max(pitches) - min(pitches) + 3)
    tops = {pitch: y + (max(pitches) - pitch + 1) * each for pitch in pitches}
    drum_tops = {pitch: y + height - DRUM_ROW * (row + 1) for row, pitch in enumerate(rows)}
    return "".join(
        el(
            "rect", x=x + note.onset / seconds * width, rx=1,
            y=(drum_tops if note.voice == DRUMS else tops)[note.pitch],
            width=max(note.duration / seconds * width - 0.8, 0.8),
            height=DRUM_ROW - 1 if note.voice == DRUMS else max(each, 2.5),
            fill=VOICE_COLOURS[note.voice],
        )
        for note in sorted(notes, key=lambda note: -note.voice)
    )  # fmt: skip


def thumbnail(rgb: Rgb, aspect: float, place: tuple[float, float, float, float]) -> str:
    """A picture of a film of that aspect over (x, y, width, height), 160 pixels wide."""
    width = 160
    small = cv2.resize(rgb, (width, max(1, round(width / aspect))), interpolation=cv2.INTER_AREA)
    return picture(np.asarray(small, np.uint8), place)
