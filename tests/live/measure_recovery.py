"""How long the music is away when a child is killed: `python -m tests.live.measure_recovery [streams] [kills]`.

No test: it judges nothing. The real server with the shipped weights; every stream is fed vectors five times a second.
Seconds from the kill until a step of EVERY stream has come from the next engine (the latent of each is published).
"""

import os
import signal
import sys
import time

import numpy as np
import psutil  # type: ignore[import-untyped]

from score_bridge.client import Client
from score_bridge.wire import messages as m
from tests.server import Server, serving

WARM_STEPS = 140  # the decoder's memory is 128 steps long
PATIENCE = 60.0


def engine_of(server: Server) -> int:
    """Return the process id of the engine that runs now, by its name."""
    below = psutil.Process(server.process.pid).children(recursive=True)
    return next((p.pid for p in below if p.name() == "score-engine"), 0)


class Feeder:
    """A host with many streams."""

    def __init__(self, client: Client, count: int) -> None:
        self.client, self.names = client, [f"s{i}" for i in range(count)]
        self._rng = np.random.default_rng(0)
        self._next = 0.0

    def hear(self, seconds: float) -> list[m.Outgoing]:
        """Feed every stream, if it is time, and return what comes meanwhile."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.2
            for name in self.names:
                self.client.send_features(self._rng.random(8).astype(np.float32), stream=name)
        return list(self.client.messages(timeout=seconds))

    def until_all_play(self, after_restart: int) -> float:
        """Wait until every stream has made a step since that restart; returns for how long."""
        begun, waiting, restarts = time.monotonic(), set(self.names), 0
        while waiting:
            if time.monotonic() - begun > PATIENCE:
                raise TimeoutError(f"{len(waiting)} streams do not play")
            for message in self.hear(0.02):
                restarts = max(restarts, message.restarts if isinstance(message, m.Status) else 0)
                if isinstance(message, m.Latent) and restarts >= after_restart:
                    waiting.discard(message.stream)
        return time.monotonic() - begun


def measure(count: int, kills: int) -> list[float]:
    """Kill the engine so often, each time as soon as all streams play again."""
    with serving("--tempo", "120") as server, Client.connect(server.zmq) as client:
        feeder = Feeder(client, count)
        feeder.until_all_play(0)
        while not any(isinstance(x, m.Latent) and x.step > WARM_STEPS for x in feeder.hear(0.05)):
            pass
        away = []
        for kill in range(1, kills + 1):
            os.kill(engine_of(server) or server.engine, signal.SIGKILL)
            away.append(feeder.until_all_play(kill))
            sys.stdout.write(f"{kill}: {away[-1]:.2f} s\n")
        return away


def main() -> None:
    count, kills = (int(sys.argv[i]) if len(sys.argv) > i else n for i, n in ((1, 32), (2, 20)))
    away = sorted(measure(count, kills))
    sys.stdout.write(f"{count} streams, {kills} kills: median {away[len(away) // 2]:.2f}, longest {away[-1]:.2f} s\n")


if __name__ == "__main__":
    main()
