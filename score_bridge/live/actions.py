"""Who talks to the bridge, and what its core asks the shell to send. Frozen values; nothing here does anything."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from score_bridge.wire.internal import ToEngine, ToPlayer
from score_bridge.wire.messages import Outgoing, Reported
from score_bridge.wire.zmq_codec import Part


class Peer(Protocol):
    """A host, by where it came in; hashable."""

    connected: ClassVar[bool]
    """Whether answers go back on its connection, and nowhere else."""

    def listens_at(self, port: int) -> "OscPeer | None":
        """Return where it gets notes by OSC after a hello with this reply port (0 = none); None = nowhere."""


@dataclass(frozen=True, slots=True)
class ZmqPeer:
    """A host on ZeroMQ, by the identity its connection has."""

    connected: ClassVar[bool] = True
    identity: bytes

    def listens_at(self, port: int) -> "OscPeer | None":  # noqa: ARG002
        """It subscribes to notes."""
        return None


@dataclass(frozen=True, slots=True)
class OscPeer:
    """A host on OSC, by its address, or an address that wants notes."""

    connected: ClassVar[bool] = False
    host: str
    port: int

    def listens_at(self, port: int) -> "OscPeer | None":
        """At its reply port, or where it sends from."""
        return OscPeer(self.host, port or self.port)


@dataclass(frozen=True, slots=True)
class OscStreamPeer:
    """A host on OSC over TCP, by its address and the number of its connection."""

    connected: ClassVar[bool] = True
    host: str
    port: int
    number: int

    def listens_at(self, port: int) -> "OscPeer | None":
        """It gets notes by UDP, if its hello names a port."""
        return OscPeer(self.host, port) if port else None


@dataclass(frozen=True, slots=True)
class Reply:
    """Send this to one host, the way it came."""

    peer: Peer
    message: Outgoing


@dataclass(frozen=True, slots=True)
class ForEngine:
    """Send this to the engine."""

    message: ToEngine
    payload: Part = b""


@dataclass(frozen=True, slots=True)
class ForPlayer:
    """Send this to the player."""

    message: ToPlayer


@dataclass(frozen=True, slots=True)
class Publish:
    """Pass these on to all who asked for such."""

    messages: tuple[Reported, ...]


Action = Reply | ForEngine | ForPlayer | Publish
