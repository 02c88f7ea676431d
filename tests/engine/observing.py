"""Short ways for tests to let a stream see something."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.observing import Observation
from score_bridge.engine.pipeline import follow
from score_bridge.engine.state import StreamState
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]


def observe(state: StreamState, seen: Observation, controls: Controls) -> StreamState:
    """Let a stream follow what was observed."""
    return replace(state, picture=follow(state.picture, seen, controls))


def of_host(values: Floats, seq: int, time: float) -> Observation:
    return Observation.of_host(tuple(values.tolist()), seq, time)


def of_content(values: Floats, seq: int, time: float, *, quick: bool = False) -> Observation:
    return Observation(seq, time, groups={"content": values}, quick=quick)
