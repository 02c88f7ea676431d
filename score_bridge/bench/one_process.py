"""The baseline: everything in one asyncio process, as such a server is usually written first.

Process contract: one process, one event loop, the engine's own core on as many threads of torch. Pictures come at
30 fps and are read on the loop, as most write it, or their content is encoded in an executor's thread, as careful
authors do. Sixteenths are scheduled with `loop.call_at` and decoded there; what is measured is when each is called.
"""

import asyncio
from functools import partial
from multiprocessing.connection import Connection

from score_bridge.bench.pictures import Picture, scene
from score_bridge.engine.core import EngineCore
from score_bridge.engine.events import ContentReady, EncodeContent, PictureSeen
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import MAIN_STREAM

FPS, SIDE = 30.0, 256
SIXTEENTH_S = 0.125


def run(pipe: Connection, settings: Settings, seconds: float) -> None:
    """Load the models; play for `seconds` with the encoder on the loop, and as long with it off the loop.

    Sends back for each how late the sixteenths were called, in seconds.
    """
    models = load_models(settings)
    pipe.send([asyncio.run(OneProcess(models, settings).play(seconds, off)) for off in (False, True)])


class OneProcess:
    """A stream and its music on one loop."""

    def __init__(self, models: EngineModels, settings: Settings) -> None:
        """Begin with a stream that has seen nothing."""
        self._models = models
        self._core = EngineCore(models.decoder, models.groups, settings.controls, settings.seed)
        self._stream = internal.StreamStep(MAIN_STREAM, settings.controls)
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
        self._core.handle(internal.Step(n=n, due=due, seconds_per_step=SIXTEENTH_S, streams=(self._stream,)))

    async def _see(self, picture: Picture, number: int, off_loop: bool) -> None:
        loop = asyncio.get_running_loop()
        seen = PictureSeen(MAIN_STREAM, number, loop.time(), self._models.prepare(picture))
        for wanted in self._core.handle(seen):
            if isinstance(wanted, EncodeContent) and self._models.look is not None:
                encode = partial(self._models.look, wanted.image)
                look = await loop.run_in_executor(None, encode) if off_loop else encode()
                self._core.handle(ContentReady(MAIN_STREAM, number, seen.time, look))
