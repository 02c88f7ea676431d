"""Whatever a camera or a host may send, the latent stays where melodies are, or there is a reason."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from score_bridge.engine.models import EngineModels
from score_bridge.mapping.latent_map import GREATEST_NORM
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls
from tests.engine.rig import STEP_S, Rig
from tests.films import scene
from tests.tiny import tiny_models

Rgb = NDArray[np.uint8]
PLAIN = Controls(temperature=0.0, variation=0.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    torch.set_num_threads(1)
    return tiny_models(Path(tmp_path_factory.mktemp("model")))


def _flat(*rgb: int) -> Rgb:
    return np.tile(np.array(rgb, np.uint8), (90, 160, 1))


def _noise(seed: int, spread: float) -> Rgb:
    drawn = np.random.default_rng(seed).standard_normal((90, 160, 3)) * spread
    return (scene(1, 0, (90, 160)).astype(float) + drawn).round().clip(0, 255).astype(np.uint8)


def _strobe(i: int) -> Rgb:
    return _flat(255, 255, 255) if i % 2 else _flat(0, 0, 0)


TALL = [scene(k, 0, (1920, 1080)) for k in range(3)]
FILMS: dict[str, Callable[[int], Rgb]] = {
    "black": lambda i: _flat(0, 0, 0),
    "one colour": lambda i: _flat(200, 30, 60),
    "one picture": lambda i: scene(3, 0, (90, 160)),
    "strobe": _strobe,
    "camera noise": lambda i: _noise(i, 3.0),
    "portrait": lambda i: TALL[i % 3],
    "another size each time": lambda i: scene(2, 0, (16 + 37 * (i % 7), 24 + 53 * (i % 5))),
    "black, then anything": lambda i: _flat(0, 0, 0) if i < 20 else scene(i % 9, 0, (90, 160)),
}


def _play(
    models: EngineModels, film: Iterator[Rgb], fps: float, controls: Controls = PLAIN
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Steps of a stream that sees a film: tokens and latents."""
    rig = Rig(models, Settings(controls=controls))
    for i, picture in enumerate(film):
        while rig.n * STEP_S <= i / fps:
            decided = rig.step(controls)
            yield decided.token, np.array(decided.latent, np.float32)
        rig.show_picture(picture, i / fps)


@pytest.mark.parametrize("fps", [2.0, 240.0])
@pytest.mark.parametrize("name", FILMS)
def test_odd_films_are_played_within_bounds(models: EngineModels, name: str, fps: float) -> None:
    played = list(_play(models, (FILMS[name](i) for i in range(40 if fps < 100 else 150)), fps))
    norms = np.array([np.linalg.norm(latent) for _, latent in played]) / models.decoder.target.rms
    assert np.isfinite(norms).all()
    assert norms.max() <= GREATEST_NORM * 1.001
    assert norms[len(norms) // 2 :].min() > 0.3


@pytest.mark.parametrize("name", ["black", "one picture", "camera noise"])
def test_a_camera_that_sees_nothing_happen_plays_a_loop(models: EngineModels, name: str) -> None:
    """Also with the noise of its chip: it is all there is, and must not be taken for a full range of music."""
    latents = np.stack([z for _, z in _play(models, (FILMS[name](i) for i in range(500)), 10.0)])[320:]
    assert np.linalg.norm(latents - latents[0], axis=1).max() < 0.15 * models.decoder.target.rms


def test_what_moves_beyond_noise_is_heard(models: EngineModels) -> None:
    pictures = (_noise(i, 3.0) if i % 50 < 25 else scene(2, 0, (90, 160)) for i in range(500))
    latents = np.stack([z for _, z in _play(models, pictures, 10.0)])[320:]
    assert np.linalg.norm(latents - latents[0], axis=1).max() > 0.5 * models.decoder.target.rms


def test_attending_to_nothing_stands_still(models: EngineModels) -> None:
    deaf = Controls(temperature=0.0, content=0, layout=0, colour=0, motion=0)
    played = list(_play(models, (scene(i % 9, 0, (90, 160)) for i in range(100)), 10.0, deaf))
    assert np.ptp(np.stack([z for _, z in played[10:]]), axis=0).max() < 1e-4
