"""Hosts on ZeroMQ: a ROUTER socket."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

import zmq

from score_bridge.errors import PeerError
from score_bridge.live.actions import ZmqPeer
from score_bridge.live.endpoints.endpoint import Heard, Source
from score_bridge.live.sockets import bind_zmq
from score_bridge.wire.messages import Outgoing
from score_bridge.wire.zmq_codec import decode_incoming, encode, parts_of

PARTS_A_TURN = 1024  # taken before the other endpoints get their turn: about a millisecond
PARTS_KEPT = 5  # of one message: who sent it, and one part more than the longest has


class ZmqEndpoint:
    """A host that comes back under its name takes over its place. Of too many parts the first are kept."""

    peers: ClassVar[type[ZmqPeer]] = ZmqPeer

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", host: str, port: int) -> None:
        """Listen. Raises SettingsError where the port is taken."""
        self._router = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.address = bind_zmq(self._router, host, port, "zmq_port")
        self._parts: list[zmq.Frame] = []  # of the message that is being taken

    @property
    def sources(self) -> Sequence[Source]:
        """What to wait on."""
        return [self._router]

    def hear(self) -> Iterator[Heard]:
        """Yield what has come."""
        while message := self._whole_message():
            identity, *frames = message
            peer = ZmqPeer(identity.bytes)
            try:
                yield peer, *decode_incoming(parts_of(frames))
            except PeerError as error:
                yield peer, error, b""

    def _whole_message(self) -> list[zmq.Frame]:
        """Take the next message; nothing if there is none, or not all of it has been taken yet."""
        try:
            for _ in range(PARTS_A_TURN):
                part = self._router.recv(zmq.NOBLOCK, copy=False)
                if len(self._parts) < PARTS_KEPT:
                    self._parts.append(part)
                if not part.more:
                    whole, self._parts = self._parts, []
                    return whole
        except zmq.Again:
            pass
        return []

    def reply(self, peer: ZmqPeer, message: Outgoing) -> None:
        """Answer one host."""
        with contextlib.suppress(zmq.Again):
            self._router.send_multipart([peer.identity, *encode(message)], zmq.NOBLOCK)

    def close(self) -> None:
        """Stop listening."""
        self._router.close()
