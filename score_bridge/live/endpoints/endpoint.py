"""What the bridge asks of a kind of connection: ZeroMQ, OSC over UDP and over TCP, and those to come."""

import socket
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol

import zmq

from score_bridge.errors import PeerError
from score_bridge.live.actions import Peer
from score_bridge.wire.messages import Incoming, Outgoing
from score_bridge.wire.zmq_codec import Part

Heard = tuple[Peer, Incoming | PeerError, Part]
Source = zmq.Socket[bytes] | socket.socket


class Endpoint(Protocol):
    """Turns bytes into messages and back for one kind of peer. Nothing waits, and nothing is decided here."""

    peers: ClassVar[type[Any]]
    """The kind of peer that is answered here."""

    @property
    def address(self) -> str:
        """Where hosts find it."""

    @property
    def sources(self) -> Sequence[Source]:
        """What to wait on."""

    def hear(self) -> Iterator[Heard]:
        """Yield what has come, faults of peers among it, until there is no more."""

    def reply(self, peer: Any, message: Outgoing) -> None:
        """Answer one peer of this kind; one that does not read loses the answer."""

    def close(self) -> None:
        """Stop listening."""
