"""Play a webcam or a film file: its frames go out at its own rate, the notes are printed as they come.

python examples/webcam.py            # the first camera
python examples/webcam.py film.mp4   # a file, again and again
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

import cv2
from numpy.typing import NDArray

from score_bridge.client import DEFAULT_ADDRESS, Client
from score_bridge.wire.ensembles import VOICE_NAMES
from score_bridge.wire.messages import Note

SIDE = 256  # the server looks at small pictures: more pixels only cost time


def frames(source: str) -> Iterator[tuple[NDArray[Any], float]]:
    """Yield (BGR picture, seconds a picture) from a camera's number or for ever from a film file."""
    camera = source.isdigit()
    capture = cv2.VideoCapture(int(source) if camera else source)
    if not capture.isOpened():
        sys.exit(f"cannot open {'camera ' if camera else ''}{source}")
    interval = 1 / (capture.get(cv2.CAP_PROP_FPS) or 30.0)
    shown = 0
    while True:
        alive, picture = capture.read()
        if alive:
            shown += 1
            yield cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), 0.0 if camera else interval
        elif camera or not shown:
            sys.exit(f"{source} gives no more pictures")
        else:
            capture.set(cv2.CAP_PROP_POS_FRAMES, 0)


def main() -> None:
    """Send frames and print notes until the time is up or the camera ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", default="0", help="a camera's number or a film file")
    parser.add_argument("--address", default=DEFAULT_ADDRESS)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    with Client.connect(options.address, name="webcam") as score:
        end = time.monotonic() + options.seconds
        due = time.monotonic()
        for picture, interval in frames(options.source):
            score.send_frame(picture, order="bgr")
            due = max(due + interval, time.monotonic() - interval)
            for note in score.notes(timeout=max(0.0, due - time.monotonic())):
                if isinstance(note, Note):
                    played = f"note {note.pitch} velocity {note.velocity} for {note.seconds:.2f} s"
                    print(f"{played} ({VOICE_NAMES[note.voice]})")
            if time.monotonic() >= end:
                break
        print(f"{score.dropped} pictures dropped, {len(score.errors)} errors")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
