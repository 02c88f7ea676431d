"""The core by itself: no sockets, and time is what the test says."""

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from score_bridge.errors import PeerError
from score_bridge.live.actions import Action, ForEngine, ForPlayer, Publish, ZmqPeer
from score_bridge.live.conductor import UNUSED, Conductor
from score_bridge.live.player.schedule import Event
from score_bridge.live.streams import PATIENCE, Picture, Stream
from score_bridge.live.worker import GIVE_UP, MAX_BEHIND, STALLED
from score_bridge.settings import MAX_STREAMS, Settings
from score_bridge.wire import internal
from score_bridge.wire.bindings import DIRECTIONS, Binding
from score_bridge.wire.controls import Controls, set_control, to_texts
from score_bridge.wire.messages import Expression, Frame, Key, Label, Latent, Save
from score_bridge.wire.midi_expression import MidiTarget, MidiValue
from tests.live.player.test_schedule import note, off

READY = internal.EngineReady(weights="w", latent_size=2, device="cpu", directions=DIRECTIONS)
STEP = 0.125
LEAD = Settings().lead_ms / 1000


def conductor(**settings: object) -> Conductor:
    """One that began at 0 with engine and player up; step n is due at LEAD + n * STEP."""
    made = Conductor(Settings(**settings), now=0.0)  # type: ignore[arg-type]
    made.engine_ready(READY, 0.0)
    made.player_ready(0.0)
    return made


def picture(seq: int = 0, stream: str = "main") -> Picture:
    return Picture(Frame(stream=stream, seq=seq), b"jpeg", ZmqPeer(b"a"), received=0.0)


def observed(seq: int = 0, stream: str = "main", **more: object) -> internal.Observed:
    """What the engine says of a picture; where `more` says nothing else, its features are heard."""
    said = {"received": 0.0, "descriptors": {"hue": 0.5}, "encoded": True, **more}
    return internal.Observed(stream=stream, seq=seq, **said)  # type: ignore[arg-type]


def refused(seq: int = 0) -> internal.Observed:
    return observed(seq, descriptors={}, encoded=False, refused_kind="picture", refused="broken")


def stepped(n: int, *events: Event, due: float | None = None) -> internal.Stepped:
    due = LEAD + n * STEP if due is None else due
    return internal.Stepped(
        stream="main", n=n, due=due, token=0, events=events, latent=(0.5,), program=3, compute_ms=1.0
    )


def play(made: Conductor, name: str = "main", now: float = 0.0) -> Stream:
    """Let a stream play."""
    stream, _ = made.open(name, now)
    made.feed(stream, picture(stream=name))
    made.observed(observed(stream=name), now)
    return stream


def told_player(actions: list[Action]) -> list[Action]:
    return [action for action in actions if isinstance(action, ForPlayer)]


def seqs(actions: list[Action]) -> list[int]:
    observes = [a.message for a in actions if isinstance(a, ForEngine) and isinstance(a.message, internal.Observe)]
    return [observe.source.seq for observe in observes]


def test_one_picture_is_in_flight_and_the_newest_of_the_others_follows() -> None:
    made = conductor()
    stream, _ = made.open("main", 0.0)
    assert [seqs(made.feed(stream, picture(n))) for n in range(4)] == [[0], [], [], []]
    _, actions = made.observed(observed(0), 0.1)
    assert seqs(actions) == [3]
    assert stream.mailbox.dropped == 2
    assert seqs(made.observed(observed(3), 0.2)[1]) == []


def test_a_heard_picture_is_published_as_expression_and_a_refused_one_is_returned() -> None:
    made = conductor()
    stream, _ = made.open("main", 0.0)
    made.feed(stream, picture())
    _, actions = made.observed(observed(cut=True), 0.25)
    readings = tuple(
        Expression(stream="main", name=name, value=value, time=0.25)
        for name, value in (("hue", 0.5), ("cut", 1.0), ("onset", 0.0))
    )
    assert actions == [Publish(readings)]
    assert stream.state == "playing"
    assert stream.readings.latency == 0.25
    made.feed(stream, picture(7))
    back, actions = made.observed(refused(7), 0.3)
    assert (back, actions, stream.readings.refused) == (picture(7), [], 1)


def test_a_picture_is_heard_when_its_features_are_and_its_place_is_free_before_that() -> None:
    made = conductor()
    stream, _ = made.open("main", 0.0)
    made.feed(stream, picture(0))
    made.feed(stream, picture(1))
    seen, actions = made.observed(observed(0, encoded=False), 0.1)
    assert (seen, seqs(actions), stream.state) == (picture(0), [1], "waiting")
    assert made.observed(observed(0, again=True), 0.2) == (None, [])
    assert (stream.state, stream.readings.latency) == ("playing", 0.2)
    assert stream.mailbox.in_flight == picture(1)


@pytest.mark.parametrize(("made", "age"), [(0.6, 0.65), (0.0, 0.0), (9.0, 0.0), (-70.0, 0.0), (float("nan"), 0.0)])
def test_a_picture_s_own_stamp_tells_how_long_it_took_in_all(made: float, age: float) -> None:
    """Where it is of another clock, or none, it tells nothing."""
    core = Conductor(Settings(), 0.0)
    core.engine_ready(READY, 0.0)
    stream, _ = core.open("main", 0.0)
    core.feed(stream, Picture(Frame(seq=1, time=made, shape=(1, 1, 3)), b"", ZmqPeer(b"h"), 1.0))
    report = internal.Observed(stream="main", seq=1, received=1.0, descriptors={}, encoded=True)
    core.observed(report, 1.25)
    assert stream.readings.latency == 0.25
    assert stream.readings.end_to_end == pytest.approx(age)


def test_features_without_a_picture_have_no_expression() -> None:
    made = conductor()
    stream, _ = made.open("main", 0.0)
    made.feed(stream, picture())
    assert made.observed(observed(descriptors={}), 0.1)[1] == []


def test_only_playing_streams_are_stepped_each_step_once() -> None:
    made = conductor()
    made.open("silent", 0.0)
    assert made.due(0.0) == []
    stream = play(made)
    assert made.due(0.05) == []
    step = internal.Step(
        n=1,
        due=LEAD + STEP,
        asked=0.125,
        seconds_per_step=STEP,
        streams=(internal.StreamStep("main", stream.controls),),
    )
    assert made.due(0.125) == [ForEngine(step)]
    assert made.due(0.13) == []


def test_what_the_engine_decided_is_played_and_its_latent_published() -> None:
    made = conductor()
    play(made)
    made.due(0.0)
    latent = Latent(stream="main", step=0, values=(0.5,))
    assert made.stepped(stepped(0, note(1, LEAD)), 0.01) == [
        ForPlayer(internal.Play(events=(note(1, LEAD),), program=3)),
        Publish((latent,)),
    ]


def bound(actions: list[Action]) -> tuple[Binding, ...]:
    """What the one stream that is stepped is bound to."""
    [step] = [a.message for a in actions if isinstance(a, ForEngine)]
    assert isinstance(step, internal.Step)
    [part] = step.streams
    return part.bindings


def test_bindings_go_with_every_step_and_outlive_an_engine() -> None:
    made = conductor(bind=("motion density 0.5", "hue range 1"))
    play(made)
    assert bound(made.due(0.0)) == (Binding("motion", "density", 0.5), Binding("hue", "range", 1.0))
    made.bind("main", Binding("motion", "density", -1.0), 0.1)
    made.bind("main", Binding("hue", "range", 0.0), 0.1)
    assert bound(made.due(STEP)) == (Binding("motion", "density", -1.0),)
    made.engine_lost(0.2)
    made.engine_ready(READY, 0.0)
    made.feed(made.streams["main"], picture(1))
    assert bound(made.due(2 * STEP)) == (Binding("motion", "density", -1.0),)


def test_a_model_without_directions_is_not_bound() -> None:
    made = Conductor(Settings(), now=0.0)
    made.player_ready(0.0)
    voice = Binding("motion", "bass_volume", 1.0)
    made.bind("main", Binding("motion", "density", 1.0), 0.0)
    made.bind("main", voice, 0.0)
    made.engine_ready(internal.EngineReady(weights="mel_2bar", latent_size=2, device="cpu"), 0.0)
    play(made)
    assert bound(made.due(0.0)) == (voice,)
    with pytest.raises(PeerError, match="the melody model mel_2bar has no named directions") as caught:
        made.bind("other", Binding("motion", "density", 1.0), 0.0)
    assert caught.value.kind == "bind"
    assert "other" not in made.streams


def orders_of(actions: list[Action]) -> int:
    return sum(isinstance(action, ForEngine) for action in actions)


@pytest.mark.parametrize("names", [1, 1000])
def test_however_often_streams_begin_and_are_forgotten_a_silent_engine_is_given_no_more_than_it_may_have(
    names: int,
) -> None:
    made = conductor()
    given = 0
    for n in range(5000):
        stream, _ = made.open(f"{n % names}", 0.0)
        given += orders_of(made.feed(stream, picture(n, stream.name)))
        given += orders_of(made.forget(stream, 0.0))
    assert given <= 2 * min(names, MAX_STREAMS)


def test_a_stream_that_takes_a_forgotten_ones_name_waits_until_the_engine_has_dropped_that() -> None:
    made = conductor()
    made.forget(play(made), 0.01)
    again, _ = made.open("main", 0.02)
    assert made.feed(again, picture(7)) == []
    made.snapshot(internal.Snapshot(stream="main", step=0), b"of the one before")
    assert made.observed(observed(0), 0.03) == (None, []), "of the one before"
    assert (again.state, again.snapshot) == ("waiting", b"")
    assert seqs(made.forgotten("main", 0.04)) == [7]
    assert made.observed(observed(7), 0.05)[0] == picture(7)
    assert again.state == "playing"


def test_a_fresh_engine_has_nothing_to_forget() -> None:
    made = conductor()
    made.forget(play(made), 0.01)
    again, _ = made.open("main", 0.02)
    made.feed(again, picture(7))
    made.engine_lost(0.03)
    assert seqs(made.engine_ready(READY, 0.04)) == [7]


def test_what_a_stream_means_is_published_unless_it_was_silenced_since() -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)
    told = (
        Key(stream="main", name="D minor", certainty=0.5),
        Label(stream="main", rank=1, name="bee", probability=0.9),
    )
    meaning = internal.Annotations(stream="main", n=0, messages=told)
    assert made.publish_annotations(meaning) == [Publish(told)]
    made.silence(stream, 0.01)
    assert made.publish_annotations(meaning) == []
    made.forget(stream, 0.02)
    assert made.publish_annotations(internal.Annotations(stream="main", n=99, messages=told)) == []


@pytest.mark.parametrize(
    ("late", "events", "counted"),
    [
        (-0.01, (off(0, 0.0), note(1, 0.0)), 0),
        (0.06, (off(0, 0.0), note(1, 0.0)), 1),
        (0.13, (off(0, 0.0),), 1),
    ],
    ids=["in time", "late", "a whole step late: offs only"],
)
def test_late_answers(late: float, events: tuple[object, ...], counted: int) -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)
    actions = made.stepped(stepped(0, off(0, 0.0), note(1, 0.0)), LEAD + late)
    assert actions[0] == ForPlayer(internal.Play(events=events, program=3))  # type: ignore[arg-type]
    assert stream.readings.late_steps == counted


@pytest.mark.parametrize("silence", ["stop", "panic", "engine lost"])
def test_a_silence_voids_the_steps_that_were_asked_for_before_it(silence: str) -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)
    made.stepped(stepped(0, note(0, LEAD)), 0.01)
    made.due(STEP)
    if silence == "stop":
        actions = made.silence(stream, STEP + 0.01)
    elif silence == "panic":
        actions = made.panic(STEP + 0.01)
    else:
        actions = made.engine_lost(STEP + 0.01)
        made.engine_ready(READY, 0.0)
    name = "main" if silence == "stop" else ""
    assert ForPlayer(internal.Silence(stream=name, panic=silence == "panic")) in actions
    assert made.stepped(stepped(0, note(1, LEAD)), STEP + 0.015) == []
    made.due(2 * STEP)
    assert made.stepped(stepped(2, note(2, LEAD)), 2 * STEP)


def orders(actions: list[Action]) -> list[str]:
    return [type(a.message).__name__ for a in actions if isinstance(a, ForEngine | ForPlayer)]


def test_however_often_a_stream_is_stopped_engine_and_player_hear_of_it_once() -> None:
    made = conductor()
    stream = play(made)
    assert orders(made.silence(stream, 0.0)) == [], "it was asked for nothing and has played nothing"
    made.due(0.0)
    made.stepped(stepped(0, note(1, LEAD)), 0.01)
    assert orders(made.silence(stream, 0.02)) == ["Silence", "Release"]
    assert [orders(made.silence(stream, 0.03)) for _ in range(9_000)] == [[]] * 9_000
    made.due(STEP)
    assert orders(made.silence(stream, STEP)) == ["Release"], "its answer may be on its way"


def test_a_panic_always_goes_out_but_not_faster_than_anybody_can_press_a_button() -> None:
    made = conductor()
    play(made)
    assert [orders(made.panic(t)) for t in (0.0, 0.01, 0.09, 0.1 + 1e-9)] == [
        ["Silence"], [], [], ["Silence"],
    ]  # fmt: skip
    made.due(0.2)
    made.stepped(stepped(0, note(1, 0.2), due=0.2), 0.2)
    assert orders(made.panic(0.11)) == ["Silence", "Release"], "something may sound"


def test_a_picture_that_is_never_answered_is_given_up_and_counted_and_the_next_one_goes() -> None:
    made = conductor()
    stream, _ = made.open("main", 0.0)
    made.feed(stream, picture(0))
    made.feed(stream, replace(picture(1), received=5.0))
    assert seqs(made.due(PATIENCE)) == []
    assert seqs(made.due(PATIENCE + 0.1)) == [1]
    assert stream.mailbox.dropped == 1
    late = observed(0)
    assert made.observed(late, 11.0)[0] is None
    assert stream.mailbox.in_flight == replace(picture(1), received=5.0), "a late answer is not the next one's"
    back, _ = made.observed(observed(1, received=5.0), 12.0)
    assert back == replace(picture(1), received=5.0)


def test_a_stream_that_takes_a_forgotten_ones_name_hears_nothing_of_it() -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)
    assert ForEngine(internal.Release(stream="main", forget=True)) in made.forget(stream, 0.01)
    made.forgotten("main", 0.012)
    play(made)
    assert made.stepped(stepped(0, note(1, LEAD)), 0.015) == []


def test_an_engine_that_falls_behind_is_left_out_until_it_answers_or_is_given_up() -> None:
    made = conductor()
    stream = play(made)
    asked = [bool(made.due(n * STEP)) for n in range(MAX_BEHIND + 2)]
    assert asked == [True] * MAX_BEHIND + [False] * 2
    assert stream.readings.late_steps == 2
    made.stepped(stepped(2), 0.7)
    assert made.due(0.75)
    later = [bool(made.due(0.75 + n * STEP)) for n in range(1, 2 + round(2 * GIVE_UP / STEP))]
    assert MAX_BEHIND < later.count(True) <= 2 * MAX_BEHIND, "what never comes is given up, no more is asked"


def test_while_an_answer_is_a_step_late_notes_end_at_their_foreseen_length() -> None:
    made = conductor()
    play(made)
    made.due(0.0)
    made.stepped(stepped(0, note(1, LEAD)), 0.01)  # of half a second
    for n in range(1, 5):
        made.due(n * STEP)
        made.stepped(stepped(n), n * STEP + 0.01)
    assert not ended(made.due(LEAD + 0.55)), "the engine answers: it is asked for step 4 and holds the note"
    made.due(5 * STEP)
    assert ended(made.due(LEAD + 6.5 * STEP)) == (off(1, LEAD + 6.5 * STEP),)
    assert ended(made.due(LEAD + 7 * STEP)) == ()


def test_an_engine_that_says_nothing_is_waited_for_by_that_name_and_then_plays_on() -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)
    made.stepped(stepped(0, note(1, LEAD)), 0.01)
    made.worker.watch(STALLED + 0.1)
    assert made.state(stream) == "recovering"
    assert ended(made.due(LEAD + 0.4)) == ()
    assert ended(made.due(LEAD + 0.5)) == (off(1, LEAD + 0.5),)
    made.worker.watch(0.0)
    assert made.state(stream) == "playing"


def test_an_engine_that_is_not_there_is_not_the_one_that_says_nothing() -> None:
    made = Conductor(Settings(), 0.0)
    made.worker.watch(60.0)
    assert not made.worker.stalled


def ended(actions: list[Action]) -> tuple[Event, ...]:
    plays = [a.message for a in actions if isinstance(a, ForPlayer) and isinstance(a.message, internal.Play)]
    return tuple(event for play in plays for event in play.events)


def test_notes_that_were_missed_are_counted() -> None:
    made = conductor()
    stream = play(made)
    made.missed(internal.Missed(stream="main", id=1))
    made.missed(internal.Missed(stream="nobody", id=1))
    assert stream.readings.dropped_notes == 1


def test_hopeless_steps_are_counted() -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)
    made.due(10 * STEP + LEAD + 0.01)
    assert stream.readings.late_steps == 9


def test_a_fresh_engine_gets_snapshots_then_releases_then_the_newest_picture() -> None:
    made = conductor()
    stream = play(made)
    made.feed(stream, picture(1))
    made.snapshot(internal.Snapshot(stream="main", step=0), b"state")
    made.snapshot(internal.Snapshot(stream="nobody", step=0), b"state")
    made.engine_lost(0.1)
    assert made.state(stream) == "recovering"
    assert made.due(1.0) == []
    assert made.feed(stream, picture(2)) == []
    assert made.engine_ready(READY, 0.0) == [
        ForEngine(internal.Restore(stream="main", until=8), b"state"),
        ForEngine(internal.Release(stream="main")),
        ForEngine(internal.Observe(source=picture(2).source, received=0.0), b"jpeg"),
    ]
    assert (made.state(stream), made.restarts, stream.mailbox.dropped) == ("playing", 1, 1)


def test_a_fresh_player_ends_what_sounds_and_gets_what_was_decided_meanwhile() -> None:
    made = conductor()
    play(made)
    made.due(0.0)
    made.stepped(stepped(0, note(1, LEAD)), 0.01)
    made.player_lost()
    made.due(STEP)
    assert told_player(made.stepped(stepped(1, off(1, LEAD + STEP), note(2, LEAD + STEP)), STEP)) == []
    assert made.player_ready(STEP + 0.001) == [
        ForPlayer(internal.Sounding(notes=(note(1, LEAD),))),
        ForPlayer(internal.Play(events=(note(2, LEAD + STEP),), program=3)),
    ]


def test_streams_are_bounded_and_unused_ones_make_room() -> None:
    made = conductor()
    play(made, "playing")
    for n in range(MAX_STREAMS - 1):
        stream = made.open(f"{n}", float(n))[0]
        stream.readings.frames, stream.given = 1, True
    with pytest.raises(PeerError, match="32 streams already"):
        made.open("one more", 1.0)
    _, actions = made.open("one more", UNUSED)
    assert ForEngine(internal.Release(stream="0", forget=True)) in actions
    assert set(made.streams) == {"playing", "one more", *(f"{n}" for n in range(1, MAX_STREAMS - 1))}


def test_what_was_played_is_counted_with_its_lateness() -> None:
    made = conductor()
    stream = play(made)
    for n in range(200):
        made.played(internal.Played(stream="main", id=n, on=n % 2 == 0, time=0.0, lateness=n / 1000))
    assert stream.readings.notes == 100
    assert stream.readings.lateness_p99 == 0.197


def test_a_show_sets_controls_and_tempo_where_neither_settings_nor_hosts_did() -> None:
    made = Conductor(Settings(controls=Controls(energy=1.5)), 0.0)
    early, _ = made.open("early", 0.0)
    early.controls = set_control(early.controls, "memory", 2)
    shown = (*to_texts(Controls(scale="dorian", energy=0.5, memory=4)), "tempo 90")
    made.engine_ready(msgspec.structs.replace(READY, controls=shown), 0.0)
    assert made.controls("new") == Controls(scale="dorian", energy=1.5, memory=4)
    assert early.controls == Controls(scale="dorian", energy=1.5, memory=2)
    assert made.clock.tempo == 90.0
    made.clock.set_tempo(70.0, 1.0)
    early.controls = set_control(early.controls, "scale", "blues")
    made.engine_lost(2.0)
    made.engine_ready(msgspec.structs.replace(READY, controls=shown), 3.0)  # it only restarted
    assert (early.controls.scale, made.clock.tempo) == ("blues", 70.0)


def test_a_request_takes_what_its_stream_is_set_to_along() -> None:
    made = conductor()
    stream, _ = made.open("main", 0.0)
    stream.controls = set_control(stream.controls, "scale", "dorian")
    [action] = made.pass_request(internal.EngineRequest(ask=1, source=Save(), time=0.0), b"")
    assert isinstance(action, ForEngine)
    asked = action.message
    assert isinstance(asked, internal.EngineRequest)
    assert (asked.controls.scale, asked.tempo, asked.bindings) == ("dorian", 120.0, stream.bindings)


def test_streams_that_were_named_and_never_fed_make_room_for_a_camera() -> None:
    made = conductor()
    fed, _ = made.open("camera", 0.0)
    made.feed(fed, picture())
    fed.readings.frames += 1
    for n in range(3 * MAX_STREAMS):
        made.open(f"invented {n}", 1.0)
    assert len(made.streams) == MAX_STREAMS
    assert "camera" in made.streams


def test_steps_are_decided_the_earlier_the_longer_they_take_and_late_again_when_they_are_quick() -> None:
    made = conductor()
    play(made)
    leads = []
    for n, took in enumerate([0.002] * 3 + [0.03] * 3 + [0.002] * 400):
        now = made.clock.wake
        assert [a.message.asked for a in made.due(now) if isinstance(a, ForEngine)] == [now]  # type: ignore[union-attr]
        made.stepped(stepped(n), now + took)
        leads.append(made.clock.lead)
    assert leads[2] == LEAD
    assert leads[3] == pytest.approx(0.03 * 1.2 + 0.005)
    assert all(a >= b for a, b in pairwise(leads[5:]))
    assert leads[-1] == LEAD


def test_the_lead_is_never_most_of_a_sixteenth_and_a_stall_is_no_cost() -> None:
    made = conductor()
    play(made)
    for n, took in enumerate((0.2, 0.2, 1.5)):
        made.due(made.clock.wake)
        made.stepped(stepped(n), n * STEP + took)
        assert made.clock.lead == pytest.approx(0.6 * STEP)
    slow = conductor()
    play(slow)
    slow.due(0.0)
    slow.stepped(stepped(0), 1.5)
    assert slow.clock.lead == LEAD


def free(made: Conductor) -> Stream:
    """Let a stream play freely."""
    stream = play(made)
    stream.controls = set_control(stream.controls, "sync", "free")
    return stream


def steps_of(actions: list[Action]) -> list[internal.Step]:
    return [a.message for a in actions if isinstance(a, ForEngine) and isinstance(a.message, internal.Step)]


@pytest.mark.parametrize("seen", ["cut", "onset"])
def test_a_stream_that_plays_freely_answers_a_cut_at_once_and_keeps_its_place_on_the_grid(seen: str) -> None:
    made = conductor()
    stream = free(made)
    made.due(0.0)
    [struck] = steps_of(made.observed(observed(1, cut=seen == "cut", onset=seen == "onset"), 0.04)[1])
    assert (struck.n, struck.due, struck.struck) == (1, 0.04, True)
    assert steps_of(made.observed(observed(2, cut=True), 0.05)[1]) == []  # one step early is early enough
    assert steps_of(made.due(STEP)) == []
    assert [step.n for step in steps_of(made.due(2 * STEP))] == [2]
    answer = msgspec.structs.replace(stepped(1, note(7, 0.04), due=0.04), struck=True)
    [played, _] = made.stepped(answer, 0.05)
    assert isinstance(played, ForPlayer)
    assert isinstance(played.message, internal.Play)
    assert [event.time for event in played.message.events] == [0.05]
    assert stream.readings.late_steps == 0


def test_only_a_stream_that_plays_freely_is_struck_and_others_keep_their_step() -> None:
    made = conductor()
    free(made)
    play(made, "other")
    made.due(0.0)
    assert steps_of(made.observed(observed(1, stream="other", cut=True), 0.04)[1]) == []
    assert steps_of(made.observed(observed(1, encoded=False, cut=True), 0.04)[1]) == []
    assert steps_of(made.observed(observed(1, cut=True), 0.04)[1])
    [step] = steps_of(made.due(STEP))
    assert [part.stream for part in step.streams] == ["other"]


def test_a_silence_voids_a_struck_step_too() -> None:
    made = conductor()
    stream = free(made)
    made.due(0.0)
    made.observed(observed(1, cut=True), 0.04)
    made.silence(stream, 0.045)
    assert made.stepped(stepped(1, note(7, 0.04), due=0.04), 0.05) == []


def test_readings_move_what_the_settings_say_on_the_stream_s_channel() -> None:
    made = conductor(cc=("hue=1", "motion=bend"))
    stream = play(made)
    stream.controls = set_control(stream.controls, "channel", 5)
    [moves] = told_player(made.observed(observed(1), 0.1)[1])
    assert moves == ForPlayer(
        internal.MidiExpression(channel=5, values=(MidiValue(MidiTarget("controller", 1), 0.5),))
    )


def test_a_host_learns_by_how_much_to_delay_its_pictures_to_show_them_with_their_music() -> None:
    made = conductor()
    stream = play(made)
    made.due(0.0)  # step 0, due at LEAD, answers the picture that came at 0
    assert stream.readings.sync_delay == pytest.approx(LEAD)
    made.feed(stream, Picture(Frame(seq=1, time=0.03, shape=(1, 1, 3)), b"", ZmqPeer(b"a"), received=0.05))
    made.observed(observed(1, received=0.05), 0.06)
    made.observed(observed(1, received=0.05, again=True), 0.07)
    made.due(STEP)  # step 1, due at LEAD + STEP
    second = LEAD + STEP - 0.03
    assert stream.readings.sync_delay == pytest.approx(LEAD + 0.01 * (second - LEAD)), "counted once, by its stamp"
    made.due(2 * STEP)
    assert stream.readings.sync_delay == pytest.approx(LEAD + 0.01 * (second - LEAD)), "nothing new was followed"
