"""The connected programs: who they are, where their answers go, and how often they were refused. Sans-I/O.

UDP has no goodbye, ZeroMQ's ROUTER reports none, and an installation runs for months. So no host is dropped for
being silent: a patch that sent one hello and only listens since gets its notes for ever. The table has `MAX_HOSTS`
places; where one more comes, the longest silent makes room; those that sent a hello over OSC go last.
"""

from dataclasses import dataclass, field

from score_bridge.errors import PeerError
from score_bridge.live.actions import OscPeer, Peer, Reply
from score_bridge.wire.messages import Error, Hello, Outgoing

MAX_HOSTS = 64
ERROR_EVERY = 1.0  # seconds between two errors of one kind to one host


@dataclass(slots=True)
class Fault:
    """One kind of refusal: how often so far, and when it was last answered."""

    count: int = 0
    answered: float = -float("inf")


@dataclass(slots=True)
class Host:
    """One connected program. `listens` is where it gets notes by OSC, after its hello."""

    listens: OscPeer | None = None
    faults: dict[str, Fault] = field(default_factory=dict)


class Hosts:
    """The table of hosts, the most recently active last."""

    def __init__(self, default: OscPeer | None) -> None:
        """Give notes to `default`, too, if there is one, and answers to those on its machine that sent no hello."""
        self._default = default
        self._hosts: dict[Peer, Host] = {}

    def __len__(self) -> int:
        """How many are known."""
        return len(self._hosts)

    def touch(self, peer: Peer) -> Host:
        """Note that `peer` sent something."""
        host = self._hosts.pop(peer, None) or Host()
        if len(self._hosts) >= MAX_HOSTS:
            del self._hosts[self._longest_silent()]
        self._hosts[peer] = host
        return host

    def hello(self, peer: Peer, message: Hello) -> None:
        """Take a host among those who get notes by OSC, if it is one."""
        listens = peer.listens_at(message.reply_port)
        if listens is not None:
            self.touch(peer).listens = listens

    def listeners(self) -> tuple[tuple[str, int], ...]:
        """Return every address that gets notes by OSC, each once."""
        asked = [self._default, *(host.listens for host in self._hosts.values())]
        return tuple(dict.fromkeys((peer.host, peer.port) for peer in asked if peer is not None))

    def reply(self, peer: Peer, message: Outgoing) -> list[Reply]:
        """Address an answer. Before its hello an OSC host is answered where it sends from and at the default port."""
        listens = None if peer.connected else self.touch(peer).listens
        if listens is not None:
            return [Reply(listens, message)]
        own = peer.listens_at(0)
        to: list[Peer] = [peer]
        if not peer.connected and self._default and own and self._default.host == own.host:
            to.append(self._default)
        return [Reply(one, message) for one in dict.fromkeys(to)]

    def refuse(self, peer: Peer, error: PeerError, now: float, *, asked: bool = False) -> list[Reply]:
        """Count a refusal and answer it, at most once per kind, host and second; always what was `asked`."""
        fault = self.touch(peer).faults.setdefault(error.kind, Fault())
        fault.count += 1
        if not asked and now - fault.answered < ERROR_EVERY:
            return []
        fault.answered = now
        return self.reply(peer, Error(kind=error.kind, reason=error.reason, count=fault.count))

    def _longest_silent(self) -> Peer:
        quiet = (peer for peer, host in self._hosts.items() if host.listens is None)
        return next(quiet, next(iter(self._hosts)))
