"""Figures of a frame model on pictures it did not learn from, and a sheet of them to look at."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.errors import SettingsError
from score_bridge.models.picture.frame_file import LAYOUT_SIDE as SIDE
from score_bridge.models.picture.frame_vae import FrameEncoder, FrameVAE, pixels_of
from score_bridge.training.frames.footage import Footage
from score_bridge.training.frames.linear_probe import probe, probe_pixels
from score_bridge.training.visuals.drawing import pixels
from score_bridge.vision.pixels import Rgb

AT_ONCE = 256
COLUMNS, ROWS, ENLARGED = 12, 4, 2


def reconstruct(network: FrameVAE, pictures: Rgb) -> NDArray[np.float32]:
    """Pictures (N, 64, 64, 3), 8-bit, as decoded from their posterior means, 0..1."""
    with torch.inference_mode():
        parts = [_again(network, pictures[i : i + AT_ONCE]) for i in range(0, len(pictures), AT_ONCE)]
    return np.concatenate(parts)


def reconstruction(network: FrameVAE, films: Sequence[Footage]) -> dict[str, float]:
    """Mean squared errors of pixels 0..1, over all pictures: `model`, and `mean_picture`, each film's own."""
    ours, means, count = 0.0, 0.0, 0
    for film in films:
        truth = film.pictures.astype(np.float32) / 255
        ours += float(((reconstruct(network, film.pictures) - truth) ** 2).sum())
        means += float(((truth - truth.mean(0)) ** 2).sum())
        count += truth.size
    return {"model": ours / count, "mean_picture": means / count}


def frame_figures(network: FrameVAE, films: Sequence[Footage]) -> dict[str, float | dict[str, float]]:
    """All figures: `content_r2`, `colour_r2`, the same of `pixels` (see `probe`), and `reconstruction`."""
    encoder = FrameEncoder(network, next(network.parameters()).device)
    return {
        **probe(encoder, films),
        "pixels": probe_pixels(films, network.config.latent),
        "reconstruction": reconstruction(network, films),
    }


def write_sheet(path: Path, network: FrameVAE, films: Sequence[Footage]) -> None:
    """Write a PNG: pictures of all films in turn, each row of originals above what the model shows of them.

    Raises SettingsError when it cannot be written.
    """
    number = COLUMNS * ROWS
    each = -(-number // len(films))
    taken = [film.pictures[np.linspace(0, len(film.pictures) - 1, each).astype(int)] for film in films]
    pictures = np.concatenate(taken)[:number]
    pairs = np.stack((pictures, pixels(reconstruct(network, pictures))), axis=1)
    table = pairs.reshape(ROWS, COLUMNS, 2, SIDE, SIDE, 3).transpose(0, 2, 3, 1, 4, 5)
    sheet = table.reshape(ROWS * 2 * SIDE, COLUMNS * SIDE, 3).repeat(ENLARGED, 0).repeat(ENLARGED, 1)
    try:
        done = cv2.imwrite(str(path), sheet[..., ::-1])
    except cv2.error:
        done = False
    if not done:
        raise SettingsError(f"{path} cannot be written")


def _again(network: FrameVAE, pictures: Rgb) -> NDArray[np.float32]:
    device = next(network.parameters()).device
    decoded: NDArray[np.float32] = network.decode(network.encode(pixels_of(pictures, device))[0]).cpu().numpy()
    return decoded.transpose(0, 2, 3, 1)
