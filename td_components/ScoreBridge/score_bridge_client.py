"""The component's link to the server: what the extension calls, on the main thread. No method waits but `close`."""

import itertools
import threading
import time
from typing import Any

from score_bridge_exchange import Exchange, Report
from score_bridge_osc import encode, encode_numbers
from score_bridge_picture import prepare
from score_bridge_route import Options
from score_bridge_status import Standing
from score_bridge_worker import Worker

LAST_WORDS_S = 1.0


class Client:
    """One stream on one server, until `close`. What is kept is sent again to a server that comes back."""

    def __init__(self, options: Options, name: str = "TouchDesigner") -> None:
        """Start two threads: one owns the link, the other prepares pictures for it."""
        self.options = options
        self._exchange = Exchange(options.stream)
        self._probes = itertools.count(1)
        self._threads = [
            threading.Thread(target=self._link, args=(name,), name="score_bridge link", daemon=True),
            threading.Thread(target=self._prepare, name="score_bridge pictures", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def show(self, pixels: Any) -> None:
        """Send a picture, (height, width, planes) as TOP.numpyArray() gives it. The newest wins."""
        self._exchange.post(pixels)

    def features(self, values: list[float]) -> None:
        """Send a feature vector instead of a picture."""
        self._exchange.post(encode_numbers("/score/features", self.options.stream, values))

    def send(self, address: str, *arguments: Any) -> None:
        """Send a message. Raises TypeError for arguments that OSC does not carry."""
        self._exchange.queue(encode(address, arguments))

    def keep(self, key: str, address: str, *arguments: Any) -> None:
        """Send a message now and whenever the server comes back, until another one has the same key."""
        self._exchange.queue(encode(address, arguments), key)

    def probe(self) -> int:
        """Ping the server; an event `pong` with the number returned says that it answered."""
        number = -next(self._probes)  # the worker's own are positive
        self.send("/score/ping", number)
        return number

    def report(self, ahead: float = 0.0) -> Report:
        """Return what is due within `ahead` seconds, and how things stand."""
        return self._exchange.report(time.monotonic() + ahead)

    def close(self) -> None:
        """Stop the stream, close every socket and end the threads."""
        self.send("/score/stop", self.options.stream)
        self._exchange.close_soon()
        for thread in self._threads:
            thread.join(LAST_WORDS_S)

    @property
    def alive(self) -> bool:
        """Whether both threads run."""
        return all(thread.is_alive() for thread in self._threads)

    def _prepare(self) -> None:
        exchange, (side, quality, linear) = self._exchange, self.options[-3:]
        while (given := exchange.wait_for_picture()) is not None:
            try:
                features = isinstance(given, bytes)
                exchange.hand_on(given if features else prepare(given, side, quality, linear, exchange.wants_raw))
            except Exception as error:  # this one was no picture; Status says so, and the next one may be
                exchange.refuse(f"{type(error).__name__}: {error}")

    def _link(self, name: str) -> None:
        worker = Worker(self._exchange, self.options, name)
        try:
            while not self._exchange.closing:
                worker.step()
            worker.part()
        except Exception as error:
            self._exchange.stand(Standing("fault", fault=f"{type(error).__name__}: {error}"))
        finally:
            worker.close()
            self._exchange.close()
