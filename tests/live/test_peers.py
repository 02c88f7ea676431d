import pytest

from score_bridge.errors import PeerError
from score_bridge.live.actions import OscPeer, Peer, Reply, ZmqPeer
from score_bridge.live.peers import LEASE_S, MAX_HOSTS, Hosts
from score_bridge.wire.internal import Listener
from score_bridge.wire.messages import Error, Hello, Pong

DEFAULT = OscPeer("127.0.0.1", 9902)
ZMQ = ZmqPeer(b"a")
MAX = OscPeer("127.0.0.1", 50_000)
AFAR = OscPeer("10.0.0.7", 50_000)
PONG = Pong(id=1, time=0.0)


@pytest.mark.parametrize(
    ("peer", "hello", "answered"),
    [
        (ZMQ, None, [ZMQ]),
        (MAX, None, [MAX, DEFAULT]),
        (DEFAULT, None, [DEFAULT]),
        (AFAR, None, [AFAR]),
        (MAX, Hello(name="max", reply_port=7400), [OscPeer("127.0.0.1", 7400)]),
        (MAX, Hello(name="pd"), [MAX]),
    ],
    ids=["zmq", "osc without hello", "from the default port", "another machine", "reply port", "source port"],
)
def test_answers_go_where_the_host_listens(peer: Peer, hello: Hello | None, answered: list[Peer]) -> None:
    hosts = Hosts(DEFAULT)
    if hello:
        hosts.hello(peer, hello, 0.0)
    assert hosts.reply(peer, PONG) == [Reply(one, PONG) for one in answered]


def test_an_osc_hello_asks_for_notes_and_each_address_gets_them_once() -> None:
    hosts = Hosts(DEFAULT)
    hosts.hello(ZMQ, Hello(name="zmq"), 0.0)
    hosts.hello(MAX, Hello(name="max", reply_port=7400), 0.0)
    hosts.hello(OscPeer("127.0.0.1", 50_001), Hello(name="max again", reply_port=7400), 0.0)
    assert hosts.listeners() == (Listener("127.0.0.1", 9902), Listener("127.0.0.1", 7400))
    assert Hosts(None).listeners() == ()


def test_refusals_are_answered_once_a_kind_and_second_and_counted() -> None:
    hosts = Hosts(None)
    fault, other = PeerError("size", "too big"), PeerError("type", "what")
    answers = [hosts.refuse(ZMQ, fault, now) for now in (0.0, 0.5, 0.9, 1.0)]
    assert answers == [
        [Reply(ZMQ, Error(kind="size", reason="too big", count=n))] if n in (1, 4) else [] for n in (1, 2, 3, 4)
    ]
    assert hosts.refuse(ZMQ, other, 1.0)
    assert hosts.refuse(ZmqPeer(b"b"), fault, 1.0)


def test_the_table_is_bounded_and_listeners_go_last() -> None:
    hosts = Hosts(None)
    hosts.hello(AFAR, Hello(name="a patch that only listens"), 0.0)
    for n in range(1000):
        hosts.touch(ZmqPeer(b"%d" % n), 0.0)
    assert len(hosts) == MAX_HOSTS
    assert hosts.listeners() == (Listener("10.0.0.7", 50_000),)
    for n in range(MAX_HOSTS):
        hosts.hello(OscPeer("10.0.0.8", n), Hello(name="another"), 0.0)
    assert len(hosts) == MAX_HOSTS
    assert "10.0.0.7" not in [one.host for one in hosts.listeners()]


def test_a_listener_gets_notes_for_ten_minutes_after_the_last_thing_it_sent_and_is_told_the_end() -> None:
    hosts = Hosts(DEFAULT)
    hosts.hello(AFAR, Hello(name="spoofed"), 0.0)
    hosts.hello(MAX, Hello(name="max", reply_port=7400), 0.0)
    hosts.touch(MAX, 500.0)
    assert hosts.expire(LEASE_S - 1) == []
    [said] = hosts.expire(LEASE_S)
    assert said.peer == AFAR
    assert "say hello again" in getattr(said.message, "reason", "")
    assert hosts.listeners() == (Listener("127.0.0.1", 9902), Listener("127.0.0.1", 7400))
    assert hosts.expire(LEASE_S) == []
    hosts.hello(AFAR, Hello(name="again"), LEASE_S)
    assert Listener(AFAR.host, AFAR.port) in hosts.listeners()


def test_a_listener_that_makes_room_is_told_so() -> None:
    hosts = Hosts(None)
    for n in range(MAX_HOSTS + 1):
        hosts.hello(OscPeer("10.0.0.8", n), Hello(name="another"), float(n))
    [said] = hosts.expire(1.0)
    assert said.peer == OscPeer("10.0.0.8", 0)
    assert "64 other hosts" in getattr(said.message, "reason", "")


def test_a_host_hears_of_the_streams_it_names_and_two_at_one_port_what_either_named() -> None:
    hosts = Hosts(DEFAULT)
    hosts.hello(MAX, Hello(name="max", reply_port=7400, streams=("left",)), 0.0)
    hosts.hello(AFAR, Hello(name="pd", streams=("right", "left")), 0.0)
    default, at_port = Listener("127.0.0.1", 9902), ("127.0.0.1", 7400)
    assert hosts.listeners() == (
        default,
        Listener(*at_port, ("left",)),
        Listener("10.0.0.7", 50_000, ("right", "left")),
    )
    other = OscPeer("127.0.0.1", 50_001)
    hosts.hello(other, Hello(name="two", reply_port=7400, streams=("right",)), 1.0)
    assert Listener(*at_port, ("left", "right")) in hosts.listeners()
    hosts.hello(other, Hello(name="two", reply_port=7400, streams=("all",)), 2.0)
    assert Listener(*at_port, ("left", "all")) in hosts.listeners(), "one of them wants all"
    hosts.hello(other, Hello(name="two", reply_port=9902, streams=("right",)), 3.0)
    assert default in hosts.listeners(), "the port that hears all goes on hearing all"


def test_a_host_that_names_no_stream_hears_of_those_it_feeds_and_the_default_port_does_not() -> None:
    hosts = Hosts(DEFAULT)
    hosts.hello(MAX, Hello(name="max"), 0.0)
    hosts.touch(AFAR, 0.0)
    at = Listener(MAX.host, MAX.port)
    assert hosts.listeners() == (Listener("127.0.0.1", 9902), at)
    assert hosts.feeds(MAX, "left")
    assert not hosts.feeds(MAX, "left")
    assert hosts.feeds(AFAR, "right"), "it said no hello: the default port hears of its stream"
    mine = Listener(MAX.host, MAX.port, ("left",))
    assert hosts.listeners() == (Listener("127.0.0.1", 9902, without=("left",)), mine)
    hosts.forget("left")
    assert hosts.listeners() == (Listener("127.0.0.1", 9902), at)
    hosts.feeds(MAX, "left")
    hosts.goodbye(MAX)
    assert hosts.listeners() == (Listener("127.0.0.1", 9902),)


def test_a_host_says_which_readings_it_wants_and_when_it_wants_notes() -> None:
    hosts = Hosts(DEFAULT)
    hosts.hello(MAX, Hello(name="max"), 0.0)
    hosts.want(MAX, kinds=("latent",))
    hosts.want(MAX, ahead=True)
    hosts.touch(OscPeer("127.0.0.1", 50_001), 0.0)
    hosts.want(OscPeer("127.0.0.1", 50_001), kinds=())
    assert hosts.listeners() == (
        Listener("127.0.0.1", 9902, kinds=()),
        Listener(MAX.host, MAX.port, kinds=("latent",), ahead=True),
    )
    hosts.hello(MAX, Hello(name="max"), 1.0)
    assert hosts.listeners()[1].kinds == ("latent",), "a hello that is said again changes nothing"
    hosts.touch(ZMQ, 0.0)
    with pytest.raises(PeerError, match="subscribe to topics"):
        hosts.want(ZMQ, kinds=())
    assert Hosts(DEFAULT, ahead=True).listeners() == (Listener("127.0.0.1", 9902, ahead=True),)


def test_a_host_that_feeds_by_another_way_hears_of_what_nobody_claims() -> None:
    """Such as one that says hello from one socket and sends features from others, as oscsend does."""
    hosts, elsewhere = Hosts(None), OscPeer("127.0.0.1", 50_009)
    hosts.hello(MAX, Hello(name="listens", reply_port=7400), 0.0)
    hosts.touch(elsewhere, 0.0)
    hosts.feeds(elsewhere, "liblo")
    hosts.hello(AFAR, Hello(name="another"), 0.0)
    hosts.feeds(AFAR, "theirs")
    [listens, another] = hosts.listeners()
    assert [listens.hears(stream) for stream in ("liblo", "main", "theirs")] == [True, True, False]
    assert [another.hears(stream) for stream in ("liblo", "main", "theirs")] == [False, False, True]
    both = OscPeer("127.0.0.1", 50_010)
    hosts.hello(both, Hello(name="names it", reply_port=7400, streams=("theirs",)), 0.0)
    assert hosts.listeners()[0].hears("theirs")
    assert hosts.listeners()[0].hears("main")
