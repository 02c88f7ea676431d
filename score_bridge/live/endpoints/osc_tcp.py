"""OSC over TCP, for what does not fit into a datagram: whole pictures. Reading and writing never wait.

A connection's answers go back on it, framed as its own packets are; notes go by UDP, which cannot hold anybody up.
"""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import ClassVar

from score_bridge.errors import PeerError
from score_bridge.live.actions import OscStreamPeer
from score_bridge.live.endpoints.endpoint import Heard, Source
from score_bridge.live.endpoints.osc_udp import messages_of
from score_bridge.live.held_messages import HeldMessages
from score_bridge.wire.messages import Outgoing
from score_bridge.wire.osc.codec import decode_osc, encode_osc
from score_bridge.wire.osc.framing import MAX_PACKET, Unframing, frame_packet

CONNECTIONS = 64
READING = 64 * 1024
READINGS = 2  # of one connection, before the others get their turn


class OscTcpEndpoint:
    """The listener and its connections, the longest silent first; where there are too many, that one makes room."""

    peers: ClassVar[type[OscStreamPeer]] = OscStreamPeer

    def __init__(self, listener: socket.socket, held: HeldMessages) -> None:
        """Serve who connects to a listening socket that never blocks; what is ahead of its time goes to `held`."""
        self._listener = listener
        self._held = held
        self._open: dict[OscStreamPeer, tuple[socket.socket, Unframing]] = {}
        self._count = 0

    @property
    def address(self) -> str:
        """Where it listens, as host:port."""
        return "{}:{}".format(*self._listener.getsockname()[:2])

    @property
    def sources(self) -> Sequence[Source]:
        """What to wait on."""
        return [self._listener, *(connection for connection, _ in self._open.values())]

    def hear(self) -> Iterator[Heard]:
        """Yield what has come, and the reason where a connection had to be ended for what it sent."""
        self._accept()
        for peer in tuple(self._open):
            if peer in self._open:  # it may have been ended since, by an answer to another
                yield from self._read(peer)

    def reply(self, peer: OscStreamPeer, message: Outgoing) -> None:
        """Answer on a connection, unless it has ended or does not read."""
        connection, unframing = self._open.get(peer, (None, None))
        if connection is None or unframing is None or unframing.kind is None:
            return
        data = frame_packet(encode_osc(message), unframing.kind)
        try:
            if connection.send(data) < len(data):  # half an answer would garble all that follow
                self._end(peer)
        except BlockingIOError:
            return
        except OSError:
            self._end(peer)

    def close(self) -> None:
        """Stop listening and end all connections."""
        for peer in tuple(self._open):
            self._end(peer)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # nobody there, or gone again
            while True:
                connection, (host, port, *_) = self._listener.accept()
                if len(self._open) >= CONNECTIONS:
                    self._end(next(iter(self._open)))
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._count += 1
                self._open[OscStreamPeer(host, port, self._count)] = (connection, Unframing())

    def _read(self, peer: OscStreamPeer) -> Iterator[Heard]:
        connection, unframing = self._open[peer]
        for _ in range(READINGS):
            try:
                data = connection.recv(READING)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._end(peer)
                return
            self._open[peer] = self._open.pop(peer)
            try:
                for packet in unframing.feed(data):
                    yield from messages_of(peer, decode_osc(packet, MAX_PACKET), self._held)
            except PeerError as error:
                yield peer, error, b""
                self._end(peer)
                return

    def _end(self, peer: OscStreamPeer) -> None:
        connection, _ = self._open.pop(peer, (None, None))
        if connection is not None:
            connection.close()
