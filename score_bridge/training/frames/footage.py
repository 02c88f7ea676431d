"""Pictures to learn from: films, and visuals made for it, each picture with what a classifier sees in it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import SettingsError
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.frame_file import LAYOUT_SIDE as SIDE
from score_bridge.models.picture.look import LOOK_SIDE as SEEN_SIDE
from score_bridge.training.visuals import CLIP, clip
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import Rgb, u8

LEARNED_SHARE = 2 / 3
LEAST = 24
BATCH = 32
CROP = (0.5, 0.85)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Footage:
    """Pictures of one film in order: (N, 64, 64, 3) RGB, and EfficientNet's features of them (N, 1280).

    sha256: of the film's file, "" where there is none; crops: a part of every picture, to learn from.
    """

    name: str
    pictures: Rgb
    features: Floats
    sha256: str = ""
    crops: "Footage | None" = None

    @property
    def learned(self) -> "Footage":
        """The first two thirds: what is learned from."""
        return self.part(slice(0, int(len(self.pictures) * LEARNED_SHARE)))

    @property
    def held_out(self) -> "Footage":
        """The last third: what is only measured on."""
        return self.part(slice(int(len(self.pictures) * LEARNED_SHARE), None))

    def some(self, most: int) -> "Footage":
        """Choose about `most` of the pictures, evenly."""
        return self.part(slice(None, None, -(-len(self.pictures) // most)))

    def part(self, which: slice) -> "Footage":
        """Some of the pictures."""
        crops = self.crops.part(which) if self.crops else None
        return replace(self, pictures=self.pictures[which], features=self.features[which], crops=crops)


@dataclass(frozen=True)
class Material:
    """Films to learn from (all but their last thirds), films only to measure on, and generated visuals."""

    films: Sequence[Footage]
    unseen: Sequence[Footage] = ()
    visuals: Footage | None = None

    @property
    def measured(self) -> list[Footage]:
        """All that is held out."""
        return [*(film.held_out for film in self.films), *self.unseen]

    def check(self) -> None:
        """Raise SettingsError when there is no film, or one with too few pictures to learn from and measure on."""
        if not self.films:
            raise SettingsError("no films to learn from")
        for film in (*self.films, *self.unseen):
            if len(film.pictures) < LEAST:
                raise SettingsError(f"{film.name}: too short: {len(film.pictures)} pictures, it takes {LEAST}")


def crop(rng: np.random.Generator, picture: Rgb) -> Rgb:
    """Draw a part of a picture (S, S, 3), half of its sides or more, enlarged to the whole."""
    side = len(picture)
    part = int(side * rng.uniform(*CROP))
    top, left = rng.integers(0, side - part + 1, 2)
    inside = picture[top : top + part, left : left + part]
    return u8(cv2.resize, inside, (side, side), interpolation=cv2.INTER_LINEAR)


def encode_pictures(name: str, pictures: Iterable[Rgb], encoder: FeatureEncoder, sha256: str = "") -> Footage:
    """Look at pictures (128, 128, 3) one after the other and keep them small."""
    small: list[Rgb] = []
    waiting: list[Rgb] = []
    features = [np.zeros((0, encoder.encode(np.zeros((1, SEEN_SIDE, SEEN_SIDE, 3), np.uint8)).shape[1]), np.float32)]
    for picture in pictures:
        small.append(shrink(picture, SIDE))
        waiting.append(picture)
        if len(waiting) == BATCH:
            features.append(encoder.encode(np.stack(waiting)))
            waiting.clear()
    if waiting:
        features.append(encoder.encode(np.stack(waiting)))
    stacked = np.stack(small) if small else np.zeros((0, SIDE, SIDE, 3), np.uint8)
    return Footage(name, stacked, np.concatenate(features), sha256)


def generate_footage(seed: int, pictures: int, encoder: FeatureEncoder, report: Callable[[float], None]) -> Footage:
    """Generate about `pictures` synthetic frames and encode them; `report(share)` is called with the share done."""

    def drawn() -> Iterable[Rgb]:
        clips = -(-pictures // CLIP)
        for number in range(clips):
            report(number / clips)
            yield from clip(seed, number, side=SEEN_SIDE)

    return encode_pictures("generated", drawn(), encoder)
