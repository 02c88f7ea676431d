"""Send a feature vector by OSC and print the notes, with python-osc's messages and one plain UDP socket.

    python examples/osc_features.py --size 16

Copy it: it needs nothing of score_bridge. Replies come to the socket that sent `/score/hello`.
"""

import argparse
import contextlib
import math
import socket
import time
from collections.abc import Sequence

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import build_msg


def features(now: float, size: int) -> list[float]:
    """Return `size` slow waves between 0 and 1, in the place of what your own analysis measures."""
    return [0.5 + 0.5 * math.sin(now * (0.2 + 0.1 * k)) for k in range(size)]


def show(datagram: bytes) -> None:
    """Print what the server said, if it is a note or an error."""
    try:
        message = OscMessage(datagram)
    except ParseError:
        return
    match message.address, message.params:
        case "/score/note", [stream, number, pitch, velocity, channel, _, _, voice, *_]:
            print(f"note {pitch} velocity {velocity} channel {channel} voice {voice} ({stream} {number})")
        case "/score/noteoff", [stream, number, pitch, *_]:
            print(f"noteoff {pitch} ({stream} {number})")
        case "/score/error", [_, reason, *_]:
            print(f"error: {reason}")


def listen(link: socket.socket) -> None:
    """Show what has come, or wait a moment."""
    with contextlib.suppress(TimeoutError, ConnectionResetError):  # the latter on Windows, while no server runs
        show(link.recv(65536))


def main() -> None:
    """Send thirty vectors a second and read the answers between them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="127.0.0.1:9901", help="host:port of the server's OSC input")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--stream", default="osc", help="the music's name; its vectors are always of one size")
    parser.add_argument("--size", type=int, default=8, help="numbers in a vector")
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(1 / 30)

        def send(address: str, *arguments: str | float | Sequence[float]) -> None:
            link.sendto(build_msg(address, list(arguments)).dgram, (host, int(port)))

        send("/score/hello", "osc_features")
        end = next_send = time.monotonic()
        end += options.seconds
        while (now := time.monotonic()) < end:
            if now >= next_send:
                send("/score/features", options.stream, *features(now, options.size))
                next_send = now + 1 / 30
            listen(link)
        send("/score/stop", options.stream)
        for _ in range(10):
            listen(link)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
