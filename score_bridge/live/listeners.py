"""All the endpoints of a server: which one next, which one answers whom, and what is held until its time."""

import math
import socket
import time
from collections.abc import Iterator

import zmq

from score_bridge.errors import SettingsError
from score_bridge.live.actions import Peer
from score_bridge.live.endpoints.endpoint import Endpoint, Heard, Source
from score_bridge.live.endpoints.osc_tcp import OscTcpEndpoint
from score_bridge.live.endpoints.osc_udp import OscUdpEndpoint
from score_bridge.live.endpoints.zmq_router import ZmqEndpoint
from score_bridge.live.held_messages import HeldMessages
from score_bridge.live.sockets import bind_udp, listen_tcp, resolve
from score_bridge.settings import Settings
from score_bridge.wire.messages import Outgoing

BURST = 256  # messages taken from each endpoint before the children get their turn
ATTEMPTS = 8


class Listeners:
    """The endpoints that hosts send to."""

    def __init__(self, settings: Settings, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        """Listen. Raises SettingsError where a port is taken."""
        if settings.osc_port and settings.osc_port == settings.osc_reply_port:
            raise SettingsError(f"osc_port and osc_reply_port are both {settings.osc_port}: notes would come back in")
        self.host = resolve(settings.host)
        self.zmq = ZmqEndpoint(context, self.host, settings.zmq_port)
        try:
            udp, listener = _bind_osc(self.host, settings.osc_port)
        except SettingsError:
            self.zmq.close()
            raise
        self._held = HeldMessages()
        self.osc = OscUdpEndpoint(udp, self._held)
        self.tcp = OscTcpEndpoint(listener, self._held)
        self._endpoints: tuple[Endpoint, ...] = (self.zmq, self.osc, self.tcp)
        self._hearing: dict[Endpoint, Iterator[Heard]] = {}  # what was begun, and may have more
        self._by_peer: dict[type[Peer], Endpoint] = {endpoint.peers: endpoint for endpoint in self._endpoints}

    @property
    def sources(self) -> list[Source]:
        """What to wait on."""
        return [source for endpoint in self._endpoints for source in endpoint.sources]

    @property
    def wake(self) -> float:
        """When to hear again, if nothing comes before: at once while there may be more of what came."""
        return -math.inf if self._hearing else self._held.wake

    def hear(self, until: float) -> Iterator[Heard]:
        """Yield what has become due, then what has come, one from each endpoint in turn, until there is no more or
        it is `until`. What was left over then comes first the next time.
        """
        for held in self._held.due(time.perf_counter()):
            yield held
            if time.perf_counter() >= until:
                return
        self._hearing = {endpoint: self._hearing.get(endpoint) or endpoint.hear() for endpoint in self._endpoints}
        for _ in range(BURST):
            for endpoint, coming in tuple(self._hearing.items()):
                heard = next(coming, None)
                if heard is None:
                    del self._hearing[endpoint]
                else:
                    yield heard
            if not self._hearing or time.perf_counter() >= until:
                return

    def reply(self, peer: Peer, message: Outgoing) -> None:
        """Answer one host, where it came in."""
        self._by_peer[type(peer)].reply(peer, message)

    def close(self) -> None:
        """Stop listening."""
        for endpoint in self._endpoints:
            endpoint.close()


def _bind_osc(host: str, port: int) -> tuple[socket.socket, socket.socket]:
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
