"""Following Ableton Link, on made sessions: joining, leaving, tempos, beats that jump. Time is what the test says."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.live.actions import ForPlayer
from score_bridge.live.clock import MusicalClock
from score_bridge.live.conductor import Conductor
from score_bridge.live.follower import BEHIND as BAR_BEHIND
from score_bridge.live.follower import BEYOND as TEMPO_BEYOND
from score_bridge.live.link_clock import LinkedClock, LinkState
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import NoteOff, Tempo
from tests.live.player.test_schedule import note
from tests.live.test_conductor import READY, conductor, play, stepped
from tests.live.test_sessions import Stage

LEAD, TURN = 0.02, 0.05

BEHIND, BEYOND = f"Ableton Link's {BAR_BEHIND}", f"Ableton Link's {TEMPO_BEYOND}"


@dataclass
class Made:
    """A clock that hears of a session once a turn, and is asked for steps whenever it wants to be."""

    clock: LinkedClock = field(default_factory=lambda: LinkedClock(MusicalClock(120, LEAD, LEAD)))
    now: float = 0.0
    beat: float = 0.0
    tempo: float = 120.0
    peers: int = 0
    steps: list[tuple[int, float]] = field(default_factory=list)
    late: float = 0.0  # by how many seconds the latest was decided after it was due

    def until(self, time: float) -> None:
        """Turn as the bridge does: when a step is to be decided, and every 50 ms at least."""
        while self.now < time:
            tempo = self.clock.take(LinkState(self.now, self.beat, self.tempo, self.peers))
            self.tempo = tempo or self.tempo
            decided = self.clock.decide(self.now)
            self.steps += decided
            self.late = max([self.late, *(self.now - due for _, due in decided)])
            pause = max(0.001, min(TURN, self.clock.wake - self.now, time - self.now))
            self.now += pause
            self.beat += pause * self.tempo / 60

    def off(self, after: float) -> Iterator[float]:
        """Yield by how many milliseconds each step due `after` misses its place in the session's bar."""
        for n, due in self.steps:
            if due >= after:
                place = (self.beat + (due - self.now) * self.tempo / 60) * 4
                missed = (place - n + STEPS_PER_BAR / 2) % STEPS_PER_BAR - STEPS_PER_BAR / 2
                yield missed * step_length(self.tempo) * 1000


@pytest.mark.parametrize("tempo", [20.0, 97.3, 120.0, 300.0])
@pytest.mark.parametrize("beat", [0.0, 1.37, 2.0, 3.99, -7.1, 1e6])
def test_after_joining_every_step_has_the_place_in_the_bar_that_the_session_says(tempo: float, beat: float) -> None:
    made = Made()
    made.until(5.03)
    made.beat, made.tempo, made.peers = beat, tempo, 1
    joined = made.now
    made.until(joined + 4 * 60 / tempo * 3)
    off = list(made.off(joined + 0.1))
    assert len(off) >= 2 * STEPS_PER_BAR
    assert max(map(abs, off)) < 1
    assert made.clock.led
    assert made.clock.tempo == tempo
    assert made.clock.skipped == 0


def test_alone_it_plays_on_at_its_own_tempo() -> None:
    made = Made()
    made.until(10.0)
    assert [n for n, _ in made.steps] == list(range(len(made.steps)))
    assert [b - a for (_, a), (_, b) in pairwise(made.steps[1:])] == pytest.approx([0.125] * (len(made.steps) - 2))
    assert not made.clock.led
    assert made.clock.waits_for == ""


@pytest.mark.parametrize("joined", [5.01, 5.03, 5.1])
@pytest.mark.parametrize("ahead", [1.0, 1.3, 2.7, 3.4, 3.5, 7.0, -1.0, -3.5, -7.0, 8.0])
def test_a_step_is_neither_repeated_nor_late_where_the_session_is_elsewhere(ahead: float, joined: float) -> None:
    made = Made()
    made.until(joined)
    made.beat += ahead / 4
    made.until(12.0)
    assert made.late == 0
    numbers = [n for n, _ in made.steps]
    assert numbers == sorted(set(numbers))
    gaps = [b - a for (_, a), (_, b) in pairwise(made.steps)]
    assert min(gaps[1:]) >= 0.125 / 2 - 1e-6
    assert max(gaps) <= 0.125 * (2 + max(0.0, -ahead)), "it waits for no more than it is ahead"
    assert numbers[-1] - len(numbers) + 1 <= max(0.0, ahead) + 1
    assert made.clock.skipped == 0


def test_what_is_ahead_of_the_session_s_bar_waits_and_says_so() -> None:
    made = Made()
    made.until(5.03)
    before = made.clock.next_step
    made.beat -= 1
    made.until(made.now + 0.2)
    assert (made.clock.waits_for, made.clock.wake, made.clock.next_step) == (BEHIND, math.inf, before)
    made.until(made.now + 0.5)
    assert made.clock.waits_for == ""
    assert made.clock.next_step > before


def test_who_leaves_does_not_move_the_music() -> None:
    made = Made(tempo=132.0, beat=2.7, peers=2)
    made.until(4.0)
    for peers in (1, 0, 3, 0):
        made.peers = peers
        made.until(made.now + 1)
    numbers = [n for n, _ in made.steps]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert max(map(abs, made.off(0.2))) < 1


def test_a_new_tempo_is_followed_with_the_next_turn() -> None:
    made = Made(peers=1)
    made.until(3.01)
    made.tempo = 75.0
    made.until(8.0)
    assert max(map(abs, made.off(3.2))) < 1
    assert [n for n, _ in made.steps] == list(range(len(made.steps)))
    assert made.clock.tempo == 75.0


def test_a_tempo_that_nobody_plays_is_not_followed_and_said() -> None:
    made = Made(peers=1)
    made.until(2.0)
    made.tempo = 1000.0
    before = len(made.steps)
    made.until(9.0)
    assert made.clock.waits_for == BEYOND == "Ableton Link's tempo is beyond 20 to 300"
    assert made.clock.wake == math.inf
    assert len(made.steps) <= before + 1
    made.tempo = 120.0
    made.until(12.0)
    assert made.clock.waits_for == ""
    assert max(map(abs, made.off(10.2))) < 1
    assert made.clock.skipped == 0, "nobody was late"


def test_a_thousand_tempos_and_the_bar_is_kept() -> None:
    made, draw = Made(peers=1), np.random.default_rng(0)
    for tempo in draw.uniform(20, 300, 1000):
        made.tempo = float(tempo)
        made.until(made.now + float(draw.uniform(0.001, 0.3)))
    made.tempo = 120.0
    changed = made.now
    made.until(changed + 4)
    numbers = [n for n, _ in made.steps]
    assert numbers == sorted(set(numbers))
    assert all(a < b for (_, a), (_, b) in pairwise(made.steps))
    assert max(map(abs, made.off(changed + 0.2))) < 1


STATES = st.lists(
    st.tuples(st.floats(0, 0.4), st.floats(-1e6, 1e6), st.sampled_from([1000.0, 0.0, 20.0, 120.0, 300.0, math.nan])),
    max_size=60,
)


@given(STATES, st.floats(0.002, 0.1))
def test_no_step_is_ever_repeated_whatever_a_session_says(
    said: list[tuple[float, float, float]], lead: float
) -> None:
    made = Made()
    made.clock.lead = lead
    for wait, beat, tempo in said:
        made.beat, made.tempo = beat, tempo
        made.until(made.now + wait)
    made.beat, made.tempo = 0.0, 120.0
    end = made.now
    made.until(end + 3)
    numbers = [n for n, _ in made.steps]
    assert numbers == sorted(set(numbers))
    assert all(a < b for (_, a), (_, b) in pairwise(made.steps))
    assert max(map(abs, made.off(end + 0.2))) < 1


def test_a_host_s_tempo_is_told_to_the_session_once() -> None:
    made = Made(peers=1)
    made.until(2.0)
    made.clock.set_tempo(90.0, made.now)
    assert made.clock.tempo == 90.0
    old = LinkState(made.now, made.beat, 120.0, 1)
    assert made.clock.take(old) == 90.0
    assert made.clock.tempo == 90.0, "the session has not heard of it yet"
    assert made.clock.take(old._replace(tempo=90.0)) is None
    assert made.clock.tempo == 90.0
    assert made.clock.take(old._replace(time=made.now + 0.05, tempo=140.0)) is None
    assert made.clock.tempo == 140.0, "and another program may change it again"


def test_a_host_sets_the_tempo_of_all_and_hears_of_another_s() -> None:
    stage = Stage(link=True)
    stage.say(Tempo(bpm=90.0), now=1.0)
    assert stage.conductor.follow(LinkState(1.01, 2.0, 120.0, 1)) == 90.0
    assert stage.conductor.follow(LinkState(1.02, 2.0, 100.0, 1)) is None
    assert stage.conductor.clock.tempo == 100.0


@pytest.mark.parametrize(("peers", "tempo"), [(0, 90.0), (1, 120.0)])
def test_a_show_sets_no_tempo_in_a_session_of_others(peers: int, tempo: float) -> None:
    made = Conductor(Settings(link=True), 0.0)
    made.follow(LinkState(0.1, 0.0, 120.0, peers))
    made.engine_ready(msgspec.structs.replace(READY, controls=("tempo 90",)), 0.2)
    assert made.clock.tempo == tempo


def test_a_midi_clock_goes_with_the_session() -> None:
    made, told = conductor(link=True, clock_out=True), []
    for turn in range(400):
        now = turn / 100
        made.follow(LinkState(now, 0.7 + now * 1.5, 90.0, 1))
        told += [a.message for a in made.due(now) if isinstance(a, ForPlayer)]
    pulses = [m for m in told if isinstance(m, internal.Pulses)]
    begins = [m.times[0] for m in pulses if m.begins]
    times = [time for m in pulses for time in m.times if time >= begins[-1]]
    assert (0.7 + begins[-1] * 1.5) % 4 == pytest.approx(0, abs=0.001), "with the session's bar"
    assert [b - a for a, b in pairwise(times)] == pytest.approx([60 / 90 / 24] * (len(times) - 1))
    assert len(times) > 24


def test_what_sounds_ends_as_was_foreseen_while_the_session_is_waited_for() -> None:
    made = conductor(link=True)
    stream = play(made)
    made.follow(LinkState(0.0, 0.0, 120.0, 1))
    made.due(0.0)
    sounding = note(1, 0.02)
    made.stepped(stepped(stream.asked_step, sounding, due=0.02), 0.02)
    made.follow(LinkState(0.1, 0.2, 1000.0, 1))
    ended = [a.message for a in made.due(sounding.time + sounding.seconds + 0.01) if isinstance(a, ForPlayer)]
    assert [type(e) for message in ended if isinstance(message, internal.Play) for e in message.events] == [NoteOff]
