"""How much a frame model knows of films: content and colours against raw pixels, reconstruction, and its speed."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from score_bridge.models.picture.frame_checkpoint import FrameModel
from score_bridge.models.picture.frame_vae import FrameEncoder
from score_bridge.training.frames.figures import frame_figures
from score_bridge.training.frames.footage import Footage, Material

Figures = dict[str, Any]
WARM, TIMED = 20, 200


def evaluate_frames(model: FrameModel, films: Sequence[Footage]) -> Figures:
    """Measure a model on films.

    content_r2, colour_r2: what a linear probe reads off its latents (see `training.probe`); pixels: the same off as
    many principal axes of the raw pixels; reconstruction: mean squared error of pixels 0..1, beside that of each
    film's mean picture; encode_ms: median time of one picture, with PyTorch's threads as they are; films: pictures.
    Raises SettingsError for a film too short to measure on.
    """
    Material(films).check()
    return {
        "model": model.file.identity,
        "films": {film.name: len(film.pictures) for film in films},
        **frame_figures(model.network, films),
        "encode_ms": encode_ms(FrameEncoder(model.network), films[0]),
    }


def encode_ms(encoder: FrameEncoder, film: Footage) -> float:
    """Median milliseconds to encode one picture, once warm."""
    times = []
    for n in range(WARM + TIMED):
        began = time.perf_counter()
        encoder.encode(film.pictures[n % len(film.pictures)])
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times[WARM:]))
