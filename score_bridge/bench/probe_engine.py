"""The engine process as it is, with a stop-watch around the picture encoder."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from score_bridge.bench.probe import ENCODES
from score_bridge.engine import process
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.settings import Settings


def run_engine(address: str, settings: Settings) -> None:
    """Run the engine; at its end write down the seconds that each picture spent in the encoder, in order."""
    encodes: list[float] = []

    def timed_models(settings: Settings) -> EngineModels:
        models = load_models(settings)

        def encode(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
            began = time.perf_counter()
            features = models.encode(rgb)
            encodes.append(time.perf_counter() - began)
            return features

        return replace(models, encode=encode)

    vars(process)["load_models"] = timed_models
    process.run_engine(address, settings)
    Path(os.environ[ENCODES]).write_text(json.dumps(encodes), "ascii")
