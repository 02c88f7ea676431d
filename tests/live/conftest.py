"""What several of these tests begin with."""

from collections.abc import Iterator

import pytest
import zmq

from score_bridge.live.listeners import Listeners
from score_bridge.settings import Settings


@pytest.fixture
def front() -> Iterator[Listeners]:
    with zmq.Context() as context:
        made = Listeners(Settings(zmq_port=0, osc_port=0, osc_reply_port=0), context)
        yield made
        made.close()
