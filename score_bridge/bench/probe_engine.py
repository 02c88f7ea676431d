"""The engine process as it is, with a stop-watch around its two models: picture encoder and melody decoder."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from score_bridge.bench.probe import WATCHED
from score_bridge.engine import process
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.engine.pipeline import step
from score_bridge.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
Spans = list[tuple[float, float]]


def run_engine(address: str, settings: Settings) -> None:
    """Run the engine; at its end write down from when to when each picture was encoded and each step decided."""
    encodes: Spans = []
    decodes: Spans = []

    def watched_models(settings: Settings) -> EngineModels:
        models = load_models(settings)
        return replace(models, look=models.look and time_calls(models.look, encodes))

    vars(process).update(load_models=watched_models, step=time_calls(step, decodes))
    process.run_engine(address, settings)
    Path(os.environ[WATCHED]).write_text(json.dumps([encodes, decodes]), "ascii")


def time_calls(function: Callable[P, R], spans: Spans) -> Callable[P, R]:
    """Return a function that also notes the begin and end of each call, in seconds."""

    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        began = time.perf_counter()
        result = function(*args, **kwargs)
        spans.append((began, time.perf_counter()))
        return result

    return timed
