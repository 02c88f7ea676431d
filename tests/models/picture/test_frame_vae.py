import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.errors import ModelError
from score_bridge.models.picture.frame_checkpoint import load_frames, save_frames
from score_bridge.models.picture.frame_file import shipped_frames
from score_bridge.models.picture.frame_vae import FrameConfig, FrameEncoder, FrameVAE, pixels_of
from score_bridge.training.frames.figures import reconstruct
from score_bridge.training.visuals import visuals
from tests.training.frames_made import TINY

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def tiny(seed: int = 0) -> FrameVAE:
    torch.manual_seed(seed)
    return FrameVAE(TINY).eval().requires_grad_(False)


def test_pictures_become_latents_and_latents_pictures() -> None:
    network = FrameVAE(FrameConfig()).eval()
    with torch.inference_mode():
        mean, log_var = network.encode(torch.rand(3, 3, 64, 64))
        shown = network.decode(mean)
    assert mean.shape == log_var.shape == (3, 128)
    assert shown.shape == (3, 3, 64, 64)
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_pixels_keep_their_places_and_colours() -> None:
    picture = np.zeros((1, 2, 3, 3), np.uint8)
    picture[0, 1, 2] = (255, 51, 0)
    pixels = pixels_of(picture)
    assert pixels.shape == (1, 3, 2, 3)
    assert pixels[0, :, 1, 2].tolist() == [1.0, pytest.approx(0.2), 0.0]


def test_the_live_encoder_gives_the_posterior_mean_and_the_same_for_the_same() -> None:
    network, pictures = tiny(), visuals(0, 2)
    encoder = FrameEncoder(tiny())
    wanted = network.encode(pixels_of(pictures))[0].numpy()
    latent = encoder.encode(pictures[3])
    assert latent.dtype == np.float32
    np.testing.assert_allclose(latent, wanted[3], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_many(pictures), wanted, atol=1e-5)
    np.testing.assert_array_equal(latent, encoder.encode(pictures[3]))
    assert np.abs(encoder.encode(pictures[12]) - latent).max() > 0.001


def test_a_larger_picture_is_squashed() -> None:
    encoder, picture = FrameEncoder(tiny()), visuals(0, 1)[0]
    large = picture.repeat(2, axis=0).repeat(3, axis=1)
    np.testing.assert_allclose(encoder.encode(large), encoder.encode(picture), atol=1e-4)


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    save_frames(tmp_path / "f.safetensors", tiny(), {"name": "tiny"})
    model = load_frames(tmp_path / "f.safetensors", CPU)
    assert model.network.config == TINY
    assert model.file.name == f"tiny {model.file.sha256[:8]}"
    picture = visuals(1, 1)[0]
    np.testing.assert_allclose(
        FrameEncoder(model.network).encode(picture), FrameEncoder(tiny()).encode(picture), atol=0.01
    )


def test_shipped_weights_show_pictures_they_never_saw() -> None:
    assert shipped_frames().stat().st_size <= 8e6
    model = load_frames(shipped_frames(), CPU)
    pictures = visuals(987_654, 26)
    truth = pictures.astype(np.float32) / 255
    error = ((reconstruct(model.network, pictures) - truth) ** 2).mean()
    assert error < 0.25 * ((truth - truth.mean(0)) ** 2).mean()


def test_shipped_latents_lie_as_the_prior_has_it_and_follow_the_picture() -> None:
    encoder = FrameEncoder(load_frames(shipped_frames(), CPU).network)
    pictures = visuals(987_654, 40)
    latents = encoder.encode_many(pictures)
    assert latents.shape == (320, 128)
    assert 0.5 < latents.std(0).mean() < 1.3
    assert np.abs(latents.mean(0)).mean() < 0.5
    clips = latents.reshape(40, 8, 128)
    within = np.linalg.norm(np.diff(clips, axis=1), axis=2).mean()
    between = np.linalg.norm(clips[1:, 0] - clips[:-1, 0], axis=1).mean()
    assert within < 0.5 * between


def test_shipped_weights_carry_an_honest_card() -> None:
    card = load_frames(shipped_frames(), CPU).file.card
    assert set(card["licences"]) == set(card["data"]) - {"generated"}
    assert all("CC" in licence for licence in card["licences"].values())
    together = card["together"]
    assert together["content_r2"] > together["pixels"]["content_r2"] + 0.03
    assert together["colour_r2"] > together["pixels"]["colour_r2"] + 0.02
    for part in ("held_out", "unseen"):
        assert card[part]["reconstruction"]["model"] < 0.65 * card[part]["reconstruction"]["mean_picture"]
    without, taught = (card["content_term"][which] for which in ("without", "with"))
    assert taught["content_r2"] > without["content_r2"]
    assert taught["colour_r2"] > without["colour_r2"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: p.unlink(), "no weights at"),
        (lambda p: p.with_suffix(".json").unlink(), "no readable card"),
        (lambda p: p.with_suffix(".json").write_text("[]"), "not a frame model"),
        (lambda p: p.write_bytes(b"\0" * 100), "cannot read weights"),
        (lambda p: p.write_bytes(p.read_bytes()[:-10]), "cannot read weights"),
        (lambda p: _edit(p, version=99), "format version 99, this program reads 1"),
        (lambda p: _edit(p, format="score-bridge-melody"), "not a frame model: its card says 'score-bridge-melody'"),
        (lambda p: _edit(p, sha256="0" * 64), "does not match its card"),
        (lambda p: _edit(p, config={"latent": 8, "channels": [4, 4, 8, 9]}), "incomplete or of other sizes"),
        (lambda p: _edit(p, config={"latent": 8, "channels": [4, 4]}), "incomplete or of other sizes"),
        (lambda p: _edit(p, config={"latent": -8, "channels": [4, 4, 8, 8]}), "incomplete or of other sizes"),
        (lambda p: _edit(p, config=None), "incomplete or of other sizes"),
    ],
)
def test_bad_weights_are_one_clear_line(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    path = tmp_path / "f.safetensors"
    save_frames(path, tiny(), {"name": "tiny"})
    damage(path)
    with pytest.raises(ModelError, match=words) as caught:
        load_frames(path, CPU)
    assert "\n" not in str(caught.value)


def _edit(path: Path, **changes: object) -> None:
    card = path.with_suffix(".json")
    card.write_text(json.dumps({**json.loads(card.read_text()), **changes}))
