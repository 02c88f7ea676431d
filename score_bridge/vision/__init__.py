"""Pictures without torch: decode, shrink, describe. OpenCV gets its limits, and silence, before it is imported."""

import os

MAX_SIDE = 8192
MAX_PIXELS = MAX_SIDE * MAX_SIDE

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
