"""Pictures of a film for the eye."""

from collections.abc import Sequence

from score_bridge.media.film import Film
from score_bridge.scoring.film_score import DECODED_SIDE
from score_bridge.vision.pixels import Rgb


def pictures_at(film: Film, times: Sequence[float]) -> list[Rgb]:
    """The pictures shown at rising times (seconds), squashed as the film's own look squashes them."""
    found: list[Rgb] = []
    shown: Rgb | None = None
    for frame in film.frames(None, DECODED_SIDE):
        while len(found) < len(times) and frame.time_s > times[len(found)]:
            found.append(frame.rgb if shown is None else shown)
        if len(found) == len(times):
            break
        shown = frame.rgb
    return found + [shown] * (len(times) - len(found)) if shown is not None else found
