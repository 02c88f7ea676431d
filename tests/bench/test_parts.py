"""The parts of the benchmark that need no models: pictures, machine, host, child processes, report."""

import io
import json
import os
import time
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from score_bridge.bench.child import answer, child
from score_bridge.bench.host import Host
from score_bridge.bench.machine import machine, resident_mib
from score_bridge.bench.pictures import drifting, scene, write_film
from score_bridge.bench.report import table
from score_bridge.client import Client
from score_bridge.errors import ModelError, ScoreBridgeError
from score_bridge.media.film import Film
from score_bridge.vision.descriptors import describe
from score_bridge.vision.frame import shrink
from score_bridge.wire.messages import Frame, Note
from tests.client import fake_server


def echo(pipe: Connection, word: str) -> None:
    pipe.send(word)


def fail(pipe: Connection) -> None:
    raise ModelError("no weights")


def leave(pipe: Connection) -> None: ...


def test_pictures_are_the_same_every_time_and_drift() -> None:
    first, again = scene(3, 64, 48), scene(3, 64, 48)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert first[0].shape == (48, 64, 3)
    assert first[0].flags.c_contiguous
    assert not np.array_equal(first[0], first[7])
    assert np.array_equal(next(drifting(64, 48)), scene(0, 64, 48)[0])


def test_every_change_of_scene_is_a_cut_told_at_its_first_picture() -> None:
    memory = None
    for i in range(14):
        found, memory = describe(shrink(scene(i, 256, 256)[0], 64), memory, i * 0.5)
        again, memory = describe(shrink(scene(i, 256, 256)[0], 64), memory, i * 0.5 + 0.033)
        assert (found.cut, again.cut) == (i > 0, False)


def test_film(tmp_path: Path) -> None:
    assert write_film(tmp_path / "film.mp4", 1.0, 64, 48) == 1.0
    pictures = list(Film.open(tmp_path / "film.mp4").frames())
    assert len(pictures) == 25
    assert pictures[0].rgb.shape == (48, 64, 3)


def test_machine_is_json_and_names_its_cores() -> None:
    assert json.loads(json.dumps(machine()))["cores"] >= 1


def test_memory_of_this_process_and_of_none() -> None:
    assert resident_mib([os.getpid()]) > 10
    assert resident_mib([]) == 0
    with pytest.raises(LookupError, match="999999999"):
        resident_mib([999999999])


def test_a_host_sends_hears_and_numbers_as_its_client_does() -> None:
    with fake_server.running() as server, Client.connect(server.zmq) as client:
        host = Host(client)
        gone: list[float] = []
        host.feed(cycle(scene(0, 8, 8)), 50, 0.2, gone.append)
        host.listen(time.perf_counter() + 0.05)
        frames = [message for message in server.heard if isinstance(message, Frame)]
        assert [frame.seq for frame in frames] == list(host.sent)
        assert len(gone) == len(host.sent) <= 11
        assert sorted(host.sent.values()) == list(host.sent.values())
        assert host.first(Note) is not None
        assert host.status() is None


def test_a_child_answers() -> None:
    with child(f"{__name__}:echo", "hello") as pipe:
        assert answer(pipe, 30) == "hello"


@pytest.mark.parametrize(("name", "reason"), [("fail", "no weights"), ("leave", "without an answer")])
def test_a_child_that_cannot_answer(name: str, reason: str) -> None:
    with child(f"{__name__}:{name}") as pipe, pytest.raises(ScoreBridgeError, match=reason):
        answer(pipe, 30)


def test_the_table_shows_every_figure_and_what_is_promised() -> None:
    figures = {"machine": {"cpu": "x"}, "overhead_ms": {"64": {"p50": 1.5, "p99": None}}, "control_messages_lost": 0}
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table(figures))
    shown = console.export_text()
    for word in ("overhead_ms 64", "p50 1.5  p99 -", "p99 <= 2", "cpu x"):
        assert word in shown
