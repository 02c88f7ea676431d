"""The bridge with the fake engine as a process of its own: `python -m tests.live.server '{"zmq_port": 0}' target`."""

import json
import logging
import sys
from typing import Any

from score_bridge.errors import ScoreBridgeError
from score_bridge.live.bridge import serve
from score_bridge.settings import load_settings


def tell(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)d %(levelname)s %(name)s: %(message)s")
    try:
        serve(load_settings(json.loads(sys.argv[1])), sys.argv[2], tell)
    except ScoreBridgeError as error:
        tell({"ready": False, "kind": type(error).__name__, "error": str(error)})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
