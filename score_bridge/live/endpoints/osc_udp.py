"""Hosts on OSC over UDP. Notes leave from this socket too: a connected client takes them from nowhere else."""

import logging
import socket
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar

from score_bridge.live.actions import OscPeer, Peer
from score_bridge.live.endpoints.endpoint import Heard, Source
from score_bridge.live.held_messages import MOST, Held, HeldMessages
from score_bridge.wire.internal import Listener
from score_bridge.wire.messages import Outgoing, Reported
from score_bridge.wire.osc.codec import Decoded, decode_osc, encode_osc

LOG = logging.getLogger(__name__)
DATAGRAM = 65_535
MOST_NAMED = 256  # addresses that cannot be reached, in the log


class OscUdpEndpoint:
    """One datagram, one packet."""

    peers: ClassVar[type[OscPeer]] = OscPeer

    def __init__(self, bound: socket.socket, held: HeldMessages) -> None:
        """Serve a bound socket that never blocks; what is sent ahead of its time goes to `held`."""
        self.socket = bound
        self._unreachable: set[tuple[str, int]] = set()
        self._held = held

    @property
    def address(self) -> str:
        """Where OSC is listened for, as host:port."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def sources(self) -> Sequence[Source]:
        """What to wait on."""
        return [self.socket]

    def hear(self) -> Iterator[Heard]:
        """Yield what has come."""
        while True:
            try:
                datagram, address = self.socket.recvfrom(DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:  # of an answer that nobody took, too
                LOG.info("OSC socket: %s", error)
                return
            yield from messages_of(OscPeer(*address[:2]), decode_osc(datagram), self._held)

    def reply(self, peer: OscPeer, message: Outgoing) -> None:
        """Answer one host."""
        try:
            self.socket.sendto(encode_osc(message), (peer.host, peer.port))
        except OSError as error:
            LOG.info("no answer to %s port %d: %s", peer.host, peer.port, error)

    def tell(self, message: Reported, hosts: Sequence[Listener]) -> None:
        """Send a reading to these hosts; who cannot be reached is named in the log once."""
        datagram = encode_osc(message) if hosts else b""
        for host in hosts:
            try:
                self.socket.sendto(datagram, (host.host, host.port))
            except OSError as error:  # no receiver, no route, a full buffer: UDP promises nothing
                self._log_once((host.host, host.port), error)

    def _log_once(self, address: tuple[str, int], error: OSError) -> None:
        if address not in self._unreachable and len(self._unreachable) < MOST_NAMED:
            self._unreachable.add(address)
            LOG.info("no readings to %s port %d: %s", *address, error)

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()


def messages_of(peer: Peer, decoded: Decoded, held: HeldMessages) -> Iterator[Heard]:
    """Yield the messages of a packet that are not held until later, then what could not be read of it."""
    for one in decoded.dated:
        message = (peer, one.message, one.payload)
        if one.at is None or not _hold(message, one.at, held):
            yield message
    for fault in decoded.errors:
        yield peer, fault, b""


def _hold(message: Held, at: float, held: HeldMessages) -> bool:
    """Hold a message that is meant for `at` (unix time), if it is to be held."""
    return held.put(message, _on_our_clock(at), time.perf_counter())


@lru_cache(maxsize=MOST)
def _on_our_clock(at: float) -> float:
    """Remembered, as the two clocks are never read at one moment: messages of one time would lose their order."""
    return time.perf_counter() + at - time.time()
