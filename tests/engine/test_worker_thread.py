"""Slow work on a thread, with a real wake-up socket."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import zmq

from score_bridge.engine.worker_thread import Worker

WAKE = "inproc://wake"


@dataclass(frozen=True)
class Job:
    stream: str
    number: int


class Bench:
    """A worker whose jobs are done when the test says so."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self.wake = context.socket(zmq.PULL)
        self.wake.bind(WAKE)
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.worker: Worker[Job, int] = Worker(self._work, context, WAKE, self.gate)

    def _work(self, job: Job) -> int:
        self.begun.release()
        self.go.acquire()
        if job.number < 0:
            raise ValueError("a failed job")
        return job.number * 2

    def finish(self) -> None:
        """Let the job in hand end, and wait until the worker says so."""
        self.go.release()
        assert self.wake.poll(5000)
        self.wake.recv()


@pytest.fixture
def bench() -> Iterator[Bench]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    made = Bench(context)
    yield made
    made.go.release(100)
    made.worker.close()
    context.destroy(linger=0)


def test_the_newest_job_of_a_stream_takes_the_place_of_the_waiting_one(bench: Bench) -> None:
    bench.worker.submit(Job("a", 1))
    bench.begun.acquire()
    for job in (Job("a", 2), Job("b", 3), Job("a", 4)):
        bench.worker.submit(job)
    for _ in range(3):
        bench.finish()
    assert [(job.stream, result) for job, result in bench.worker.finished()] == [("a", 2), ("a", 8), ("b", 6)]
    assert bench.worker.finished() == []


def test_jobs_of_a_stream_that_is_gone_come_to_nothing(bench: Bench) -> None:
    """Waiting, in hand or done: a stream that begins anew by the same name must not get them."""
    bench.worker.submit(Job("a", 1))
    bench.finish()
    bench.worker.submit(Job("a", 2))
    bench.begun.acquire()
    bench.begun.acquire()
    bench.worker.submit(Job("b", 3))
    bench.worker.submit(Job("a", 4))
    bench.worker.forget("a")
    bench.worker.submit(Job("a", 5))
    for _ in range(3):
        bench.finish()
    assert [job.number for job, _ in bench.worker.finished()] == [3, 5]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_fails_is_noticed(bench: Bench) -> None:
    assert bench.worker.alive()
    bench.worker.submit(Job("a", -1))
    bench.go.release()
    bench.worker._thread.join(5)
    assert not bench.worker.alive()


def test_no_job_begins_while_the_gate_is_closed(bench: Bench) -> None:
    bench.gate.clear()
    for number in (1, 2):
        bench.worker.submit(Job("a", number))
    assert not bench.begun.acquire(timeout=0.05)
    bench.gate.set()
    bench.finish()
    assert bench.worker.finished() == [(Job("a", 2), 4)]


def test_a_worker_that_rests_ends_at_once_when_it_is_closed(bench: Bench) -> None:
    bench.worker.share = 1e-6
    bench.worker.submit(Job("a", 1))
    bench.finish()
    bench.worker.close()
    assert not bench.worker.alive()
