"""The baseline: everything in one asyncio process, as such a server is usually written first.

Process contract: one process, one event loop, the engine's own functions on as many threads of torch. Pictures come
at 30 fps and are observed on the loop, as most write it, or their encoder runs in an executor's thread, as careful
authors do. Sixteenths are scheduled with `loop.call_at` and decoded there; what is measured is when each is called.
"""

import asyncio
from multiprocessing.connection import Connection

import torch

from score_bridge.bench.pictures import Picture, scene
from score_bridge.engine.models import PICTURE_SIDE, THUMBNAIL, EngineModels, load_models
from score_bridge.engine.pipeline import StepTime, observe_features, observe_picture, picture_vector, step
from score_bridge.engine.state import StreamState
from score_bridge.settings import Settings
from score_bridge.vision.frame import shrink

FPS, SIDE = 30.0, 256
SIXTEENTH_S = 0.125


def run(pipe: Connection, settings: Settings, seconds: float) -> None:
    """Load the models; play for `seconds` with the encoder on the loop, and as long with it off the loop.

    Sends back for each how late the sixteenths were called, in seconds.
    """
    torch.set_num_threads(1)
    models = load_models(settings)
    pipe.send([asyncio.run(OneProcess(models, settings).play(seconds, off)) for off in (False, True)])


class OneProcess:
    """A stream and its music on one loop."""

    def __init__(self, models: EngineModels, settings: Settings) -> None:
        """Begin with a stream that has seen nothing."""
        self._models = models
        self._controls = settings.controls
        self._state = StreamState("main", settings.seed)
        self._late: list[float] = []

    async def play(self, seconds: float, off_loop: bool) -> list[float]:
        """Play for `seconds`; return how late each sixteenth was called."""
        loop, pictures = asyncio.get_running_loop(), scene(0, SIDE, SIDE)
        begin = loop.time() + 0.1
        for n in range(int(seconds / SIXTEENTH_S)):
            due = begin + n * SIXTEENTH_S
            loop.call_at(due, self._sixteenth, n, due)
        for i in range(int(seconds * FPS)):
            await asyncio.sleep(begin + i / FPS - loop.time())
            await self._see(pictures[i % len(pictures)], i, off_loop)
        await asyncio.sleep(SIXTEENTH_S)
        return self._late

    def _sixteenth(self, n: int, due: float) -> None:
        self._late.append(asyncio.get_running_loop().time() - due)
        when = StepTime(n, due, SIXTEENTH_S)
        [(_, self._state)] = step([self._state], [self._controls], when, self._models.decoder)

    async def _see(self, picture: Picture, number: int, off_loop: bool) -> None:
        loop = asyncio.get_running_loop()
        thumbnail = shrink(picture, THUMBNAIL)
        state, _, memory = observe_picture(self._state, thumbnail, loop.time())
        parts = dict(self._models.quick_parts(thumbnail, memory))
        small = shrink(picture, PICTURE_SIDE)
        if self._models.look and off_loop:
            parts["content"] = (await loop.run_in_executor(None, self._models.look, small)).features
        elif self._models.look:
            parts["content"] = self._models.look(small).features
        self._state = observe_features(state, picture_vector(parts, number, loop.time()), self._controls)
