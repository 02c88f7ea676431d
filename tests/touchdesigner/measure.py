"""Figures of the component in the fake TouchDesigner, a line of JSON: `python -m tests.touchdesigner.measure`.

A real bridge and player run beside it, with an engine that has no models; pictures are 256 x 256 float RGBA.
`frame_ms` is the component's work on TouchDesigner's thread in a frame, with the fake's operators that it calls;
`round_trip_ms` a ping from the link to the server and back; `growth_mb` the memory at the end less that after the
first ten seconds.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]

from tests.live.rig import server
from tests.touchdesigner.rig import component, picture

FPS, SETTLED_S = 60.0, 10.0


def measure(seconds: float) -> dict[str, Any]:
    """Play for so long at 60 frames a second."""
    pictures = [picture(seed, 256, 256) for seed in range(30)]
    with server(osc_reply_port=0) as (_, ready), tempfile.TemporaryDirectory() as home:
        port = int(str(ready["osc"]).rpartition(":")[2])
        with component(Path(home), Oscport=port, Fps=60) as (td, comp):
            comp.op("picture").destroy()
            comp.create("nullTOP", "picture").inputConnectors[0].connect(comp.op("in1"))
            return _play(td, comp, pictures, seconds)


def _play(td: Any, comp: Any, pictures: list[Any], seconds: float) -> dict[str, Any]:
    movie, process = td.find("/project1/movie"), psutil.Process()
    work = _timed(comp.extension)
    trips: list[float] = []
    memory = [0]
    began = time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        movie.frame = pictures[td.frames % len(pictures)]
        td.frame()
        standing = comp.extension.client.report(ahead=-1e9).standing
        if standing.round_trip_ms and (not trips or trips[-1] != standing.round_trip_ms):
            trips.append(standing.round_trip_ms)
        if now - began > SETTLED_S and not memory[0]:
            memory[0] = process.memory_info().rss
        time.sleep(max(0.0, now + 1 / FPS - time.perf_counter()))
    after = process.memory_info().rss
    return {
        "seconds": seconds,
        "frames": len(work),
        "frame_ms": _spread(work),
        "round_trip_ms": _spread(trips),
        "sent_per_second": comp.par.Fpssent.eval(),
        "dropped": comp.par.Drops.eval(),
        "growth_mb": round((after - memory[0]) / 1e6, 2) if memory[0] else None,
        "threads": process.num_threads(),
        "descriptors": process.num_fds(),
    }


def _timed(extension: Any) -> list[float]:
    """Let an extension note how long each of its frames takes, milliseconds."""
    took: list[float] = []
    work = extension.OnFrame

    def frame() -> None:
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)

    extension.OnFrame = frame
    return took


def _spread(values: list[float]) -> dict[str, float]:
    return {f"p{q}": round(float(np.percentile(values, q)), 3) for q in (50, 99)} if values else {}


def main() -> None:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    sys.stdout.write(json.dumps(measure(parser.parse_args().seconds)) + "\n")


if __name__ == "__main__":
    main()
