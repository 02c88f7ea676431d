"""Following a MIDI clock, on a made one: jitter, lost pulses, stops, other tempos. Time is what the test says."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.errors import PeerError
from score_bridge.live.actions import ForPlayer
from score_bridge.live.clock import MusicalClock
from score_bridge.live.midi_clock import PULSES_PER_STEP, ClockEvent, FollowedClock
from score_bridge.live.status_reports import Statuses
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.wire import internal
from score_bridge.wire.messages import NoteOff
from tests.live.player.test_schedule import note
from tests.live.test_conductor import conductor, play, stepped

LEAD = 0.02


@dataclass
class Session:
    """A followed clock that is asked for its steps every millisecond."""

    clock: FollowedClock = field(default_factory=lambda: FollowedClock(MusicalClock(120, 0.0, LEAD)))
    now: float = 0.0
    steps: list[tuple[int, float]] = field(default_factory=list)

    def until(self, time: float) -> None:
        while self.now < time:
            self.steps += self.clock.decide(self.now)
            self.now += 0.001

    def say(self, *events: ClockEvent) -> None:
        for event in events:
            self.until(event.time)
            self.clock.take(event)


def pulses(begin: float, count: int, bpm: float, jitter: float = 0.0, seed: int = 0) -> Iterator[ClockEvent]:
    """Pulses from `begin` on, each up to `jitter` seconds early or late."""
    off = np.random.default_rng(seed).uniform(-jitter, jitter, count)
    for k in range(count):
        yield ClockEvent("pulse", begin + k * 60 / bpm / 24 + float(off[k]))


@pytest.mark.parametrize("bpm", [60.0, 97.3, 174.0])
def test_after_two_seconds_steps_are_within_three_milliseconds_in_spite_of_jitter(bpm: float) -> None:
    made, begin = Session(), 1.0
    made.say(ClockEvent("start", begin - 0.001), *pulses(begin, int(10 * bpm / 60 * 24), bpm, jitter=0.002))
    first = next(n for n, _ in made.steps if n % PHRASE_STEPS == 0 and n > 0)
    late = [due - (begin + (n - first) * 15 / bpm) for n, due in made.steps if n > first and due > begin + 2]
    assert len(late) > 10
    assert max(map(abs, late)) < 0.003
    assert made.clock.tempo == pytest.approx(bpm, abs=0.5)


def test_a_start_is_the_begin_of_a_bar_and_a_phrase() -> None:
    made = Session()
    made.until(3.3)
    made.say(ClockEvent("start", 3.3), *pulses(3.4, 24, 120))
    begun = [(n, due) for n, due in made.steps if due >= 3.4]
    assert begun[0][0] == PHRASE_STEPS
    assert begun[0][1] == pytest.approx(3.4)
    assert [n for n, _ in begun] == list(range(PHRASE_STEPS, PHRASE_STEPS + len(begun)))


def test_without_a_start_the_music_goes_on_without_a_jump() -> None:
    made = Session()
    made.say(*pulses(2.03, 96, 126))
    numbers = [n for n, _ in made.steps]
    assert numbers == list(range(len(numbers)))
    assert all(0.05 < b - a < 0.2 for (_, a), (_, b) in pairwise(made.steps))
    assert made.clock.tempo == pytest.approx(126, abs=0.5)


def test_a_stop_stops_and_a_continue_goes_on_in_the_same_bar() -> None:
    made = Session()
    made.say(ClockEvent("start", 0.99), *pulses(1.0, 5 * PULSES_PER_STEP, 120), ClockEvent("stop", 1.63))
    made.until(9.0)
    before = made.steps[-1][0]
    assert made.clock.waits_for == "the MIDI clock is stopped"
    assert made.clock.wake == math.inf
    made.say(ClockEvent("continue", 9.0), *pulses(9.1, 60, 120))
    after = [(n, due) for n, due in made.steps if due > 9.0]
    assert after[0][0] == (before // PHRASE_STEPS + 1) * PHRASE_STEPS + 5
    assert after[0][1] == pytest.approx(9.1)
    made.say(ClockEvent("stop", made.now), ClockEvent("position", made.now, 8), ClockEvent("continue", made.now))
    made.say(*pulses(made.now + 0.05, 24, 120))
    assert made.steps[-1][0] % PHRASE_STEPS in range(8, 13)
    assert made.clock.skipped == 0


def test_lost_pulses_do_not_move_the_bar() -> None:
    made, every = Session(), list(pulses(1.0, 960, 120, jitter=0.001))
    kept = [event for k, event in enumerate(every) if k % 7 != 3 and not 300 < k < 306]
    made.say(ClockEvent("start", 0.99), *kept)
    off = [due - (1.0 + (n - PHRASE_STEPS) * 0.125) for n, due in made.steps if n > PHRASE_STEPS + 16]
    assert len(off) > 130
    assert max(map(abs, off)) < 0.005


def test_a_silent_clock_is_waited_for_and_comes_back_where_it_was() -> None:
    made = Session()
    made.say(ClockEvent("start", 0.99), *pulses(1.0, 48, 120))
    made.until(30.0)
    last = made.steps[-1][0]
    assert made.clock.waits_for == "the MIDI clock is silent"
    made.say(*pulses(30.0, 96, 120))
    assert made.steps[-1][0] > last + 8
    assert [b - a for (a, _), (b, _) in pairwise(made.steps[-12:])] == [1] * 11
    assert made.clock.skipped <= 1


def test_a_new_tempo_is_followed_within_half_a_beat() -> None:
    made = Session()
    made.say(ClockEvent("start", 0.99), *pulses(1.0, 96, 120))
    begin = made.now + 60 / 120 / 24
    made.say(*pulses(begin, 96, 75))
    gaps = [b - a for (_, a), (_, b) in pairwise(made.steps) if a > begin + 0.4]
    assert gaps == pytest.approx([15 / 75] * len(gaps), abs=0.01)
    assert made.clock.tempo == pytest.approx(75, abs=0.3)


def test_a_tempo_that_nobody_plays_is_not_followed_and_said() -> None:
    made = Session()
    made.say(ClockEvent("start", 0.99), *pulses(1.0, 100, 1000))
    assert made.clock.waits_for == "the MIDI clock's tempo is beyond 20 to 300"
    assert len(made.steps) < 40
    made.say(*pulses(made.now + 0.02, 100, 120))
    assert made.clock.waits_for == ""


def test_the_tempo_is_the_hosts_until_a_clock_is_heard() -> None:
    made = Session()
    made.clock.set_tempo(90.0, 0.0)
    assert made.clock.tempo == 90
    made.say(*pulses(1.0, 3, 120))
    with pytest.raises(PeerError, match="that of the MIDI clock"):
        made.clock.set_tempo(100.0, 1.1)


KIND = st.sampled_from(["pulse", "start", "continue", "stop", "position"])
EVENTS = st.lists(st.tuples(KIND, st.floats(0, 0.6), st.integers(0, 99)), max_size=60)


@given(EVENTS)
def test_no_step_is_ever_repeated_whatever_a_clock_says(said: list[tuple[str, float, int]]) -> None:
    made, time = Session(), 0.0
    for kind, wait, value in said:
        time += wait
        made.say(ClockEvent(kind, time, value))  # type: ignore[arg-type]
    numbers = [n for n, _ in made.steps]
    assert numbers == sorted(set(numbers))
    assert math.isfinite(made.clock.seconds_per_step)


def test_what_sounds_ends_as_was_foreseen_while_the_clock_stands_still() -> None:
    made = conductor(clock_in="a port")
    stream = play(made)
    made.follow(ClockEvent("start", 0.0))
    for event in pulses(0.01, 20, 120):
        made.due(event.time)
        made.follow(event)
    n = stream.asked_step
    sounding = note(1, 0.3)
    made.stepped(stepped(n, sounding, due=0.3), 0.3)
    made.follow(ClockEvent("stop", 0.45))
    assert made.due(0.5) == []
    ended = [a.message for a in made.due(sounding.time + sounding.seconds + 0.01) if isinstance(a, ForPlayer)]
    assert [type(e) for message in ended if isinstance(message, internal.Play) for e in message.events] == [NoteOff]
    assert [s.message for s in Statuses(made).due(9.0)] == ["the MIDI clock is stopped"]


def test_others_are_given_the_pulses_a_start_with_a_bar_and_a_stop() -> None:
    made = conductor(clock_out=True, clock_in="a port")
    given: list[internal.Pulses | internal.PulsesEnd] = []

    def due(now: float) -> None:
        given.extend(
            a.message for a in made.due(now) if isinstance(a, ForPlayer)
            and isinstance(a.message, internal.Pulses | internal.PulsesEnd)
        )  # fmt: skip

    for n in range(4):
        due(n * 0.125)
    for event in (ClockEvent("start", 0.5), *pulses(0.6, 60, 120), ClockEvent("stop", 1.9)):
        due(event.time)
        made.follow(event)
    due(1.95)
    told = [p for p in given if isinstance(p, internal.Pulses)]
    assert isinstance(given[-1], internal.PulsesEnd)
    times = [t for p in told for t in p.times]
    at = next(k for k, p in enumerate(told) if p.times[0] > 0.59)
    assert [k for k, p in enumerate(told) if p.begins] == [0, at], "as it begins, and where it is started anew"
    assert all(0.015 < b - a < 0.03 for a, b in pairwise(times[at * PULSES_PER_STEP :]))
    assert isinstance(given[given.index(told[at]) - 1], internal.PulsesEnd)
    assert made.due(2.5) == []


def test_pulses_are_only_sent_where_they_are_wanted() -> None:
    made = conductor()
    assert not any(isinstance(a.message, internal.Pulses) for a in made.due(0.5) if isinstance(a, ForPlayer))
