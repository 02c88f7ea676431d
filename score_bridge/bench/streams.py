"""Many streams at once: whether every step is in time, and what of the pictures gives way.

One host feeds all of them, each stream at its own place in the time between two pictures. Steps are counted from when
all streams play and have settled.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean
from typing import Any

from score_bridge.bench.host import Host
from score_bridge.bench.pictures import scene
from score_bridge.bench.probe import serve_with_probe
from score_bridge.client import Client
from score_bridge.settings import Settings
from score_bridge.wire.messages import Status

SIDE, FPS = 64, 60.0
SETTLE_S = 3.0
BUSY = "while True: pass"


def many_streams(settings: Settings, count: int, seconds: float, *, contended: bool = False) -> dict[str, Any]:
    """Play `count` streams for `seconds`; contended: beside another process that eats a core.

    late_steps: of `steps` that were to be decided, those decided after they were due, or not at all;
    ready_margin_p99_ms: how long before it was due a step was decided, of 99 in 100 at least; pictures_per_second and
    contents_per_second: what was followed of the stream that got least, on the whole.
    """
    names = [f"s{i}" for i in range(count)]
    with (
        serve_with_probe(settings) as record,
        _busy_core(contended),
        Client.connect(record.ready["zmq"], name="bench") as client,
    ):
        host = Host(client)
        _feed(host, names, SETTLE_S)
        before, begun = _reports(host), time.perf_counter()
        _feed(host, names, seconds)
        after = _reports(host)
        least = _least_rates(host, begun, before, after)
    late = sum(after[name].late_steps - before[name].late_steps for name in names if name in after and name in before)
    lateness = sorted(by for came, by in record.heard if came > begun)
    margins = sorted(due - came for came, due in record.decided if came > begun)
    return {
        "streams": count,
        "steps": len(margins),
        "late_steps": late if len(after) == count else None,
        "notes": sum(report.notes for report in after.values()),
        "dropped_frames": sum(report.dropped_frames for report in after.values()),
        "ready_margin_p99_ms": round(margins[len(margins) // 100] * 1e3, 2) if margins else None,
        "note_lateness_p99_ms": round(lateness[-1 - len(lateness) // 100] * 1e3, 2) if lateness else None,
        "lead_ms": round(max((report.lead_ms for report in after.values()), default=0.0), 1),
        **least,
    }


def _feed(host: Host, names: list[str], seconds: float) -> None:
    """Send each stream FPS pictures a second; what is behind its time is left out, as a camera would."""
    shown = [scene(i, SIDE, SIDE) for i in range(len(names))]
    apart, began, turn = 1 / FPS / len(names), time.perf_counter(), 0
    while (now := time.perf_counter()) - began < seconds:
        turn = max(turn + 1, int((now - began) / apart) - len(names))
        which, number = turn % len(names), turn // len(names)
        host.listen(began + turn * apart)
        if which == 0:  # no wait was long enough to listen in, perhaps
            host.listen_at_once()
        host.client.send_frame(shown[which][number % len(shown[which])], stream=names[which])


def _reports(host: Host) -> dict[str, Status]:
    """The newest report of every stream."""
    host.listen(time.perf_counter() + 1.1)
    return {message.stream: message for _, message in host.received if isinstance(message, Status)}


def _least_rates(
    host: Host, begun: float, before: dict[str, Status], after: dict[str, Status]
) -> dict[str, float | None]:
    """Rates of the stream that got least; contents are reported as rates of a second each."""
    seconds = time.perf_counter() - begun
    told = [message for when, message in host.received if isinstance(message, Status) and when > begun + 1.0]
    contents = [mean(m.features_per_second for m in told if m.stream == name) for name in {m.stream for m in told}]
    followed = [
        (now.frames - now.dropped_frames - then.frames + then.dropped_frames) / seconds
        for name, now in after.items()
        if (then := before.get(name))
    ]
    return {
        "pictures_per_second": round(min(followed), 1) if followed else None,
        "contents_per_second": round(min(contents), 1) if contents else None,
    }


@contextmanager
def _busy_core(wanted: bool) -> Iterator[None]:
    """Let another process eat a core meanwhile."""
    busy = subprocess.Popen([sys.executable, "-c", BUSY], env=os.environ) if wanted else None
    try:
        yield
    finally:
        if busy is not None:
            busy.kill()
            busy.wait()
