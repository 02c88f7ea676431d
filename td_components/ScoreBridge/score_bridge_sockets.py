"""The sockets of one component. Only the worker thread uses them; nothing here waits.

Two for OSC over UDP: `out` is connected, so that the system says when nobody listens there; `back` hears notes, which
come from another port of the server. Pictures too large for a datagram go by TCP, where the server has it.
"""

import socket
import time

from score_bridge_osc import Unprefixer, prefixed

ROOM = 1 << 20
DATAGRAM = 65_535
BURST = 512  # datagrams read before pictures get their turn
RETRY_S = 2.0


class PortTakenError(OSError):
    """The reply port that was asked for is in use."""


class Udp:
    """OSC over UDP to one server."""

    def __init__(self, host: str, port: int, reply_port: int) -> None:
        """Open both sockets. Raises OSError: the host is not known, or there is no way to it; PortTakenError."""
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self.out = socket.socket(family, socket.SOCK_DGRAM)
        self.back = socket.socket(family, socket.SOCK_DGRAM)
        self._refused = False
        try:
            for one in (self.out, self.back):
                one.setblocking(False)
            # Beyond what macOS lets a datagram have unasked; the system may grant less.
            self.out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
            self.back.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
            self.out.connect(address)
            self._bind(str(self.out.getsockname()[0]), reply_port)
        except OSError:
            self.close()
            raise

    @property
    def reply_port(self) -> int:
        """Where notes are heard."""
        return int(self.back.getsockname()[1])

    def send(self, packet: bytes) -> None:
        """Send a datagram. Raises OSError: ConnectionRefusedError where nobody listens, or it is too large."""
        self.out.send(packet)

    def receive(self) -> list[bytes]:
        """Return what has come. Raises OSError where a socket is broken."""
        packets: list[bytes] = []
        for one in (self.back, self.out):
            try:
                while len(packets) < BURST:
                    packets.append(one.recv(DATAGRAM))
            except BlockingIOError:
                pass
            except ConnectionError:
                self._refused = True
        return packets

    def refused(self) -> bool:
        """Whether the system said, since this was last asked, that nobody listens there."""
        refused, self._refused = self._refused, False
        return refused

    def close(self) -> None:
        """Close both."""
        self.out.close()
        self.back.close()

    def _bind(self, host: str, port: int) -> None:
        try:
            self.back.bind((host, port))
        except OSError as error:
            raise PortTakenError(*error.args) from None


class Tcp:
    """Pictures over TCP: connects without waiting, keeps at most one picture that is not wholly gone."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._rest = b""
        self._whole = Unprefixer()
        self._retry = 0.0
        self.connected = False

    @property
    def idle(self) -> bool:
        """Whether it takes another picture now."""
        return self.connected and not self._rest

    def offer(self, packet: bytes) -> bool:
        """Send a packet, or return False: not connected yet, or the one before is still on its way."""
        self._connect()
        if not self.idle:
            self.pump()
        if not self.idle:
            return False
        self._rest = prefixed(packet)
        self.pump()
        return True

    def pump(self) -> list[bytes]:
        """Send on, and return packets that have come."""
        if self._socket is None:
            return []
        try:
            self._finish()
            while self._rest:
                self._rest = self._rest[self._socket.send(self._rest) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._drop()
        return self._read()

    def close(self) -> None:
        """Close it."""
        self._drop()

    def _connect(self) -> None:
        if self._socket is not None or time.monotonic() < self._retry:
            return
        try:
            family, kind, _, _, address = socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM)[0]
            self._socket = socket.socket(family, kind)
            self._socket.setblocking(False)
            self._socket.connect_ex(address)
        except OSError:
            self._drop()

    def _finish(self) -> None:
        assert self._socket is not None
        if not self.connected:
            fault = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if fault:
                raise OSError(fault, "not connected")
            self._socket.getpeername()  # raises until it is connected
            self.connected = True

    def _read(self) -> list[bytes]:
        packets: list[bytes] = []
        try:
            while self._socket is not None and self.connected:
                data = self._socket.recv(DATAGRAM)
                if not data:
                    raise ConnectionResetError
                packets += self._whole.feed(data)
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, ValueError):
            self._drop()
        return packets

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._rest, self.connected = None, b"", False
        self._whole = Unprefixer()
        self._retry = time.monotonic() + RETRY_S
