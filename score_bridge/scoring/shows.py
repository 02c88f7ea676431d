"""A show made from films: calibrated on them, taught pictures of them, and used in the place of a calibration."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import Observation, sizes_of
from score_bridge.errors import MediaError
from score_bridge.mapping.anchor_interpolation import latent_with_anchors
from score_bridge.mapping.anchors import UNTAUGHT
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import calibrate
from score_bridge.mapping.latent_map import Target
from score_bridge.mapping.show import Show, frozen_calibration
from score_bridge.media.film import Film, FilmFrame
from score_bridge.scoring.film_score import DECODED_SIDE, observe_film, observe_pictures, prepared
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls, to_texts

Floats = NDArray[np.float32]
Progress = Callable[[float, str], None]

BEFORE_S = 0.5  # seconds that are read before a picture, so that its motion is known


def calibrate_show(
    films: Sequence[Film], models: EngineModels, settings: Settings, limit: float | None, progress: Progress
) -> Show:
    """Learn `limit` seconds of each film (None = all) and freeze. MediaError if one holds no picture."""
    seen: list[Observation] = []
    for n, film in enumerate(films):

        def report(part: float, n: int = n, name: str = film.path.name) -> None:
            progress((n + part) / len(films), f"looking at {name}")

        seen += observe_film(film, models, limit, report)
    vectors, sizes = np.stack([s.features for s in seen if s.complete]), sizes_of(seen)
    calibration = calibrate(vectors, attention_of(sizes, settings.controls))
    return Show(
        calibration, UNTAUGHT, settings.bind, settings.encoder, models.weights, sizes, to_texts(settings.controls)
    )


def picture_at(film: Film, seconds: float, models: EngineModels) -> Observation:
    """Look at the picture that a film shows at a time. MediaError if it ends before."""
    found, last = None, -np.inf
    for seen in observe_pictures(prepared(_around(film, seconds), models), models):
        last = seen.time
        if seen.complete and (found is None or seen.time <= seconds):
            found = seen
    if found is None or seconds > last + BEFORE_S:
        raise MediaError(f"{film.path} has no picture at {seconds:g} s")
    return found


def place_seen(show: Show, picture: Observation, target: Target, controls: Controls) -> Floats:
    """Return where a picture stands in melody space (P,) by the show, as `controls` attend to it."""
    known = frozen_calibration(show, picture.sizes, controls)
    return latent_with_anchors(picture.features, show.taught, known, target, controls, np.inf)


def _around(film: Film, seconds: float) -> Iterator[FilmFrame]:
    for frame in film.frames(seconds + BEFORE_S, DECODED_SIDE):
        if frame.time_s >= seconds - BEFORE_S:
            yield frame
