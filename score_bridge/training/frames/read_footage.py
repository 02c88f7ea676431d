"""Films read as pictures to learn from or to measure on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from score_bridge.errors import MediaError
from score_bridge.media.film import Film
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.look import LOOK_SIDE as SIDE
from score_bridge.models.weight_files import sha256_of
from score_bridge.training.frames.footage import Footage, crop, encode_pictures
from score_bridge.vision.pixels import Rgb

SUFFIXES = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".gif", ".wmv", ".ts", ".ogv"}
MOST_OF_ALL, MOST, FEWEST = 6000, 1200, 60
Progress = Callable[[float, str], None]


def read_footage(
    paths: Sequence[Path], encoder: FeatureEncoder, progress: Progress, crops: bool = False
) -> list[Footage]:
    """Read films, and those in folders: pictures evenly over each one's length, and crops of them.

    1,200 pictures of a film at most, of many films fewer: about 6,000 in all.

    Raises MediaError for a film that cannot be read and a folder without films.
    """
    found = films_in(paths)
    most, footage = max(FEWEST, min(MOST, MOST_OF_ALL // len(found))), []
    for number, path in enumerate(found):
        film = Film.open(path)

        def report(part: float, number: int = number, name: str = path.name) -> None:
            progress((number + part) / len(found), f"reading {name}")

        pictures = list(_sample_pictures(film, most, report))
        whole = encode_pictures(path.name, pictures, encoder, sha256_of(path))
        footage.append(replace(whole, crops=_crop(path.name, pictures, encoder)) if crops else whole)
    return footage


def _crop(name: str, pictures: Sequence[Rgb], encoder: FeatureEncoder) -> Footage:
    rng = np.random.default_rng(len(pictures))
    return encode_pictures(f"{name}, crops", (crop(rng, picture) for picture in pictures), encoder)


def films_in(paths: Sequence[Path]) -> list[Path]:
    """Return files as given, and the films in folders (and theirs) by name. MediaError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        if not inside:
            raise MediaError(f"{path}: no films in it ({' '.join(sorted(SUFFIXES))})")
        found += inside
    if not found:
        raise MediaError("no films: name files or folders")
    return list(dict.fromkeys(found))


def _sample_pictures(film: Film, most: int, report: Callable[[float], None]) -> Iterator[Rgb]:
    """Yield up to about `most` pictures (128, 128, 3); a film of unknown length gives its first."""
    length = film.info.duration or 0.0
    apart, due, taken = length / most, 0.0, 0
    for frame in film.frames(side=SIDE):
        if frame.time_s < due - 1e-6:
            continue
        due, taken = due + apart, taken + 1
        report(frame.time_s / length if length else taken / most)
        yield frame.rgb
        if taken == most:
            return
