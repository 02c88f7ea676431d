"""Who talks to the bridge, and what its core asks the shell to send. Frozen values; nothing here does anything."""

from dataclasses import dataclass

from score_bridge.wire.internal import ToEngine, ToPlayer
from score_bridge.wire.messages import Outgoing
from score_bridge.wire.zmq_codec import Part


@dataclass(frozen=True, slots=True)
class ZmqPeer:
    """A host on ZeroMQ, by the identity its connection has."""

    identity: bytes


@dataclass(frozen=True, slots=True)
class OscPeer:
    """A host on OSC, by its address, or an address that wants notes."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class OscStreamPeer:
    """A host on OSC over TCP, by its address and the number of its connection."""

    host: str
    port: int
    number: int


Peer = ZmqPeer | OscPeer | OscStreamPeer


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


Action = Reply | ForEngine | ForPlayer
