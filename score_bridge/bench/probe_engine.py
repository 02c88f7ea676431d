"""The engine process as it is, with a stop-watch around its two models: picture encoder and melody decoder."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from score_bridge.bench.probe import WATCHED
from score_bridge.engine.core import EngineCore
from score_bridge.engine.events import Effect, Event
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.engine.process import run_engine as run_real_engine
from score_bridge.settings import Settings
from score_bridge.wire import internal

P = ParamSpec("P")
R = TypeVar("R")
Spans = list[tuple[float, float]]


def run_engine(address: str, settings: Settings) -> None:
    """Run the engine; at its end write down from when to when each picture was encoded and each step decided."""
    encodes: Spans = []
    decodes: Spans = []

    class TimedCore(EngineCore):
        def handle(self, event: Event) -> list[Effect]:
            handle = super().handle
            return (time_calls(handle, decodes) if isinstance(event, internal.Step) else handle)(event)

    def load_timed(settings: Settings) -> EngineModels:
        models = load_models(settings)
        return replace(models, look=models.look and time_calls(models.look, encodes))

    run_real_engine(address, settings, load_timed, TimedCore)
    Path(os.environ[WATCHED]).write_text(json.dumps([encodes, decodes]), "ascii")


def time_calls(function: Callable[P, R], spans: Spans) -> Callable[P, R]:
    """Return a function that also notes the begin and end of each call, in seconds."""

    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        began = time.perf_counter()
        result = function(*args, **kwargs)
        spans.append((began, time.perf_counter()))
        return result

    return timed
