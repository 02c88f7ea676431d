"""From a cold start to the first note, and then a long run: memory, dropped pictures, control messages.

One server, started as anybody starts it; what is measured is what a host and the operating system see.
"""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from score_bridge.bench.host import Host
from score_bridge.bench.machine import resident_mib
from score_bridge.bench.pictures import drifting
from score_bridge.bench.statistics import slope
from score_bridge.client import Client, ServerSilentError
from score_bridge.errors import PeerError
from score_bridge.live.server_process import serving
from score_bridge.settings import Settings
from score_bridge.wire.messages import Note

FPS, SIDE = 60.0, 256
FIRST_S = 20.0  # the longest that a first note is waited for
WARM_UP_S = 8.0
SAMPLE_S, CONTROL_S = 0.25, 0.5
AN_HOUR = 3600.0


@dataclass
class Watch:
    """Samples memory and asks questions now and then, between pictures."""

    client: Client
    pids: tuple[int, ...]
    memory: list[tuple[float, float]] = field(default_factory=list)
    asked: int = 0
    lost: int = 0
    unreadable: str = ""

    def __call__(self, now: float) -> None:
        """Do what is due, `now` seconds after the beginning."""
        if now >= len(self.memory) * SAMPLE_S and not self.unreadable:
            try:
                self.memory.append((now, resident_mib(self.pids)))
            except LookupError as error:
                self.unreadable = str(error)
        if now >= self.asked * CONTROL_S:
            self._ask()

    def _ask(self) -> None:
        """Set a control to a value of its own; lost, if the server answers with another or not at all."""
        self.asked += 1
        wanted = 0.4 + self.asked % 10 / 100
        try:
            self.lost += self.client.set("temperature", wanted) != wanted
        except (ServerSilentError, PeerError):
            self.lost += 1


def endure(settings: Settings, seconds: float) -> dict[str, Any]:
    """Start a server, wait for its first note, let it warm up, then watch it for `seconds`."""
    began = time.perf_counter()
    with serving(settings) as ready, Client.connect(ready["zmq"], name="bench") as client:
        up, host, pictures = time.perf_counter(), Host(client), drifting(SIDE, SIDE)
        for _ in count():
            host.feed(pictures, FPS, 0.1)
            if host.first(Note) or time.perf_counter() - began > FIRST_S:
                break
        first = host.first(Note)
        host.feed(pictures, FPS, min(WARM_UP_S, seconds))
        watch = Watch(client, (ready["pid"], ready["engine_pid"], ready["player_pid"]))
        host.feed(pictures, FPS, seconds, watch)
        host.listen(time.perf_counter() + 1.2)
        times = {"ready_s": round(up - began, 2), "first_note_s": first and round(first - began, 2)}
        return {**times, **_figures(host, watch)}


def _figures(host: Host, watch: Watch) -> dict[str, Any]:
    rate, status = slope(watch.memory), host.status()
    return {
        "rss_slope_mb_per_h": rate and round(rate[0] * AN_HOUR, 1),
        "rss_slope_error_mb_per_h": rate and round(rate[1] * AN_HOUR, 1),
        "rss_mb": round(watch.memory[-1][1], 1) if watch.memory else None,
        "rss_reason": watch.unreadable or (None if rate else "too short a run"),
        "control_messages_sent": watch.asked,
        "control_messages_lost": watch.lost,
        "frames": len(host.sent),
        "dropped_frames": host.client.dropped + (status.dropped_frames if status else 0),
        "late_steps": status.late_steps if status else None,
    }
