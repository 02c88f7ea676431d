"""A host as a benchmark plays it: pictures at their times, and everything that comes back with the time it came."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from score_bridge.bench.pictures import Picture
from score_bridge.client import Client
from score_bridge.wire import messages as m

COARSE_S = 0.002
Sent = dict[int, float]


@dataclass
class Host:
    """One thread that sends and listens. Times are seconds on this machine's clock, which the server shares.

    sent: when each picture was handed to the client, by its number; received: messages and when they came.
    """

    client: Client
    sent: Sent = field(default_factory=dict)
    received: list[tuple[float, m.Outgoing]] = field(default_factory=list)

    def send(self, picture: Picture) -> int:
        """Send a picture and return its number, which is what the client gives it: they count alike."""
        number = len(self.sent) + 1
        self.sent[number] = time.perf_counter()
        self.client.send_frame(picture)
        return number

    def listen(self, until: float) -> None:
        """Take in what comes up to `until`. The last milliseconds are slept: ZeroMQ would spin through them."""
        while (left := until - time.perf_counter()) > COARSE_S:
            for message in self.client.messages(timeout=left - COARSE_S / 2):
                self.received.append((time.perf_counter(), message))
        time.sleep(max(0.0, until - time.perf_counter()))

    def listen_at_once(self) -> None:
        """Take in what is there."""
        self.received += [(time.perf_counter(), message) for message in self.client.messages(timeout=0.0)]

    def feed(
        self,
        pictures: Iterable[Picture],
        fps: float,
        seconds: float,
        between: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Send `pictures` at `fps` for `seconds`, never two at once to make up for a delay, as a camera would.

        `between` is called after each with the seconds passed.
        """
        due = began = time.perf_counter()
        for picture in pictures:
            self.listen(due)
            now = time.perf_counter()
            if now - began >= seconds:
                return
            self.send(picture)
            between(time.perf_counter() - began)
            due = max(due + 1 / fps, now)

    def first(self, kind: type[m.Outgoing]) -> float | None:
        """When the first message of a kind came."""
        return next((when for when, message in self.received if isinstance(message, kind)), None)

    def status(self) -> m.Status | None:
        """Return the newest report of the server."""
        return next((message for _, message in reversed(self.received) if isinstance(message, m.Status)), None)
