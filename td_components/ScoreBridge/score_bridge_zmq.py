"""Pictures over ZeroMQ, raw and of any size, where pyzmq can be imported. TouchDesigner does not bring it.

The header of a message is msgpack; the few kinds of value it needs are written here. Only the worker uses this.
"""

import contextlib
import struct
import time
from typing import Any

from score_bridge_picture import Picture

try:
    import zmq
except ImportError:  # the usual case
    zmq = None  # type: ignore[assignment]

MAGIC = b"SB1"
ASK_S, KNOCK_S, LOST_S = 1.0, 0.2, 3.0
PONG = b"\xa4type\xa4pong"


def pack(value: Any) -> bytes:
    """Return msgpack of a str (under 64 KB), an int of 64 bits, a float, or a short list or dict of these."""
    if isinstance(value, str):
        data = value.encode()
        return (bytes([0xA0 | len(data)]) if len(data) < 32 else struct.pack(">BH", 0xDA, len(data))) + data
    if isinstance(value, int):
        return struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(pack(key) + pack(one) for key, one in value.items())
    return bytes([0x90 | len(value)]) + b"".join(map(pack, value))


class Zmq:
    """One DEALER. It counts as usable once the server answers its pings; nobody waits for that."""

    def __init__(self, host: str, port: int) -> None:
        """Connect. Raises OSError for an address that cannot be."""
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 0), (zmq.SNDHWM, 2), (zmq.IMMEDIATE, 1)):
            self._socket.setsockopt(option, value)
        self._heard = self._asked = -LOST_S
        try:
            self._socket.connect(f"tcp://{host}:{port}")
        except zmq.ZMQError as error:
            self.close()
            raise OSError(str(error)) from None

    @property
    def usable(self) -> bool:
        """Whether the server answered lately."""
        return time.monotonic() - self._heard < LOST_S

    def offer(self, stream: str, picture: Picture) -> bool:
        """Send a picture, or return False where it cannot go now."""
        header = {"type": "frame", "stream": stream, "shape": [picture.height, picture.width, 3]}
        return self._send([MAGIC, pack(header), picture.data])

    def pump(self) -> None:
        """Ask whether anybody is there, and hear answers."""
        now = time.monotonic()
        if now - self._asked >= (ASK_S if self.usable else KNOCK_S):
            self._asked = now
            self._send([MAGIC, pack({"type": "ping", "id": 0})])
        with contextlib.suppress(zmq.ZMQError):
            while True:
                parts = self._socket.recv_multipart(zmq.NOBLOCK)
                if len(parts) > 1 and PONG in parts[1]:
                    self._heard = now

    def close(self) -> None:
        """Close it; nothing lingers."""
        self._socket.close()
        self._context.term()

    def _send(self, parts: list[bytes]) -> bool:
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK)
        except zmq.ZMQError:
            return False
        return True


def open_zmq(host: str, port: int) -> Zmq | None:
    """Return a connection, or None where pyzmq is not to be had or the address is none."""
    if zmq is None:
        return None
    with contextlib.suppress(OSError):
        return Zmq(host, port)
    return None
