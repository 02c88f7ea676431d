"""What one picture and one step cost on one core with nothing else to do."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from score_bridge.bench.pictures import scene
from score_bridge.bench.statistics import percentiles
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.models.picture.frame_file import LAYOUT_SIDE
from score_bridge.models.picture.look import LOOK_SIDE
from score_bridge.music.tokens import START
from score_bridge.settings import Settings

WARM, TIMED = 5, 60
BATCHES = (1, 16, 32)


def network_times(settings: Settings) -> dict[str, Any]:
    """Times in milliseconds: of a picture's content and layout, and of the melody network's step of some streams."""
    models = load_models(settings)
    times: dict[str, Any] = {}
    if models.look is not None:
        look, picture = models.look, scene(0, LOOK_SIDE, LOOK_SIDE)[0]
        times["encode_ms"] = percentiles(_timed(lambda: look(picture)))
    if models.layout is not None:
        layout, thumbnail = models.layout, scene(0, LAYOUT_SIDE, LAYOUT_SIDE)[0]
        times["layout_ms"] = percentiles(_timed(lambda: layout(thumbnail)))
    times["network_step_ms"] = {str(count): percentiles(_timed(_step(models, count))) for count in BATCHES}
    return times


def _step(models: EngineModels, count: int) -> Callable[[], object]:
    """A step of `count` streams with a full memory."""
    player = models.decoder.melody.player
    told = np.random.default_rng(0).standard_normal((count, player.condition_size)).astype(np.float32)
    full, memories = player.history - 1, [player.begin()] * count
    return lambda: player.step([START] * count, [full] * count, told, memories, [full] * count)


def _timed(work: Callable[[], object]) -> list[float]:
    took = []
    for _ in range(WARM + TIMED):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return took[WARM:]
