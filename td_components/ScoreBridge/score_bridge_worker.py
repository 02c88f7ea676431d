"""The link's thread: owns every socket, keeps the link alive, and knows nothing of TouchDesigner.

It greets the server until it answers, then every two seconds again (one that was restarted knows nobody), and pings
twice a second whatever TouchDesigner's frame rate. A server that is silent for two seconds, or whose port is closed,
is lost: held notes end, and everything that was set is sent again once it is back.
"""

import contextlib
import selectors
import time
from typing import Any

from score_bridge_exchange import Exchange
from score_bridge_osc import decode, encode
from score_bridge_route import Options, Route
from score_bridge_sockets import PortTakenError, Udp
from score_bridge_state import PROTOCOL
from score_bridge_status import Standing

HELLO_S, KNOCK_S, PING_S, LOST_S, REOPEN_S = 2.0, 0.5, 0.5, 2.0, 1.0
TICK_S = 0.1


class Worker:
    """`step` does what there is to do and waits at most a tenth of a second for more."""

    def __init__(self, exchange: Exchange, options: Options, name: str) -> None:
        """Open nothing yet."""
        self._exchange = exchange
        self._options = options
        self._name = name
        self._selector = selectors.DefaultSelector()
        self._selector.register(exchange.wake_in, selectors.EVENT_READ)
        self._udp: Udp | None = None
        self._route: Route | None = None
        self._up = self._was_up = False
        self._heard = self._hello = self._pinged = self._counted = self._opened = -10.0
        self._ping, self._sent, self._fresh = 0, 0, False
        self._standing = Standing("waiting")

    def step(self) -> None:
        """Go round once."""
        self._selector.select(TICK_S)
        with contextlib.suppress(BlockingIOError):
            while self._exchange.wake_in.recv(4096):
                pass
        now = time.monotonic()
        if self._udp is None and now - self._opened >= REOPEN_S:
            self._open(now)
        if self._udp is not None and self._route is not None:
            self._link(self._udp, self._route, now)
        self._exchange.stand(self._standing)

    def part(self) -> None:
        """Say the last words."""
        if self._udp is not None:
            with contextlib.suppress(OSError):
                for packet in self._exchange.take_messages(all_kept=False):
                    self._udp.send(packet)

    def close(self) -> None:
        """Close every socket."""
        if self._udp is not None:
            self._udp.close()
        if self._route is not None:
            self._route.close()
        self._selector.close()

    def _open(self, now: float) -> None:
        self._opened = now
        options = self._options
        try:
            self._udp = Udp(options.host, options.osc_port, options.reply_port)
        except PortTakenError:
            self._standing = Standing("taken")
        except OSError as error:
            self._standing = Standing("unknown", fault=error.strerror or str(error))
        else:
            self._selector.register(self._udp.out, selectors.EVENT_READ)
            self._selector.register(self._udp.back, selectors.EVENT_READ)
            self._route = Route(options)
            self._standing = Standing("waiting")

    def _link(self, udp: Udp, route: Route, now: float) -> None:
        try:
            for packet in udp.receive() + route.pump():
                self._take(packet, now)
            if udp.refused():
                self._lose(now)
            self._keep_alive(udp, now)
            if self._up:
                self._send(udp, route)
        except ConnectionError:  # the system says that nobody listens there
            self._lose(now)
        except OSError as error:
            self._standing = self._standing._replace(fault=str(error))
        if self._up and now - self._heard > LOST_S:
            self._lose(now)
        if self._up and now - self._counted >= 1.0:
            rate, self._sent, self._counted = self._sent / (now - self._counted), 0, now
            self._standing = self._standing._replace(sent_per_second=rate, route=route.name)

    def _take(self, packet: bytes, now: float) -> None:
        self._heard = now
        with contextlib.suppress(ValueError, TypeError, IndexError):  # of another version, perhaps: left out
            for address, arguments in decode(packet):
                for event in self._exchange.heard(address, arguments, now):
                    if event.kind == "pong" and event.words[0] == self._ping:
                        trip = (now - self._pinged) * 1000
                        self._standing = self._standing._replace(round_trip_ms=trip)
                if address == "/score/welcome":
                    self._welcomed(arguments)

    def _welcomed(self, arguments: list[Any]) -> None:
        protocol, server = int(arguments[0]), str(arguments[1])
        if protocol != PROTOCOL:
            self._up, self._standing = False, Standing("version", server=server, protocol=protocol)
        elif not self._up:
            self._up = True
            self._counted, self._sent = time.monotonic(), 0
            self._standing = self._standing._replace(phase="up", server=server, protocol=protocol, route="OSC")
            self._fresh = True

    def _keep_alive(self, udp: Udp, now: float) -> None:
        if now - self._hello >= (HELLO_S if self._up else KNOCK_S):
            self._hello = now
            udp.send(encode("/score/hello", (self._name, udp.reply_port, self._options.stream)))
        if self._up and now - self._pinged >= PING_S:
            self._ping, self._pinged = self._ping % 1_000_000 + 1, now
            udp.send(encode("/score/ping", (self._ping,)))

    def _send(self, udp: Udp, route: Route) -> None:
        fresh, self._fresh = self._fresh, False
        for packet in self._exchange.take_messages(all_kept=fresh):
            udp.send(packet)
        self._exchange.wants_raw = route.wants_raw
        ready = self._exchange.take_ready()
        if ready is None:
            return
        if isinstance(ready, bytes):
            udp.send(ready)
        elif not route.send(ready, udp):
            self._exchange.dropped()
            return
        self._sent += 1

    def _lose(self, now: float) -> None:
        phase = "lost" if self._up or self._was_up else "waiting"
        self._was_up |= self._up
        self._up = False
        self._exchange.silence(now)
        self._standing = Standing(phase)
