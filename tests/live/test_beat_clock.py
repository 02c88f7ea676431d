"""Following a host's beat: made messages, with the jitter that real ones have."""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from score_bridge.errors import PeerError
from score_bridge.live.beat_clock import LOST_S, STANDS_S, BeatClock, HostBeat
from score_bridge.live.clock import MusicalClock

LEAD = 0.02


def clock(tempo: float = 120.0) -> BeatClock:
    return BeatClock(MusicalClock(tempo, start=0.0, lead=LEAD))


def told(tempo: float, fps: float, jitter: float, begin: float = 0.3, seconds: float = 8.0) -> Iterator[HostBeat]:
    """A host's beat, said once a picture, up to `jitter` seconds late; beat 0 is at time 0."""
    rng = np.random.default_rng(1)
    for i in range(int(seconds * fps)):
        at = begin + i / fps
        yield HostBeat(at + rng.uniform(0, jitter), at * tempo / 60)


def play(made: BeatClock, heard: Iterator[HostBeat]) -> list[tuple[int, float]]:
    """Let time pass by a millisecond; the steps that were decided, and when they are due."""
    coming, steps, now = next(heard, None), [], 0.0
    while coming is not None:
        now += 0.001
        while coming is not None and coming.time <= now:
            made.take(coming)
            coming = next(heard, None)
        steps += made.decide(now)
    return steps


def phase_errors(steps: list[tuple[int, float]], tempo: float, after: float) -> list[float]:
    """How far steps are from the host's sixteenths at this place of the bar, seconds."""
    length = 15 / tempo
    errors = ((due - n * length + 8 * length) % (16 * length) - 8 * length for n, due in steps if due > after)
    return [*errors]


@pytest.mark.parametrize("tempo", [72.0, 120.0, 174.0])
@pytest.mark.parametrize(("fps", "jitter"), [(60.0, 0.004), (30.0, 0.004), (2.0, 0.002)])
def test_two_seconds_on_steps_are_with_the_host(tempo: float, fps: float, jitter: float) -> None:
    made = clock()
    steps = play(made, told(tempo, fps, jitter))
    assert [n for n, _ in steps] == sorted({n for n, _ in steps})
    late = [error - jitter / 2 for error in phase_errors(steps, tempo, after=2.5 if fps > 2 else 5.0)]
    assert max(map(abs, late)) < 0.004
    assert made.tempo == pytest.approx(tempo, abs=1.0)
    assert made.led


def test_a_host_that_says_its_tempo_is_followed_at_once() -> None:
    made = clock()
    made.take(HostBeat(0.5, 0.8, 96.0))
    assert made.tempo == 96.0
    [(n, due), *_] = made.decide(1.0)
    assert due == pytest.approx(n * 15 / 96)
    with pytest.raises(PeerError, match="host's beat"):
        made.set_tempo(100.0, 0.6)


def test_whole_beats_said_again_and_again_are_a_beat_that_runs() -> None:
    made = clock()
    whole = (HostBeat(h.time, float(math.floor(h.beat))) for h in told(60.0, 60.0, 0.0, seconds=10.0))
    steps = play(made, whole)
    assert made.waits_for == ""
    late = [n for n, due in steps if due > 4.0]
    assert late == list(range(late[0], late[-1] + 1))
    assert max(map(abs, phase_errors(steps, 60.0, after=6.0))) < 0.03


def test_a_host_that_falls_silent_leads_no_more_and_the_music_plays_on() -> None:
    made = clock()
    play(made, told(90.0, 60.0, 0.0, seconds=3.0))
    before = made.next_step
    made.decide(3.3 + LOST_S - 0.1)
    assert made.led
    assert made.decide(3.3 + LOST_S + 0.1)
    assert made.next_step > before
    assert not made.led
    made.set_tempo(100.0, 6.0)
    assert made.tempo == 100.0


def test_a_beat_that_stands_still_is_waited_for_and_goes_on_at_its_place() -> None:
    made = clock()
    play(made, told(120.0, 60.0, 0.0, seconds=3.0))
    [*_, last] = told(120.0, 60.0, 0.0, seconds=3.0)
    for i in range(60):
        made.take(last._replace(time=last.time + i / 60))
    assert made.waits_for == "the host's beat stands still"
    assert made.decide(last.time + 1.0) == []
    assert made.wake == math.inf
    resumed = (HostBeat(h.time + 2.0, h.beat) for h in told(120.0, 60.0, 0.0, begin=last.time, seconds=4.0))
    steps = play(made, resumed)
    assert made.waits_for == ""
    assert (
        max(
            abs((due - 2.0) - n * 0.125 + 0.0 - round(((due - 2.0) - n * 0.125) / 2) * 2)
            for n, due in steps
            if due > 8
        )
        < 0.004
    )
    assert STANDS_S < 1.0


@pytest.mark.parametrize("tempo", [1000.0, 5.0])
def test_a_tempo_that_nobody_plays_is_named_and_waited_out(tempo: float) -> None:
    made = clock()
    made.take(HostBeat(1.0, 1.0, tempo))
    assert made.waits_for == "the host's tempo is beyond 20 to 300"
    assert made.decide(1.5) == []
    made.take(HostBeat(2.0, 2.0, 120.0))
    assert made.waits_for == ""
    assert made.decide(2.5)


def test_no_step_is_repeated_whatever_a_host_says() -> None:
    rng = np.random.default_rng(3)
    made, now, steps = clock(), 0.0, list[int]()
    for _ in range(5000):
        now += float(rng.exponential(0.01))
        made.take(
            HostBeat(now, float(rng.choice([rng.normal(0, 1e6), now * 2, 0.0])), float(rng.choice([0, 120, 9999])))
        )
        steps += [n for n, _ in made.decide(now)]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize("loop", [0.5, 1.0, 2.0, 3.0, 5.0])
def test_a_host_that_loops_is_played_with(loop: float) -> None:
    made = clock()
    looped = (HostBeat(h.time, h.beat % loop, 120.0) for h in told(120.0, 60.0, 0.0, seconds=20.0))
    steps = play(made, looped)
    assert len([n for n, due in steps if due > 10]) > 30, "of 80"
    assert max(later[1] - earlier[1] for earlier, later in pairwise(steps)) < 2.0


@pytest.mark.parametrize("seed", range(5))
def test_after_whatever_jumps_the_music_goes_on_within_a_bar(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made, now = clock(), 0.0
    for now in np.arange(0.0, 5.0, 0.001).tolist():
        made.take(HostBeat(now, float(rng.uniform(-1e9, 1e9)), float(rng.choice([0, 120, 300]))))
        made.decide(now)
    steps = play(made, (HostBeat(now + h.time, h.beat, 120.0) for h in told(120.0, 60.0, 0.0, seconds=3.0)))
    assert steps[0][1] < now + 0.3 + 2.0
