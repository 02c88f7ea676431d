"""The connected programs: who they are, where their answers go, and how often they were refused. Sans-I/O.

UDP has no goodbye, and ZeroMQ's ROUTER reports none. So an OSC host gets notes for LEASE_S seconds after the last
thing it sent, whatever that was; patches say hello again every few seconds, which also finds a server that was
restarted. The table has `MAX_HOSTS` places; where one more comes, the longest silent makes room; those that sent a
hello over OSC go last. Who gets no more notes is told so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from score_bridge.errors import PeerError
from score_bridge.live.actions import OscPeer, Peer, Reply
from score_bridge.wire.internal import Listener
from score_bridge.wire.messages import (
    ALL_STREAMS,
    KINDS,
    MOST_NAMED,
    USUAL_KINDS,
    Error,
    Hello,
    Kind,
    Outgoing,
)

MAX_HOSTS = 64
LEASE_S = 600.0
ERROR_EVERY = 1.0  # seconds between two errors of one kind to one host


@dataclass(slots=True)
class Fault:
    """One kind of refusal: how often so far, and when it was last answered."""

    count: int = 0
    answered: float = -float("inf")


@dataclass(slots=True)
class Host:
    """One connected program. `name` is what its hello says, `listens` where it gets notes by OSC after that.

    heard: when it last sent; asked: the streams that its hello names; feeds: those it sends pictures or features to;
    kinds, ahead: see `Listener`.
    """

    heard: float
    name: str = ""
    listens: OscPeer | None = None
    asked: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = USUAL_KINDS
    ahead: bool = False
    faults: dict[str, Fault] = field(default_factory=dict)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that it hears of; where there is none, it hears of those that nobody claims."""
        return self.asked or self.feeds

    def __str__(self) -> str:
        """Return its name and where it gets notes by OSC."""
        return f"{self.name} ({self.listens.host}:{self.listens.port})" if self.listens else self.name


class Hosts:
    """The table of hosts, the most recently active last."""

    def __init__(self, default: OscPeer | None, *, ahead: bool = False) -> None:
        """Give notes to `default`, too, if there is one, and answers to those on its machine that sent no hello.

        ahead: whether notes come before they are due to those who have not said when they want them.
        """
        self._default = default
        self._ahead = ahead
        self._at_default: tuple[tuple[Kind, ...], bool] = (USUAL_KINDS, ahead)
        self._hosts: dict[Peer, Host] = {}
        self._told: list[Reply] = []

    def __len__(self) -> int:
        """How many are known."""
        return len(self._hosts)

    def touch(self, peer: Peer, now: float) -> Host:
        """Note that `peer` sent something."""
        host = self._hosts.pop(peer, None) or Host(now, ahead=self._ahead)
        host.heard = now
        if len(self._hosts) >= MAX_HOSTS:
            self._put_out(self._hosts.pop(self._longest_silent()), f"there are {MAX_HOSTS} other hosts")
        self._hosts[peer] = host
        return host

    def hello(self, peer: Peer, message: Hello, now: float) -> None:
        """Take a host among those who get notes by OSC, if it is one."""
        host = self.touch(peer, now)
        host.name, host.asked = message.name, message.streams
        listens = peer.listens_at(message.reply_port)
        if listens is not None:
            host.listens = listens

    def goodbye(self, peer: Peer) -> None:
        """Forget a host."""
        self._hosts.pop(peer, None)

    def want(self, peer: Peer, kinds: tuple[Kind, ...] | None = None, ahead: bool | None = None) -> None:
        """Note what a host that was touched wants, and when; where it said no hello, for the default reply port.

        Raises PeerError for one that cannot get notes by OSC.
        """
        host = self._hosts[peer]
        if host.listens is None and peer.listens_at(0) is None:
            raise PeerError("subscribe", "this connection gets no notes: subscribe to topics at the PUB address")
        host.kinds = host.kinds if kinds is None else kinds
        host.ahead = host.ahead if ahead is None else ahead
        if host.listens is None:
            self._at_default = (host.kinds, host.ahead)

    def feeds(self, peer: Peer, stream: str) -> bool:
        """Note that a host that was touched feeds a stream; return whether that is new."""
        host = self._hosts[peer]
        if stream in host.feeds:
            return False
        host.feeds = (*host.feeds, stream)[-MOST_NAMED:]
        return True

    def forget(self, stream: str) -> None:
        """Nobody feeds this stream any more."""
        for host in self._hosts.values():
            host.feeds = tuple(one for one in host.feeds if one != stream)

    def restore(self, listening: Sequence[Listener], now: float) -> None:
        """Give notes to those who got them before a restart, as if each had just said hello."""
        for one in listening:
            peer = OscPeer(one.host, one.port)
            if peer != self._default:
                self.hello(peer, Hello(name="", streams=one.streams), now)
                self.want(peer, one.kinds, one.ahead)

    def names(self) -> tuple[str, ...]:
        """Return what those who said hello call themselves, with the port where OSC hosts listen."""
        return tuple(str(host) for host in self._hosts.values() if host.name)

    def expire(self, now: float) -> list[Reply]:
        """End leases that have run out; return what is to be told to all that were put out since the last call."""
        for host in self._hosts.values():
            if host.listens is not None and now - host.heard >= LEASE_S:
                self._put_out(host, f"nothing came from you for {LEASE_S / 60:.0f} minutes")
                host.listens = None
        told, self._told = self._told, []
        return told

    def listeners(self) -> tuple[Listener, ...]:
        """Return every address that gets notes by OSC, each once; two programs at one get what either asked for.

        Those that name no stream and feed none, and the default one, hear of all that nobody claims: a stream is
        claimed by who feeds it and hears of it.
        """
        claimed = tuple(sorted({stream for host in self._hosts.values() if host.listens for stream in host.feeds}))
        wanted: dict[OscPeer, Listener] = {}
        if self._default is not None:
            kinds, ahead = self._at_default
            at = self._default
            wanted[at] = Listener(at.host, at.port, without=claimed, kinds=kinds, ahead=ahead)
        for host in self._hosts.values():
            if host.listens is not None:
                at, without = host.listens, () if host.streams else claimed
                own = Listener(at.host, at.port, host.streams, without, host.kinds, host.ahead)
                wanted[at] = _both(wanted[at], own) if at in wanted else own
        return tuple(wanted.values())

    def reply(self, peer: Peer, message: Outgoing) -> list[Reply]:
        """Address an answer. Before its hello an OSC host is answered where it sends from and at the default port."""
        known = self._hosts.get(peer)
        listens = known.listens if known and not peer.connected else None
        if listens is not None:
            return [Reply(listens, message)]
        own = peer.listens_at(0)
        to: list[Peer] = [peer]
        if not peer.connected and self._default and own and self._default.host == own.host:
            to.append(self._default)
        return [Reply(one, message) for one in dict.fromkeys(to)]

    def refuse(self, peer: Peer, error: PeerError, now: float, *, asked: bool = False) -> list[Reply]:
        """Count a refusal and answer it, at most once per kind, host and second; always what was `asked`."""
        fault = self.touch(peer, now).faults.setdefault(error.kind, Fault())
        fault.count += 1
        if not asked and now - fault.answered < ERROR_EVERY:
            return []
        fault.answered = now
        return self.reply(peer, Error(kind=error.kind, reason=error.reason, count=fault.count))

    def _put_out(self, host: Host, reason: str) -> None:
        if host.listens is not None:
            said = Error(kind="hello", reason=f"{reason}: notes no longer come here; say hello again")
            self._told.append(Reply(host.listens, said))

    def _longest_silent(self) -> Peer:
        quiet = (peer for peer, host in self._hosts.items() if host.listens is None)
        return next(quiet, next(iter(self._hosts)))


def _both(one: Listener, other: Listener) -> Listener:
    """What two programs at one address asked for."""
    without: tuple[str, ...] = ()
    streams = tuple(dict.fromkeys((*one.streams, *other.streams)))
    if ALL_STREAMS not in streams and not (one.streams and other.streams):
        without = tuple(stream for stream in one.without or other.without if stream not in streams)
        streams = ()
    kinds = tuple(kind for kind in KINDS if kind in (*one.kinds, *other.kinds))
    return Listener(one.host, one.port, streams, without, kinds, one.ahead or other.ahead)
