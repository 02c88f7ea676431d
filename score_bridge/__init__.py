"""Plays a picture as music, live: frames in over ZeroMQ or OSC, notes out as MIDI, OSC and ZeroMQ.

OpenCV reads its limits from the environment when it is first imported. They are set here because every module of the
package, and so every process of the server, imports this one first.
"""

import os

__version__ = "0.1.0"

MAX_SIDE = 8192  # pixels of a picture's side

os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_SIDE * MAX_SIDE)
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
