"""Draw a score: the film's pictures along time, its cuts, and the notes they became.

python examples/draw_score.py film.mp4 out/film/score.json picture.png
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from score_bridge.media.film import Film
from score_bridge.music.notes import tokens_to_notes

WIDTH, STRIP, ROLL, MARGIN = 1280, 110, 300, 20
INK, PAPER, CUT, GRID = (40, 30, 30), (250, 250, 250), (60, 60, 230), (225, 225, 225)

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("film", type=Path)
parser.add_argument("score", type=Path, help="score.json, made by `score-bridge score` or `make demo`")
parser.add_argument("out", type=Path)
options = parser.parse_args()

steps = json.loads(options.score.read_text("utf-8"))["steps"]
step_seconds = steps[1]["time"] - steps[0]["time"]
seconds = len(steps) * step_seconds
notes = tokens_to_notes([s["token"] for s in steps], step_seconds)
canvas = np.full((STRIP + ROLL + MARGIN, WIDTH, 3), PAPER, np.uint8)


def column(time: float) -> int:
    """Pixels from the left."""
    return int(time / seconds * WIDTH)


shown = WIDTH // 160
wanted = [(i + 0.5) * seconds / shown for i in range(shown)]
for frame in Film.open(options.film).frames(limit_s=seconds, side=160):
    if wanted and frame.time_s >= wanted[0]:
        i = shown - len(wanted)
        picture = cv2.resize(frame.rgb, (158, STRIP - 4))
        canvas[2 : STRIP - 2, i * 160 + 1 : i * 160 + 159] = picture[..., ::-1]
        wanted.pop(0)

low, high = min(n.pitch for n in notes) - 2, max(n.pitch for n in notes) + 2
lane = ROLL / (high - low + 1)
for bar in range(0, len(steps), 16):
    cv2.line(canvas, (column(bar * step_seconds), STRIP), (column(bar * step_seconds), STRIP + ROLL), GRID, 1)
for note in notes:
    top = int(STRIP + MARGIN / 2 + (high - note.pitch) * lane)
    box = (column(note.onset) + 1, top), (column(note.end) - 1, top + max(int(lane) - 1, 3))
    cv2.rectangle(canvas, *box, INK, -1)
for before, after in pairwise(steps):
    if after["descriptors"].get("cut") and not before["descriptors"].get("cut"):
        cv2.line(canvas, (column(after["time"]), 0), (column(after["time"]), STRIP + ROLL), CUT, 2)
cv2.imwrite(str(options.out), canvas)
