"""How fast a film is scored: the command itself, from its start to the last file."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from score_bridge.bench.pictures import write_film
from score_bridge.errors import ScoreBridgeError
from score_bridge.settings import ENV_PREFIX, Settings

MADE = ("mid", "wav", "mp4", "json")


def score_speed(settings: Settings, seconds: float) -> dict[str, Any]:
    """Score a generated film (768 x 432, 25 fps, H.264) and compare its length with what the whole command took.

    The command's own start is counted: the interpreter, PyTorch, loading and warming the models.
    """
    with tempfile.TemporaryDirectory(prefix="score-bench-") as folder:
        film, out = Path(folder) / "film.mp4", Path(folder) / "out"
        length = write_film(film, seconds)
        command = [sys.executable, "-m", "score_bridge", "score", str(film), "--out", str(out)]
        chosen = {"device": settings.device, "melody_model": settings.melody_model}
        variables = {f"{ENV_PREFIX}{name.upper()}": value for name, value in chosen.items()}
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **variables})
        took = time.perf_counter() - began
        missing = [kind for kind in MADE if not list(out.glob(f"*.{kind}"))]
    if done.returncode or missing:
        raise ScoreBridgeError(f"scoring a film failed: {done.stderr.strip()[-300:] or f'no {missing}'}")
    return {"score_realtime_factor": round(length / took, 2), "score_s": round(took, 2), "film_s": length}
