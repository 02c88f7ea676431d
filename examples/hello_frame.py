"""Send one picture again and again and print the notes that it becomes.

python examples/hello_frame.py --picture photo.jpg
"""

import argparse
import time
from pathlib import Path

import numpy as np

from score_bridge.client import DEFAULT_ADDRESS, Client
from score_bridge.wire.ensembles import VOICE_NAMES
from score_bridge.wire.messages import Note

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--address", default=DEFAULT_ADDRESS)
parser.add_argument("--seconds", type=float, default=10.0)
parser.add_argument("--picture", type=Path, help="a JPEG or PNG; a drawn gradient without it")
options = parser.parse_args()

if options.picture:
    picture = options.picture.read_bytes()
else:
    y, x = np.mgrid[0:1:64j, 0:1:64j]
    picture = (np.stack([x, y, 1 - x], axis=-1) * 255).astype(np.uint8)

with Client.connect(options.address, name="hello_frame") as score:
    print(f"connected to {score.welcome.server}, which expects {score.welcome.expects}")
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        score.send_frame(picture)
        for note in score.notes(timeout=1 / 30):
            if isinstance(note, Note):
                played = f"note {note.pitch} velocity {note.velocity} for {note.seconds:.2f} s"
                print(f"{played} on channel {note.channel} ({VOICE_NAMES[note.voice]})")
