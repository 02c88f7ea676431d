"""Where hosts come in: ZeroMQ ROUTER, OSC over UDP and TCP. Bytes to messages and back; nothing is decided here."""

import contextlib
import logging
import socket
import time
from collections.abc import Iterator

import zmq

from score_bridge.errors import PeerError, SettingsError
from score_bridge.live.actions import OscPeer, OscStreamPeer, Peer, ZmqPeer
from score_bridge.live.osc_tcp import OscStreams
from score_bridge.live.sockets import bind_udp, bind_zmq, listen_tcp, resolve
from score_bridge.settings import Settings
from score_bridge.wire.messages import Incoming, Outgoing
from score_bridge.wire.osc.codec import Decoded, decode_osc, encode_osc
from score_bridge.wire.osc.framing import MAX_PACKET
from score_bridge.wire.zmq_codec import Part, decode_incoming, encode

LOG = logging.getLogger(__name__)
BURST = 256  # messages taken from each socket before the children get their turn
DATAGRAM = 65_535
ATTEMPTS = 8

Heard = tuple[Peer, Incoming | PeerError, Part]


class Listeners:
    """The sockets that hosts send to. Reading never waits; a host that does not read its answers loses them."""

    def __init__(self, settings: Settings, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        """Listen. Raises SettingsError where a port is taken."""
        if settings.osc_port and settings.osc_port == settings.osc_reply_port:
            raise SettingsError(f"osc_port and osc_reply_port are both {settings.osc_port}: notes would come back in")
        self.host = resolve(settings.host)
        self.router = context.socket(zmq.ROUTER)
        self.router.setsockopt(zmq.ROUTER_HANDOVER, 1)  # a host that comes back under its name takes over
        self.zmq_address = bind_zmq(self.router, self.host, settings.zmq_port, "zmq_port")
        try:
            self.udp, listener = _osc_sockets(self.host, settings.osc_port)
        except SettingsError:
            self.router.close()
            raise
        self.streams = OscStreams(listener)

    @property
    def osc_address(self) -> str:
        """Where OSC is listened for, as host:port."""
        host, port = self.udp.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def hear(self, until: float) -> Iterator[Heard]:
        """Yield what has come, one from each socket in turn, until there is no more or it is `until`."""
        sources = [self._from_zmq(), self._from_osc(), self._from_streams()]
        for _ in range(BURST):
            for source in tuple(sources):
                heard = next(source, None)
                if heard is None:
                    sources.remove(source)
                else:
                    yield heard
            if not sources or time.perf_counter() >= until:
                return

    def reply(self, peer: Peer, message: Outgoing) -> None:
        """Answer one host."""
        if isinstance(peer, ZmqPeer):
            with contextlib.suppress(zmq.Again):
                self.router.send_multipart([peer.identity, *encode(message)], zmq.NOBLOCK)
            return
        if isinstance(peer, OscStreamPeer):
            self.streams.reply(peer, encode_osc(message))
            return
        try:
            self.udp.sendto(encode_osc(message), (peer.host, peer.port))
        except OSError as error:
            LOG.info("no answer to %s port %d: %s", peer.host, peer.port, error)

    def close(self) -> None:
        """Stop listening."""
        self.router.close()
        self.udp.close()
        self.streams.close()

    def _from_zmq(self) -> Iterator[Heard]:
        while True:
            try:
                identity, *parts = self.router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            peer = ZmqPeer(identity)
            try:
                yield peer, *decode_incoming(parts)
            except PeerError as error:
                yield peer, error, b""

    def _from_osc(self) -> Iterator[Heard]:
        while True:
            try:
                datagram, address = self.udp.recvfrom(DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:  # of an answer that nobody took, too
                LOG.info("OSC socket: %s", error)
                return
            yield from _said(OscPeer(*address[:2]), decode_osc(datagram))

    def _from_streams(self) -> Iterator[Heard]:
        for peer, packet in self.streams.hear():
            if isinstance(packet, PeerError):
                yield peer, packet, b""
            else:
                yield from _said(peer, decode_osc(packet, MAX_PACKET))


def _osc_sockets(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """UDP and TCP at one port; where the system is to choose it, one that is free for both."""
    for attempt in range(ATTEMPTS):
        udp = bind_udp(host, port, "osc_port")
        try:
            return udp, listen_tcp(host, udp.getsockname()[1], "osc_port")
        except SettingsError:
            udp.close()
            if port or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _said(peer: Peer, decoded: Decoded) -> Iterator[Heard]:
    for message, payload in decoded.messages:
        yield peer, message, payload
    for fault in decoded.errors:
        yield peer, fault, b""
