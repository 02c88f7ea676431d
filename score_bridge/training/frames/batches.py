"""Lessons for the frame model: pictures drawn from films and visuals, each a little different every time."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.models.picture.frame_file import LAYOUT_SIDE as SIDE
from score_bridge.models.picture.frame_vae import pixels_of
from score_bridge.training.frames.footage import Footage
from score_bridge.training.frames.linear_probe import Axes
from score_bridge.training.frames.losses import Lesson
from score_bridge.training.frames.recipe import FrameRecipe
from score_bridge.vision.colour import colour_readings
from score_bridge.vision.pixels import Rgb, u8

CROP_LEAST = 0.75
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], np.float32)
_RGB = np.linalg.inv(_YIQ)


class Lessons:
    """Draws lessons: `films_share` of the pictures from films, all films alike, the rest from the visuals."""

    def __init__(self, films: Sequence[Footage], visuals: Footage | None, recipe: FrameRecipe):
        """Find the content's axes over all there is; where there are no visuals, films are all there is."""
        films = [*films, *(film.crops for film in films if film.crops)]
        self.sources = [*films, *([visuals] if visuals is not None else [])]
        share = recipe.films_share if visuals is not None else 1.0
        self.chances = np.array([share / len(films)] * len(films) + [1 - share] * (visuals is not None))
        self.axes = Axes.of(np.concatenate([s.features for s in self.sources]), recipe.content_axes)
        self.content = [self._content(s, recipe.content_axes) for s in self.sources]

    def _content(self, source: Footage, count: int) -> NDArray[np.float32]:
        """Places on the axes (N, count); where there are fewer pictures than axes, the rest stays 0."""
        places = self.axes.places(source.features).astype(np.float32)
        return np.pad(places, ((0, 0), (0, count - places.shape[1])))

    def draw(self, rng: np.random.Generator, batch: int) -> Lesson:
        """Draw a lesson. The same generator, the same lesson."""
        owners = rng.choice(len(self.sources), batch, p=self.chances)
        picks = [int(rng.integers(len(self.sources[o].pictures))) for o in owners]
        pictures = np.stack([augment(rng, self.sources[o].pictures[p]) for o, p in zip(owners, picks, strict=True)])
        content = np.stack([self.content[o][p] for o, p in zip(owners, picks, strict=True)])
        return Lesson(pixels_of(pictures), torch.from_numpy(content), torch.from_numpy(colour_readings(pictures)))


def augment(rng: np.random.Generator, picture: Rgb) -> Rgb:
    """A picture (64, 64, 3) as another camera might have seen it: cropped, mirrored, in another light."""
    width = SIDE * rng.uniform(CROP_LEAST, 1) ** (rng.random() < 0.7)
    left, top = rng.uniform(0, SIDE - width, 2)
    zoom = SIDE / width
    mirrored = rng.random() < 0.5
    across = (-zoom, zoom * (left + width) - 1) if mirrored else (zoom, -zoom * left)
    move = np.array([[across[0], 0, across[1]], [0, zoom, -zoom * top]])
    cropped = u8(cv2.warpAffine, picture, move, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    return u8(cv2.transform, cropped, _light(rng)) if rng.random() < 0.8 else cropped


def _light(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a change of colours (3, 4): hue turned, saturation, contrast and brightness changed, in YIQ."""
    turn = rng.normal(0, 0.25) if rng.random() < 0.8 else rng.uniform(-np.pi, np.pi)
    saturation, contrast = rng.uniform(0.5, 1.4), rng.uniform(0.7, 1.3)
    cosine, sine = saturation * np.cos(turn), saturation * np.sin(turn)
    change = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]], np.float32)
    colours = contrast * _RGB @ change @ _YIQ
    offset = 128 * (1 - contrast) + rng.normal(0, 16)
    light: NDArray[np.float32] = np.column_stack((colours, np.full(3, offset))).astype(np.float32)
    return light
