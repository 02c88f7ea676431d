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


class ZmqEndpoint:
    """A host that comes back under its name takes over its place."""

    peers: ClassVar[type[ZmqPeer]] = ZmqPeer

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", host: str, port: int) -> None:
        """Listen. Raises SettingsError where the port is taken."""
        self._router = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.address = bind_zmq(self._router, host, port, "zmq_port")

    @property
    def sources(self) -> Sequence[Source]:
        """What to wait on."""
        return [self._router]

    def hear(self) -> Iterator[Heard]:
        """Yield what has come."""
        while True:
            try:
                identity, *frames = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            peer = ZmqPeer(identity.bytes)
            try:
                yield peer, *decode_incoming(parts_of(frames))
            except PeerError as error:
                yield peer, error, b""

    def reply(self, peer: ZmqPeer, message: Outgoing) -> None:
        """Answer one host."""
        with contextlib.suppress(zmq.Again):
            self._router.send_multipart([peer.identity, *encode(message)], zmq.NOBLOCK)

    def close(self) -> None:
        """Stop listening."""
        self._router.close()
