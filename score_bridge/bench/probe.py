"""The real server with a record of the messages between its processes, which no host can see.

Process contract: `run` is the bridge, in a process of its own, put together from the parts of `live.bridge.serve`;
engine and player are its children as ever. Two parts differ: `Tapped` also records the children's messages, and the
engine's models (`probe_engine`) also write down when they worked. All else, and all timing, is the server's own.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import zmq
from msgspec.structs import replace

from score_bridge.bench.child import answer, child
from score_bridge.live.bridge import Bridge
from score_bridge.live.listeners import Listeners
from score_bridge.live.supervision.child import Child, private_directory
from score_bridge.live.supervision.priority import set_niceness
from score_bridge.live.supervision.roles import BRIDGE_NICENESS, engine_role, player_role
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.zmq_codec import Part

ENGINE = "score_bridge.bench.probe_engine:run_engine"
WATCHED = "BENCH_WATCHED"  # the environment variable that names the file of the models' times
READY_S, END_S = 120.0, 15.0
Span = tuple[float, float]


@dataclass
class Record:
    """The children's messages, and when the models worked.

    quick: reports of pictures followed at once, by their quick groups; seen: of those whose content is followed;
    encodes: begin and end of each of these pictures' time in the encoder, in the same order; decodes: the same of
    steps; steps and played: what was decided and sent; decided: when each answer to a step came, and its due
    time; heard: when each report of an event came, and how late that had gone out.
    """

    ready: dict[str, Any] = field(default_factory=dict)
    quick: list[internal.Observed] = field(default_factory=list)
    seen: list[internal.Observed] = field(default_factory=list)
    steps: list[internal.Stepped] = field(default_factory=list)
    played: list[internal.Played] = field(default_factory=list)
    decided: list[Span] = field(default_factory=list)
    heard: list[Span] = field(default_factory=list)
    encodes: list[Span] = field(default_factory=list)
    decodes: list[Span] = field(default_factory=list)

    def take(self, message: object) -> None:
        """Keep a message if it is one of those."""
        match message:
            case internal.Observed(encoded=True, quick=True):
                self.quick.append(message)
            case internal.Observed(encoded=True):
                self.seen.append(message)
            case internal.Stepped():
                self.steps.append(message)
                self.decided.append((time.perf_counter(), message.due))
            case internal.Played():
                self.played.append(message)
                self.heard.append((time.perf_counter(), message.lateness))


class Tapped(Child):
    """A child process whose messages are kept in `record`."""

    record: Record

    def receive(self) -> Iterator[tuple[Any, Part]]:
        """Yield what has come from the child."""
        for message, payload in super().receive():
            self.record.take(message)
            yield message, payload


@contextmanager
def serve_with_probe(settings: Settings) -> Iterator[Record]:
    """Serve on ports of the system's choice; `ready` is there at once, all else when the `with` has ended."""
    free = replace(settings, host="127.0.0.1", zmq_port=0, pub_port=0, osc_port=0, osc_reply_port=0)
    record = Record()
    with tempfile.TemporaryDirectory(prefix="score-bench-") as folder, child(f"{__name__}:run", free, folder) as pipe:
        ready = answer(pipe, READY_S)
        assert isinstance(ready, dict)
        record.ready = ready
        yield record
        pipe.send("stop")
        final = answer(pipe, END_S)
        assert isinstance(final, Record)
        vars(record).update({**vars(final), "ready": ready})


def run(pipe: Connection, settings: Settings, folder: str) -> None:
    """Be the bridge until something comes by the pipe, then give the record back."""
    set_niceness(BRIDGE_NICENESS)
    record = Record()
    watched = Path(folder) / "watched.json"
    os.environ[WATCHED] = str(watched)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(private_directory()))
        context = zmq.Context()
        stack.callback(context.destroy)
        listeners = Listeners(settings, context)
        stack.callback(listeners.close)
        engine = Tapped(engine_role(ENGINE), internal.FromEngine, context, directory)
        player = Tapped(player_role(), internal.FromPlayer, context, directory)
        engine.record = player.record = record
        bridge = Bridge(settings, listeners, engine, player)
        stack.callback(bridge.close)
        reported = False
        while not pipe.poll():
            bridge.turn()
            if bridge.ready and not reported:
                reported = True
                pipe.send(bridge.describe())
    record.encodes, record.decodes = json.loads(watched.read_text("ascii"))
    pipe.send(record)
