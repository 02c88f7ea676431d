"""Who asked what of the engine, and what they hear of it: no sockets."""

from score_bridge.live.actions import Action, ForEngine, Reply
from score_bridge.live.conductor import Conductor
from score_bridge.live.pending import MOST, PATIENCE
from score_bridge.live.sessions import Sessions
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.bindings import Binding
from score_bridge.wire.messages import Anchors, Error, Features, Teach, TeachList, TeachMidi
from tests.live.test_conductor import READY
from tests.live.test_sessions import OSC, PEER, Stage, answers, told


def asked(actions: list[Action]) -> list[int]:
    return [
        a.message.ask for a in actions if isinstance(a, ForEngine) and isinstance(a.message, internal.EngineRequest)
    ]


def test_an_answer_goes_to_whoever_asked_and_to_nobody_twice() -> None:
    stage = Stage()
    stage.play()
    [first] = asked(stage.say(Teach(name="a"), 1.0))
    [second] = asked(stage.say(TeachList(), 1.0, peer=OSC))
    anchors = Anchors(stream="main", anchors=("a", "played"))
    answer = internal.EngineReply(ask=second, answer=anchors)
    assert Reply(OSC, anchors) in stage.sessions.answered(answer, 2.0)
    assert stage.sessions.answered(answer, 2.0) == []
    assert stage.sessions.answered(internal.EngineReply(ask=first, answer=anchors), 2.0) == [Reply(PEER, anchors)]


def test_a_request_reaches_the_engine_with_its_payload_and_time() -> None:
    stage = Stage()
    stage.play()
    request = TeachMidi(name="a")
    [action] = stage.sessions.receive(request, b"MThd", PEER, 3.0)
    assert action == ForEngine(internal.EngineRequest(ask=1, source=request, time=3.0, tempo=120.0), b"MThd")


def test_every_refusal_of_a_request_is_answered_however_quick() -> None:
    stage = Stage()
    stage.play()
    for count in (1, 2, 3):
        [ask] = asked(stage.say(Teach(name="a"), 1.0))
        no = internal.EngineReply(ask=ask, refused_kind="teach", refused="no")
        assert stage.sessions.answered(no, 1.0) == [Reply(PEER, Error(kind="teach", reason="no", count=count))]
        assert [type(m) for m in answers(stage.say(Teach(name="a", stream="none"), 1.0))] == [Error]


def test_those_who_wait_for_an_engine_that_fell_are_told_and_new_ones_refused() -> None:
    stage = Stage()
    stage.play()
    [ask] = asked(stage.say(Teach(name="a"), 1.0))
    [error] = answers(stage.sessions.engine_lost(1.1))
    assert isinstance(error, Error)
    assert (error.kind, "exited" in error.reason) == ("engine", True)
    [error] = answers(stage.say(TeachList(), 1.2))
    assert isinstance(error, Error)
    assert error.reason == "the engine is not ready: ask again in a moment"
    assert stage.sessions.answered(internal.EngineReply(ask=ask), 1.3) == []
    assert answers(stage.sessions.engine_lost(1.4)) == []


def test_more_than_the_engine_can_do_between_two_sixteenths_is_refused_not_queued() -> None:
    stage = Stage()
    stage.play()
    sent = [ask for _ in range(1000) for ask in asked(stage.say(Teach(name="a"), 1.0))]
    assert len(sent) == MOST
    [error] = answers(stage.say(Teach(name="a"), 1.0))
    assert isinstance(error, Error)
    assert error.reason == f"{MOST} requests are waiting already: ask again in a moment"
    stage.sessions.answered(internal.EngineReply(ask=sent[3], answer=Anchors(stream="main", anchors=())), 1.1)
    assert len(asked(stage.say(Teach(name="a"), 1.2))) == 1


def test_what_is_never_answered_does_not_keep_others_waiting() -> None:
    stage = Stage()
    stage.play()
    for _ in range(MOST):
        stage.say(Teach(name="a"), 1.0, peer=OSC)
    actions = stage.sessions.due(1.1 + PATIENCE)
    assert len(asked(stage.say(TeachList(), 1.1 + PATIENCE))) == 1
    assert [type(a) for a in actions if isinstance(a, Reply) and a.peer == OSC] == [Reply] * MOST


def test_a_complaint_goes_to_whoever_feeds_the_stream() -> None:
    stage = Stage()
    complaint = internal.StreamWarning(stream="main", kind="show", reason="another length")
    assert stage.sessions.pass_warning(complaint, 0.0) == []
    stage.say(Features(values=(1.0, 2.0)), peer=OSC)
    assert Reply(OSC, Error(kind="show", reason="another length")) in stage.sessions.pass_warning(complaint, 0.0)


def test_what_the_show_binds_is_bound_unless_settings_say_otherwise() -> None:
    settings = Settings(bind=("motion density 0.5",))
    conductor = Conductor(settings, 0.0)
    early, _ = conductor.open("early", 0.0)
    shown = (Binding("motion", "density", 1.0), Binding("hue", "range", -1.0))
    conductor.engine_ready(internal.EngineReady(weights="w", latent_size=2, device="cpu", directions=("density",),
                                                bindings=shown), 0.0)  # fmt: skip
    late, _ = conductor.open("late", 1.0)
    expected = {Binding("motion", "density", 0.5), Binding("hue", "range", -1.0)}
    assert set(early.bindings) == set(late.bindings) == expected


def test_before_the_engine_is_there_a_request_is_refused_and_nothing_is_kept() -> None:
    settings = Settings()
    conductor = Conductor(settings, 0.0)
    sessions = Sessions(settings, conductor)
    sessions.receive(Features(values=(1.0,)), b"", PEER, 0.0)
    actions = sessions.receive(Teach(name="a"), b"", PEER, 0.0)
    assert told(actions) == []
    assert [type(m) for m in answers(actions)] == [Error]
    conductor.engine_ready(READY, 0.0)
    assert answers(sessions.engine_lost(1.0)) == []
