"""Which way pictures go: ZeroMQ where pyzmq is there and answered, else OSC. Only the link's thread uses this."""

from typing import Any, NamedTuple

from score_bridge_osc import encode
from score_bridge_picture import RAW_SIDE, UDP_ROOM, Ready, pack, raw
from score_bridge_sockets import Tcp, Udp
from score_bridge_zmq import open_zmq


class Options(NamedTuple):
    """Where the server is and how pictures go there.

    `transport` is auto, osc or zmq; `side` is the most pixels a picture keeps; `quality` is that of JPEGs, 1-100.
    """

    host: str = "127.0.0.1"
    osc_port: int = 9901
    zmq_port: int = 5570
    reply_port: int = 0
    stream: str = "main"
    transport: str = "auto"
    side: int = 256
    quality: int = 80
    linear: bool = False


class Route:
    """Sends pictures; `name` says how the last one went."""

    def __init__(self, options: Options) -> None:
        """Open what may be used; TCP connects when a picture first needs it."""
        self.name = "OSC"
        self._options = options
        self._zmq = open_zmq(options.host, options.zmq_port) if options.transport != "osc" else None
        self._tcp = Tcp(options.host, options.osc_port)

    @property
    def wants_raw(self) -> bool:
        """Whether pictures go without JPEG now."""
        return self._zmq is not None and self._zmq.usable

    def send(self, ready: Ready, udp: Udp) -> bool:
        """Send a picture, or return False where none of the ways takes it now. Raises OSError as Udp.send does."""
        if self._zmq is not None and self._zmq.usable:
            self.name = "ZeroMQ, raw"
            return self._zmq.offer(self._options.stream, raw(ready.rgb))
        if ready.jpeg is not None and len(ready.jpeg.data) <= UDP_ROOM:
            self.name = "OSC/UDP, JPEG"
            udp.send(encode("/score/frame", (self._options.stream, ready.jpeg.data)))
            return True
        if ready.jpeg is not None or max(ready.rgb.shape[:2]) > RAW_SIDE:
            if self._tcp.offer(self._large(ready)):
                self.name = "OSC/TCP, " + ("JPEG" if ready.jpeg else "raw")
                return True
            if self._tcp.connected:
                return False
        self._small(ready.rgb, udp)
        return True

    def pump(self) -> list[bytes]:
        """Go on with what is under way, and return OSC packets that came back by TCP."""
        if self._zmq is not None:
            self._zmq.pump()
        return self._tcp.pump()

    def close(self) -> None:
        """Close all ways."""
        self._tcp.close()
        if self._zmq is not None:
            self._zmq.close()

    def _large(self, ready: Ready) -> bytes:
        if ready.jpeg is not None:
            return encode("/score/frame", (self._options.stream, ready.jpeg.data))
        height, width = ready.rgb.shape[:2]
        return encode("/score/frame", (self._options.stream, width, height, "rgb", raw(ready.rgb).data))

    def _small(self, rgb: Any, udp: Udp) -> None:
        """Without TCP a picture must fit a datagram: less quality, fewer pixels."""
        picture = pack(rgb, self._options.quality)
        if picture.encoding == "jpeg":
            self.name = "OSC/UDP, JPEG, lowered to fit"
            udp.send(encode("/score/frame", (self._options.stream, picture.data)))
            return
        self.name = "OSC/UDP, raw"
        size = (picture.width, picture.height)
        udp.send(encode("/score/frame", (self._options.stream, *size, "rgb", picture.data)))
