"""How late notes come by MIDI through a JACK server of our own, where JACK and python-rtmidi are installed."""

import contextlib
import importlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from score_bridge.bench.host import Host
from score_bridge.bench.pictures import drifting
from score_bridge.bench.statistics import percentiles
from score_bridge.client import Client
from score_bridge.live.server_process import serving
from score_bridge.settings import Settings
from score_bridge.wire.messages import Note

RATE, PERIOD = 48_000, 32  # samples a second, and of a period: JACK gives a MIDI event the begin of one
PROGRAMS = ("jackd", "jack_wait", "jack_connect")
OUT, IN = "RtMidiOut Client:score_bridge", "RtMidiIn Client:bench"
FPS, SIDE = 30.0, 64
CONNECT_S = 10.0
SAME_S = 0.05  # a note that came further from its time than this is another one
Arrival = tuple[float, int]


def note_jitter(settings: Settings, seconds: float) -> dict[str, Any]:
    """Play for `seconds`; return how long after they were due notes came, in ms, and JACK's period.

    `reason` says why there are none.
    """
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        return {"p50": None, "p99": None, "reason": f"{missing[0]} is absent"}
    arrivals: list[Arrival] = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(_jack())
        try:
            stack.enter_context(_listening(arrivals))
        except (ImportError, OSError) as error:
            return {"p50": None, "p99": None, "reason": str(error)}
        ready = stack.enter_context(serving(replace(settings, midi_port="virtual")))
        _connect()
        host = Host(stack.enter_context(Client.connect(ready["zmq"], name="bench")))
        host.feed(drifting(SIDE, SIDE), FPS, seconds)
        host.listen(time.perf_counter() + 0.5)
    late = list(_lateness(arrivals, [m for _, m in host.received if isinstance(m, Note)]))
    return {**percentiles(late, with_max=True), "notes": len(late), "period": round(PERIOD / RATE * 1e3, 2)}


def _lateness(arrivals: list[Arrival], notes: list[Note]) -> Iterator[float]:
    """Yield how long after it was due each note came."""
    for note in notes:
        near = [
            when - note.time for when, pitch in arrivals if pitch == note.pitch and abs(when - note.time) < SAME_S
        ]
        if near:
            yield min(near, key=abs)


@contextlib.contextmanager
def _jack() -> Iterator[None]:
    """A JACK server without hardware, for us alone."""
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name = f"score-bridge-bench-{os.getpid()}"
    command = ["jackd", "-n", name, "-r", "--no-realtime", "-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)]
    jackd = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["jack_wait", "-w", "-t", "10"], check=False, capture_output=True)
        yield
    finally:
        jackd.terminate()
        jackd.wait(10)
        if before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = before


@contextlib.contextmanager
def _listening(arrivals: list[Arrival]) -> Iterator[None]:
    """Write down when notes begin, in the MIDI system's own thread."""
    mido = importlib.import_module("mido")

    def take(message: Any) -> None:
        if message.type == "note_on" and message.velocity:
            arrivals.append((time.perf_counter(), message.note))

    port = mido.Backend("mido.backends.rtmidi/UNIX_JACK").open_input("bench", virtual=True, callback=take)
    try:
        yield
    finally:
        port.close()


def _connect() -> None:
    end = time.perf_counter() + CONNECT_S
    while subprocess.run(["jack_connect", OUT, IN], check=False, capture_output=True).returncode:
        if time.perf_counter() > end:
            return
