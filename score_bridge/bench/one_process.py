"""The baseline: everything in one asyncio process, as such a server is usually written first.

Process contract: one process, one event loop. The same encoder and decoder as the engine's, on as many threads;
pictures are encoded off the loop (in an executor's thread), as a careful author would do it. The sixteenths are
scheduled with `loop.call_at`; nothing but the time at which each is called is measured.
"""

import asyncio
from multiprocessing.connection import Connection

import torch

from score_bridge.bench.pictures import scene
from score_bridge.engine.models import PICTURE_SIDE, EngineModels, load_models
from score_bridge.engine.pipeline import Heard, When, observe_features, step
from score_bridge.engine.state import StreamState
from score_bridge.settings import Settings

FPS = 30.0
SIXTEENTH_S = 0.125


def run(pipe: Connection, settings: Settings, seconds: float) -> None:
    """Load the models, play for `seconds`, send back how late each sixteenth was called (seconds)."""
    torch.set_num_threads(1)
    pipe.send(asyncio.run(_play(load_models(settings), settings, seconds)))


async def _play(models: EngineModels, settings: Settings, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    state = StreamState("main", settings.seed)
    late: list[float] = []
    begin = loop.time() + 0.1
    pictures = scene(0, PICTURE_SIDE, PICTURE_SIDE)

    def sixteenth(n: int, due: float) -> None:
        nonlocal state
        late.append(loop.time() - due)
        [(_, state)] = step([state], [settings.controls], When(n, due, SIXTEENTH_S), models.decoder)

    for n in range(int(seconds / SIXTEENTH_S)):
        due = begin + n * SIXTEENTH_S
        loop.call_at(due, sixteenth, n, due)
    for i in range(int(seconds * FPS)):
        await asyncio.sleep(begin + i / FPS - loop.time())
        features = await loop.run_in_executor(None, models.encode, pictures[i % len(pictures)])
        state = observe_features(state, Heard(features, i, loop.time(), models.feature_floor), settings.controls)
    await asyncio.sleep(SIXTEENTH_S)
    return late
