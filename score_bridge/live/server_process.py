"""A server in a process of its own, with given settings, for as long as it is needed."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from score_bridge.errors import ScoreBridgeError
from score_bridge.settings import Settings, as_environment


@contextmanager
def serving(settings: Settings) -> Iterator[dict[str, Any]]:
    """Run `score-bridge serve` on ports of the system's choice for the length of a `with`; gives its ready line."""
    ports = [x for name in ("zmq", "pub", "osc", "osc-reply") for x in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "score_bridge", "serve", *ports]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **as_environment(settings)}
        )
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            if not line:
                log.seek(0)
                raise ScoreBridgeError(
                    f"the server did not start: {(log.read().strip() or 'no reason given')[-500:]}"
                )
            yield json.loads(line)
        finally:
            server.terminate()
            server.wait(10)
            server.stdout.close()
