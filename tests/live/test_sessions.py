"""The protocol by itself: messages and times in, actions out."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from score_bridge.live.actions import Action, ForEngine, ForPlayer, OscPeer, Publish, Reply, ZmqPeer
from score_bridge.live.conductor import Conductor
from score_bridge.live.sessions import PEERS_AT_ONCE, PEERS_EVERY, Sessions
from score_bridge.settings import MAX_STREAMS, Settings
from score_bridge.wire import internal
from score_bridge.wire.controls import CONTROLS, Controls
from score_bridge.wire.messages import (
    Bind,
    Bound,
    Calibrate,
    Channel,
    Deliver,
    Error,
    Features,
    Forget,
    Frame,
    Get,
    Goodbye,
    Hello,
    Incoming,
    Message,
    Panic,
    Ping,
    Pong,
    Save,
    Set,
    Start,
    Status,
    Stop,
    Subscribe,
    Subscribed,
    Teach,
    TeachList,
    TeachUndo,
    Tempo,
    Value,
    Welcome,
)
from tests.live.player.test_schedule import note
from tests.live.test_conductor import READY, observed, refused

PEER = ZmqPeer(b"a")
OSC = OscPeer("127.0.0.1", 5000)
LONG = "'" + r"\x01" * 14 + r"\x0..."  # cut: more than a datagram holds would never be answered


class Stage:
    """Sessions with engine and player up, at time 0 unless said otherwise."""

    def __init__(self, **settings: object) -> None:
        made = Settings(**settings)  # type: ignore[arg-type]
        self.conductor = Conductor(made, 0.0)
        self.sessions = Sessions(made, self.conductor)
        self.conductor.engine_ready(READY, 0.0)
        self.opening = self.sessions.player_ready(internal.PlayerReady(pub="tcp://x:1", midi="none"), 0.0)

    def say(self, message: Incoming, now: float = 0.0, peer: ZmqPeer | OscPeer = PEER) -> list[Action]:
        return self.sessions.receive(message, b"", peer, now)

    def play(self, stream: str = "main", now: float = 0.0) -> None:
        self.say(Features(stream=stream, values=(1.0, 2.0)), now)
        self.sessions.observed(observed(stream=stream, received=now), now)

    def sound(self, *streams: str, now: float = 0.0) -> None:
        """Let a note of each sound, which the engine decided in the step that is due."""
        self.sessions.due(now)
        n = self.conductor.clock.next_step - 1
        for stream in streams:
            begun = internal.Stepped(
                stream=stream, n=n, due=now, token=1, events=(note(n, now, stream),), latent=(), program=0
            )
            self.conductor.stepped(begun, now)

    def statuses(self, now: float) -> dict[str, Status]:
        return {m.stream: m for m in published(self.sessions.due(now)) if isinstance(m, Status)}


def answers(actions: list[Action]) -> list[Message]:
    return [action.message for action in actions if isinstance(action, Reply)]


def told(actions: list[Action]) -> list[Message]:
    return [action.message for action in actions if isinstance(action, ForPlayer | ForEngine)]


def published(actions: list[Action]) -> list[Message]:
    return [one for action in actions if isinstance(action, Publish) for one in action.messages]


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (Ping(id=3), Pong(id=3, time=2.0)),
        (Get(name="temperature"), Value(stream="main", name="temperature", value=1.0)),
        (Get(name="tempo"), Value(stream="main", name="tempo", value=120.0)),
        (Set(name="scale", value="blues"), Value(stream="main", name="scale", value="blues")),
        (Set(name="scale", value=1.0), Value(stream="main", name="scale", value="major")),
        (Set(name="tempo", value=90), Value(stream="main", name="tempo", value=90.0)),
        (Set(name="tempo", value=900), Error(kind="control", reason="tempo must be 20 to 300, got 900")),
        (Set(name="tempo", value="fast"), Error(kind="control", reason="tempo must be 20 to 300, got 'fast'")),
        (
            Set(name="tempo", value="\x01" * 60_000),
            Error(kind="control", reason=f"tempo must be 20 to 300, got {LONG}"),
        ),
        (
            Set(name="energy", value="\x01" * 60_000),
            Error(kind="control", reason=f"energy wants a number, got {LONG}"),
        ),
        (Set(name="energy", value=3.0), Error(kind="control", reason="energy must be 0 to 2, got 3.0")),
        (
            Get(name="volume"),
            Error(kind="control", reason=f"unknown control 'volume'; there are tempo, {', '.join(CONTROLS)}"),
        ),
        (
            Bind(source="motion", target="density", amount=0.5, stream="left"),
            Bound(stream="left", source="motion", target="density", amount=0.5),
        ),
        (
            Bind(source="motion", target="density", amount=0.0),
            Bound(stream="main", source="motion", target="density", amount=0.0),
        ),
        (Tempo(bpm=90), None),
        (Start(), None),
    ],
)
def test_answers(message: Incoming, answer: Message | None) -> None:
    assert answers(Stage().say(message, now=2.0)) == ([] if answer is None else [answer])


def test_hello_is_welcomed_and_another_version_is_named() -> None:
    stage = Stage()
    welcome, error = answers(stage.say(Hello(name="max", protocol=2), now=5.0))
    assert isinstance(welcome, Welcome)
    assert (welcome.protocol, welcome.weights, welcome.pub, welcome.time) == (1, "w", "tcp://x:1", 5.0)
    assert error == Error(kind="protocol", reason="this server speaks protocol 1, max speaks 2")


def test_an_osc_hello_gets_notes_at_its_reply_port_and_a_fresh_player_is_told() -> None:
    stage = Stage(osc_reply_port=9902)
    default = internal.Listener("127.0.0.1", 9902)
    assert told(stage.opening) == [internal.OscPeers(peers=(default,))]
    both = internal.OscPeers(peers=(default, internal.Listener("127.0.0.1", 7400)))
    assert both in told(stage.say(Hello(name="max", reply_port=7400), peer=OSC))
    assert both in told(stage.sessions.player_ready(internal.PlayerReady(pub="", midi=""), 1.0))


def test_controls_belong_to_a_stream_and_getting_makes_none() -> None:
    stage = Stage(controls=Controls(channel=4))
    stage.say(Set(name="channel", value=9, stream="b"))
    assert answers(stage.say(Get(name="channel", stream="a"))) == [Value(stream="a", name="channel", value=4)]
    assert answers(stage.say(Get(name="channel", stream="b"))) == [Value(stream="b", name="channel", value=9)]
    assert set(stage.conductor.streams) == {"b"}
    stage.say(Set(name="nonsense", value=9, stream="c"))
    assert set(stage.conductor.streams) == {"b"}


def test_a_stream_plays_from_its_first_picture_until_stop_and_again_from_start() -> None:
    stage = Stage()
    stage.say(Set(name="energy", value=1))
    assert stage.statuses(0.0)["main"].state == "waiting"
    stage.play()
    assert stage.statuses(0.1)["main"].state == "playing"
    stage.sound("main", now=0.2)
    stopped = told(stage.say(Stop(), 0.2))
    assert stopped == [internal.Silence(stream="main"), internal.Release(stream="main")]
    assert stage.statuses(0.3)["main"].state == "stopped"
    stage.play(now=0.4)
    assert stage.statuses(0.5) == {}
    stage.say(Start(), 0.6)
    assert stage.statuses(0.7)["main"].state == "playing"


def test_stop_before_the_first_picture_keeps_it_silent() -> None:
    stage = Stage()
    stage.say(Stop())
    stage.play()
    assert stage.statuses(0.1)["main"].state == "stopped"


def test_panic_silences_all_and_releases_each() -> None:
    stage = Stage()
    stage.play("a")
    stage.play("b")
    stage.sound("a", "b")
    assert told(stage.say(Panic())) == [
        internal.Silence(stream="", panic=True),
        internal.Release(stream="a"),
        internal.Release(stream="b"),
    ]


def test_features_keep_their_length_until_the_stream_was_idle() -> None:
    stage = Stage(controls=Controls(idle_s=10.0))
    stage.play()
    longer = Features(values=(1.0, 2.0, 3.0))
    reason = "stream 'main' takes 2 numbers, got 3; use another stream, or calibrate reset first"
    assert answers(stage.say(longer)) == [Error(kind="features", reason=reason)]
    stage.sessions.due(11.0)
    actions = stage.say(longer, 12.0)
    assert answers(actions) == []
    assert told(actions)[0] == internal.Release(stream="main", forget=True)
    assert answers(stage.say(Features(values=(1.0, 2.0)), 12.0)) == [
        Error(kind="features", reason=reason.replace("2 numbers, got 3", "3 numbers, got 2"), count=2)
    ]


def test_a_stopped_stream_takes_another_length_and_stays_stopped_and_set_as_it_was() -> None:
    stage = Stage()
    stage.play()
    stage.say(Set(name="energy", value=0.5))
    stage.say(Stop())
    actions = stage.say(Features(values=(1.0, 2.0, 3.0)))
    assert answers(actions) == []
    assert internal.Release(stream="main", forget=True) in told(actions)
    assert stage.statuses(1.0)["main"].state == "stopped"
    assert answers(stage.say(Get(name="energy"))) == [Value(stream="main", name="energy", value=0.5)]


def test_after_a_reset_vectors_may_have_another_length() -> None:
    stage = Stage()
    stage.play()
    stage.say(Calibrate(action="reset"))
    assert answers(stage.say(Features(values=(1.0, 2.0, 3.0)))) == []


def test_a_forgotten_stream_is_gone_with_its_controls_and_its_notes() -> None:
    stage = Stage()
    stage.play()
    stage.say(Set(name="energy", value=0.5))
    stage.sound("main", now=1.0)
    orders = told(stage.say(Forget()))
    assert internal.Silence(stream="main") in orders
    assert internal.Release(stream="main", forget=True) in orders
    assert answers(stage.say(Get(name="energy"))) == [Value(stream="main", name="energy", value=1.0)]
    reason = "there is no stream 'other' to forget"
    assert answers(stage.say(Forget(stream="other"))) == [Error(kind="stream", reason=reason)]


def test_a_stream_that_was_idle_for_long_is_no_longer_reported_on_where_there_is_another() -> None:
    stage = Stage(controls=Controls(idle_s=10.0))
    stage.play()
    stage.play("second", now=100.0)
    assert set(stage.statuses(101.0)) == {"main", "second"}
    stage.say(Features(stream="second", values=(1.0, 2.0)), 200.0)
    assert set(stage.statuses(201.0)) == {"second"}
    assert set(stage.statuses(900.0)) == {"second"}  # the last one stays: silence would mean that the server is gone


def test_a_stream_nobody_feeds_falls_idle_and_the_next_picture_wakes_it() -> None:
    stage = Stage(controls=Controls(idle_s=10.0))
    stage.play()
    assert stage.statuses(10.0)["main"].state == "playing"
    stage.sound("main", now=10.0)
    actions = stage.sessions.due(10.1)
    assert told(actions)[-2:] == [internal.Silence(stream="main"), internal.Release(stream="main")]
    stage.play(now=11.0)
    assert stage.statuses(11.0)["main"].state == "playing"


def test_idle_s_0_means_never() -> None:
    stage = Stage(controls=Controls(idle_s=0.0))
    stage.play()
    assert stage.statuses(1e6)["main"].state == "playing"


def test_status_comes_once_a_second_and_at_once_on_a_change() -> None:
    stage = Stage()
    assert stage.statuses(0.0)["main"].message == "waiting for a picture", "also before there is any stream"
    assert stage.statuses(0.5) == {}
    stage.say(Tempo(bpm=90), 0.6)
    assert stage.statuses(0.6)["main"].tempo == 90
    stage.play()
    assert stage.statuses(0.7)["main"].state == "playing"
    assert stage.statuses(0.9) == {}
    assert stage.statuses(1.0)["main"].state == "playing"


def test_however_often_the_tempo_changes_statuses_are_few_and_the_last_one_is_right() -> None:
    stage = Stage()
    stage.play("a")
    stage.play("b")
    told = list[Status]()
    for n in range(1000):
        stage.say(Tempo(bpm=60 + n % 200), n / 1000)
        told += stage.statuses(n / 1000).values()
    assert len(told) <= 2 * 21
    assert {name: status.tempo for name, status in stage.statuses(1.06).items()} == {"a": 259, "b": 259}


def test_status_counts_and_rates() -> None:
    stage = Stage()
    stage.statuses(0.0)
    for n in range(30):
        stage.say(Frame(seq=n, encoding="jpeg"), n / 30)
        in_hand = stage.conductor.streams["main"].mailbox.in_flight
        if n % 2 == 0 and in_hand is not None:
            stage.sessions.observed(observed(n, received=in_hand.received), n / 30)
    status = stage.statuses(1.0)["main"]
    assert (status.frames, status.frames_per_second) == (30, 30)
    assert (status.features_per_second, status.dropped_frames) == (15, 13)


def test_what_cannot_be_read_is_counted_in_every_stream() -> None:
    stage = Stage()
    stage.play("a")
    stage.play("b")
    stage.say(Set(name="energy", value=9.0, stream="a"))
    stage.say(Get(name="no", stream="elsewhere"))
    statuses = stage.statuses(1.0)
    assert (statuses["a"].refused, statuses["b"].refused) == (2, 1)


def test_too_many_streams_are_refused() -> None:
    stage = Stage()
    for n in range(MAX_STREAMS):
        stage.play(f"{n}")
    assert answers(stage.say(Frame(stream="more"), 99.0)) == [
        Error(kind="streams", reason="there are 32 streams already; use one of them")
    ]


def test_a_refused_picture_is_answered_to_its_sender() -> None:
    stage = Stage()
    stage.say(Frame(encoding="jpeg"), peer=OSC)
    actions = stage.sessions.observed(refused(), 0.1)
    assert Reply(OSC, Error(kind="picture", reason="broken")) in actions


def test_nothing_is_sent_to_a_child_that_is_not_there() -> None:
    settings = Settings()
    conductor = Conductor(settings, 0.0)
    sessions = Sessions(settings, conductor)
    for message in (Frame(), Stop(), Start(), Panic(), Hello(name="x")):
        assert told(sessions.receive(message, b"", OSC, 0.0)) == []
    assert told(sessions.due(1.0)) == []


NAMES = st.sampled_from(["main", "a", "b"])
ANY = st.one_of(
    *(
        st.builds(kind, stream=NAMES)
        for kind in (Frame, Start, Stop, TeachList, TeachUndo, Save)
    ),
    st.builds(Teach, name=st.text(), stream=NAMES),
    st.builds(Calibrate, action=st.text(), stream=NAMES),
    st.builds(Features, stream=NAMES, values=st.lists(st.floats(), min_size=1, max_size=3).map(tuple)),
    st.builds(Set, name=st.sampled_from([*CONTROLS, "tempo", "?"]), value=st.floats() | st.integers() | st.text()),
    st.builds(Get, name=st.sampled_from([*CONTROLS, "tempo", "?"]), stream=NAMES),
    st.builds(Tempo, bpm=st.floats()),
    st.builds(Ping, id=st.integers()),
    st.builds(Hello, name=st.text(), protocol=st.integers(), reply_port=st.integers(0, 65535)),
    st.just(Panic()),
)  # fmt: skip


@given(st.lists(st.tuples(ANY, st.sampled_from([PEER, OSC]), st.floats(0, 0.3)), max_size=40))
def test_no_message_is_fatal(script: list[tuple[Incoming, ZmqPeer | OscPeer, float]]) -> None:
    stage, now = Stage(), 0.0
    for message, peer, gap in script:
        now += gap
        for action in [*stage.say(message, now, peer), *stage.sessions.due(now)]:
            assert isinstance(action, get_args(Action))
            if isinstance(action, ForEngine) and isinstance(action.message, internal.Observe):
                stage.sessions.observed(observed(stream=action.message.source.stream), now)


def test_a_host_that_takes_leave_takes_its_music_with_it_and_a_picture_plays_on() -> None:
    stage = Stage(osc_reply_port=0)
    stage.say(Hello(name="max", reply_port=7400), peer=OSC)
    stage.say(Features(stream="left", values=(1.0, 2.0)), peer=OSC)
    stage.sessions.observed(observed(stream="left"), 0.0)
    stage.play("right")
    stage.sound("left", "right")
    silence, release, peers = told(stage.say(Goodbye(), 0.1, peer=OSC))
    assert silence == internal.Silence(stream="left")
    assert release == internal.Release(stream="left")
    assert peers == internal.OscPeers(peers=())
    assert [(name, status.state) for name, status in stage.statuses(0.2).items()] == [("left", "idle")]
    assert stage.conductor.streams["right"].state == "playing"
    stage.say(Features(stream="left", values=(1.0, 2.0)), 0.3, peer=OSC)
    assert stage.statuses(0.3)["left"].state == "playing"
    assert stage.say(Goodbye(), 0.4, peer=OscPeer("127.0.0.1", 5001)) == [], "who feeds nothing takes nothing"


def test_the_player_is_told_what_a_host_wants_beside_notes_and_when() -> None:
    stage = Stage(osc_reply_port=0)
    stage.say(Hello(name="max", streams=("all",)), peer=OSC)
    listener = internal.Listener(OSC.host, OSC.port, ("all",))
    for message, wanted in (
        (Subscribe(kinds=("latent", "key")), replace(listener, kinds=("latent", "key"))),
        (Deliver(when="ahead"), replace(listener, kinds=("latent", "key"), ahead=True)),
        (Subscribe(), replace(listener, kinds=(), ahead=True)),
    ):
        actions = stage.say(message, peer=OSC)
        assert told(actions) == [internal.OscPeers(peers=(wanted,))]
        assert answers(actions) == ([Subscribed(kinds=message.kinds)] if isinstance(message, Subscribe) else [])
    [error] = answers(stage.say(Subscribe(kinds=("latent",))))
    assert isinstance(error, Error)
    assert error.kind == "subscribe"


def test_the_player_is_told_of_a_flood_of_hosts_now_and_then_and_of_the_last_state_for_sure() -> None:
    stage = Stage(osc_reply_port=0)
    orders = list[Message]()
    for n in range(1000):
        turn = stage.say(Deliver(when="ahead" if n % 2 else "due"), n / 1000, OSC)
        turn += stage.say(Hello(name="flood", reply_port=7000 + n), n / 1000, OSC)
        orders += told(turn + stage.sessions.due(n / 1000))
    orders += told(stage.sessions.due(1.1))
    peers = [order for order in orders if isinstance(order, internal.OscPeers)]
    assert len(peers) <= PEERS_AT_ONCE + 1.1 / PEERS_EVERY + 1
    assert [(one.port, one.ahead) for one in peers[-1].peers] == [(7999, True)]
    assert told(stage.sessions.due(1.2)) == []


def test_a_host_hears_of_a_stream_from_its_first_picture_on() -> None:
    stage = Stage(osc_reply_port=9902)
    stage.say(Hello(name="max"), peer=OSC)
    [peers, *_] = told(stage.say(Features(stream="left", values=(1.0,)), peer=OSC))
    assert peers == internal.OscPeers(
        peers=(
            internal.Listener("127.0.0.1", 9902, without=("left",)),
            internal.Listener(OSC.host, OSC.port, ("left",)),
        )
    )


def _round(stage: Stage, now: float, **channels: float) -> list[Features]:
    """What the engine is given where a host sends these numbers."""
    actions = [
        action for name, value in channels.items() for action in stage.say(Channel(name=name, value=value), now)
    ]
    actions += stage.sessions.due(now)
    return [m.source for m in told(actions) if isinstance(m, internal.Observe) and isinstance(m.source, Features)]


def test_numbers_that_come_one_by_one_are_a_vector() -> None:
    stage = Stage()
    assert _round(stage, 0.0, tx=1.0, ty=2.0) == []
    assert [f.values for f in _round(stage, 0.3, tx=3.0, ty=4.0)] == [(1.0, 2.0)]
    stage.sessions.observed(observed(received=0.3), 0.31)
    [error] = answers(stage.say(Channel(name="tz", value=1.0), 0.4))
    assert isinstance(error, Error)
    assert error.kind == "features"
    stage.sessions.observed(observed(received=0.3), 0.45)
    assert stage.say(Calibrate(action="reset"), 0.5)
    assert _round(stage, 0.6, tx=1.0, tz=2.0) == []
    assert [f.values for f in _round(stage, 0.9)] == [(1.0, 2.0)]


def test_a_stream_that_was_idle_takes_other_channels() -> None:
    stage = Stage(controls=Controls(idle_s=10.0))
    _round(stage, 0.0, tx=1.0)
    _round(stage, 0.3, tx=1.0)
    stage.sessions.observed(observed(received=0.3), 0.3)
    stage.sessions.due(11.0)
    assert stage.conductor.streams["main"].state == "idle"
    assert _round(stage, 12.0, ty=5.0, tz=6.0) == []
    assert _round(stage, 12.1, ty=5.0, tz=6.0) == []
    assert _round(stage, 12.3) == [], "the engine is to forget the stream first"
    [order] = told(stage.conductor.forgotten("main", 12.31))
    assert isinstance(order, internal.Observe)
    assert order.source == Features(values=(5.0, 6.0))
    assert stage.conductor.streams["main"].state != "idle"


@pytest.mark.parametrize("leaves", [Forget(), Goodbye()])
def test_numbers_that_wait_for_others_go_with_their_stream_or_host(leaves: Incoming) -> None:
    stage = Stage()
    _round(stage, 0.0, tx=1.0, ty=2.0)
    _round(stage, 0.3, tx=1.0, ty=2.0)
    stage.sessions.observed(observed(received=0.3), 0.31)
    assert _round(stage, 0.4, tx=3.0) == [], "ty is waited for"
    stage.say(leaves, 0.41)
    assert told(stage.sessions.due(1.0)) == []
    main = stage.conductor.streams.get("main")
    assert main is None or main.state == "idle"


def test_channels_of_more_streams_than_there_may_be_are_refused() -> None:
    stage = Stage()
    for n in range(MAX_STREAMS):
        stage.play(str(n))
    [error] = answers(stage.say(Channel(name="tx", value=1.0, stream="another")))
    assert isinstance(error, Error)
    assert error.kind == "streams"
