"""The engine's shell on real sockets: what is slow stands in nobody's way."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zmq
from numpy.typing import NDArray

from score_bridge.engine.core import EngineCore
from score_bridge.engine.models import EngineModels
from score_bridge.engine.pacing import LEAST_CONTENTS, LEAST_PICTURES
from score_bridge.engine.process import EngineProcess, Socket
from score_bridge.models.picture.look import Look
from score_bridge.settings import Settings
from score_bridge.vision.pixels import Rgb
from score_bridge.wire import internal
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Features, Frame, Message
from score_bridge.wire.zmq_codec import Decoder
from tests.films import scene
from tests.tiny import tiny_layout, tiny_look, tiny_models

WAKE, BRIDGE = "inproc://wake", "inproc://bridge"
PICTURE = scene(1, 0, (90, 160))
FRAME = Frame(seq=4, shape=PICTURE.shape)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(Path(tmp_path_factory.mktemp("model")))


class Shell:
    """An engine's shell, the bridge's end of its socket, and a gate before its models."""

    def __init__(self, models: EngineModels) -> None:
        self.context: zmq.Context[Socket] = zmq.Context()
        self._bridge, self._wake, pair = (self.context.socket(kind) for kind in (zmq.PAIR, zmq.PULL, zmq.PAIR))
        self._bridge.bind(BRIDGE)
        self._wake.bind(WAKE)
        pair.connect(BRIDGE)
        self.begun, self.layouts, self.looks = (threading.Semaphore(0) for _ in range(3))
        gated = replace(models, layout=self._read_layout, look=self._encode)
        settings = Settings()
        core = EngineCore(models.decoder, models.groups, settings.controls)
        self.engine = EngineProcess(core, gated, settings, pair, WAKE)
        self._decoder: Decoder[internal.FromEngine] = Decoder(internal.FromEngine)

    def _read_layout(self, picture: Rgb) -> NDArray[np.float32]:
        self.begun.release()
        self.layouts.acquire()
        return tiny_layout(picture)

    def _encode(self, picture: Rgb) -> Look:
        self.looks.acquire()
        return tiny_look(picture)

    def see(self, frame: Frame = FRAME, payload: bytes = PICTURE.tobytes()) -> None:
        self.engine.receive(internal.Observe(source=frame, received=1.0), payload)

    def step(self, n: int) -> None:
        streams = (internal.StreamStep("main", Controls()),)
        self.engine.receive(internal.Step(n=n, due=n * 0.1, seconds_per_step=0.1, streams=streams), b"")

    def wait(self) -> None:
        """Wait for a thread to finish something, and let the shell collect it."""
        assert self._wake.poll(10_000)
        self._wake.recv()
        self.engine.collect()
        while self.engine.work():
            pass

    def said(self) -> list[Message]:
        found: list[Message] = []
        while self._bridge.poll(0):
            found.append(self._decoder.decode(self._bridge.recv_multipart())[0])
        return found

    def close(self) -> None:
        self.layouts.release(100)
        self.looks.release(100)
        self.engine.close()
        self.context.destroy(linger=0)


@pytest.fixture
def shell(models: EngineModels) -> Iterator[Shell]:
    made = Shell(models)
    yield made
    made.close()


def test_steps_are_decided_while_a_picture_is_decoded_and_another_encoded(shell: Shell) -> None:
    shell.see()
    shell.step(0)
    assert [type(m) for m in shell.said()] == [internal.Stepped]
    shell.layouts.release()
    shell.wait()
    [report] = shell.said()
    assert isinstance(report, internal.Observed)
    assert (report.seq, report.received, report.encoded, report.refused) == (4, 1.0, False, "")
    assert report.finished > 0
    assert report.descriptors
    shell.step(1)
    [stepped] = shell.said()
    assert isinstance(stepped, internal.Stepped)
    assert stepped.compute_ms > 0
    shell.looks.release()
    shell.wait()
    [report] = shell.said()
    assert isinstance(report, internal.Observed)
    assert (report.seq, report.again, report.encoded, report.quick) == (4, True, True, False)


def test_a_picture_that_cannot_be_decoded_is_refused_and_the_next_one_is_seen(shell: Shell) -> None:
    shell.layouts.release(9)
    shell.see(Frame(seq=7, shape=(5, 5, 3)), b"too short")
    shell.wait()
    [report] = shell.said()
    assert isinstance(report, internal.Observed)
    assert (report.seq, report.refused_kind) == (7, "frame")
    assert "expected 75 bytes" in report.refused
    shell.see()
    shell.wait()
    assert [type(m) for m in shell.said()] == [internal.Observed]


def test_what_comes_of_a_forgotten_stream_s_pictures_is_dropped(shell: Shell) -> None:
    shell.see()
    shell.begun.acquire()
    shell.engine.receive(internal.Release(stream="main", forget=True), b"")
    shell.layouts.release()
    shell.wait()
    assert shell.said() == [internal.Forgotten(stream="main")]


def test_a_host_s_own_vector_needs_no_thread(shell: Shell) -> None:
    source = Features(values=tuple(np.ones(5).tolist()), seq=2)
    shell.engine.receive(internal.Observe(source=source, received=1.0), b"")
    assert shell.engine.work()
    [report] = shell.said()
    assert isinstance(report, internal.Observed)
    assert (report.seq, report.encoded, report.quick) == (2, True, False)


def test_it_ends_at_shutdown(shell: Shell) -> None:
    assert shell.engine.receive(internal.Release(stream="main"), b"")
    assert not shell.engine.receive(internal.Shutdown(), b"")
    assert shell.engine.alive()


def give(shell: Shell, stream: str, seq: int) -> None:
    source = Features(stream=stream, values=(0.1, 0.2, 0.3), seq=seq)
    shell.engine.receive(internal.Observe(source=source, received=float(seq)), b"")


def test_a_step_waits_for_no_more_than_the_one_thing_in_hand(shell: Shell) -> None:
    for seq in range(3):
        give(shell, f"s{seq}", seq)
    assert shell.engine.work()
    shell.step(0)
    assert [type(m) for m in shell.said()] == [internal.Observed, internal.Stepped]
    assert [shell.engine.work() for _ in range(3)] == [True, True, False]
    assert [m.seq for m in shell.said() if isinstance(m, internal.Observed)] == [1, 2]


def test_what_waits_of_a_stream_that_is_forgotten_does_not_make_it_anew(shell: Shell) -> None:
    give(shell, "gone", 0)
    give(shell, "main", 1)
    shell.engine.receive(internal.Release(stream="gone", forget=True), b"")
    while shell.engine.work():
        pass
    assert [m.stream for m in shell.said() if isinstance(m, internal.Observed)] == ["main"]


def test_pictures_rest_where_steps_take_long(shell: Shell) -> None:
    """As told by when a step was asked for: an hour ago, on the machine's clock."""
    streams = (internal.StreamStep("main", Controls()),)
    before = shell.engine.shares
    assert before == (1.0, 1.0)
    asked = time.perf_counter() - 3600.0
    for n in range(20):
        step = internal.Step(n=n, due=n * 0.1, asked=asked, seconds_per_step=0.1, streams=streams)
        shell.engine.receive(step, b"")
    assert shell.engine.shares == (max(2 * LEAST_CONTENTS, LEAST_PICTURES), LEAST_CONTENTS)
