import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.cli import main
from score_bridge.media.film import Film
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.frame_checkpoint import save_frames
from score_bridge.models.picture.frame_file import FrameFile
from score_bridge.models.picture.frame_vae import FrameEncoder, FrameVAE
from score_bridge.training.frames.figures import reconstruction
from score_bridge.training.frames.footage import Footage
from score_bridge.training.frames.linear_probe import Axes, probe, probe_pixels
from score_bridge.training.frames.read_footage import _sample_pictures, films_in, read_footage
from tests.films import make_film
from tests.training.frames_made import TINY, footage


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def network() -> FrameVAE:
    torch.manual_seed(0)
    return FrameVAE(TINY).eval().requires_grad_(False)


def brightening(count: int = 90) -> Footage:
    """A grey picture that goes up and down, whose content is its grey; the rest of the features is noise."""
    rng = np.random.default_rng(0)
    grey = (127 + 100 * np.sin(np.arange(count) / 3)).astype(np.uint8)
    features = np.column_stack((grey / 25.5, 0.01 * rng.standard_normal((count, 5)))).astype(np.float32)
    return Footage("grey", np.broadcast_to(grey[:, None, None, None], (count, 64, 64, 3)).copy(), features)


def test_the_probe_reads_what_is_a_straight_line_of_the_pixels() -> None:
    found = probe_pixels([brightening()], 16)
    assert found["content_r2"] > 0.999
    assert found["colour_r2"] < 1


def test_the_probe_reads_nothing_where_nothing_is() -> None:
    film = brightening()
    rng = np.random.default_rng(1)
    noise = Footage("noise", rng.integers(0, 256, film.pictures.shape, dtype=np.uint8), film.features)
    assert probe_pixels([noise], 16)["content_r2"] < 0.1
    assert probe(FrameEncoder(network()), [noise])["content_r2"] < 0.1


def test_axes_are_the_principal_ones() -> None:
    rows = np.random.default_rng(0).standard_normal((500, 3)) * (5, 1, 0.1) + 7
    axes = Axes.of(rows, 2)
    np.testing.assert_allclose(np.abs(axes.axes), [[1, 0, 0], [0, 1, 0]], atol=0.05)
    places = axes.places(rows)
    np.testing.assert_allclose(places.mean(0), 0, atol=1e-9)
    assert (places**2).mean() == pytest.approx(1)
    assert places.std(0)[0] == pytest.approx(5 * places.std(0)[1], rel=0.1)
    assert Axes.of(rows[:2], 5).axes.shape == (1, 3)


def test_the_mean_picture_is_the_films_own() -> None:
    nothing = np.zeros((30, 2), np.float32)
    dark, light = (Footage("flat", np.full((30, 64, 64, 3), grey, np.uint8), nothing) for grey in (9, 200))
    assert reconstruction(network(), [dark, light])["mean_picture"] == 0
    film = footage()
    errors = reconstruction(network(), [film])
    truth = film.pictures / 255.0
    assert errors["mean_picture"] == pytest.approx(((truth - truth.mean(0)) ** 2).mean(), rel=1e-4)


def test_the_command_measures_films_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "own.mp4", (1, 2), seconds_each=1)
    save_frames(tmp_path / "tiny.safetensors", network(), {"name": "tiny"})
    assert called(["own.mp4", "--weights", "tiny.safetensors", "--json"], monkeypatch) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {"content_r2", "colour_r2", "pixels", "reconstruction", "encode_ms"} < set(figures)
    assert set(figures["pixels"]) == {"content_r2", "colour_r2"}
    assert figures["films"] == {"own.mp4": 40}
    assert figures["model"]["name"] == "tiny"
    assert figures["encode_ms"] > 0
    assert called(["own.mp4", "--weights", "tiny.safetensors"], monkeypatch) == 0
    said = capsys.readouterr().err
    assert "content_r2" in said
    assert "raw pixels" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["own.mp4", "--weights", "none.safetensors"], "no weights at none.safetensors"),
        (["."], ".: no films in it"),
        (["none.mp4"], "cannot read film none.mp4"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if "--weights" not in arguments:
        save_frames(tmp_path / "tiny.safetensors", network(), {"name": "tiny"})
        arguments = [*arguments, "--weights", "tiny.safetensors"]
    assert called(arguments, monkeypatch) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert words in said
    assert said.count("\n") == 1


def called(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of `evaluate frames` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["score-bridge", "evaluate", "frames", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code or 0


def test_a_model_is_named_after_its_weights() -> None:
    assert FrameFile(Path("mine"), {"name": "mine"}, "abcdef0123", {}).name == "mine abcdef01"


def test_films_of_a_folder_are_read_evenly(tmp_path: Path) -> None:
    for number in range(3):
        make_film(tmp_path / f"{number}.mp4", (number,), seconds_each=2, size=(64, 64))
    told: list[float] = []
    encoder = FeatureEncoder(side=32)
    films = read_footage([tmp_path], encoder, lambda part, _: told.append(part), crops=True)
    assert [film.name for film in films] == ["0.mp4", "1.mp4", "2.mp4"]
    assert [len(film.pictures) for film in films] == [40, 40, 40]
    crops = films[0].crops
    assert crops is not None
    assert crops.features.shape == films[0].features.shape == (40, 1280)
    assert told == sorted(told)
    assert told[-1] <= 1
    assert len(set(films_in([tmp_path, tmp_path / "0.mp4"]))) == 3
    sparse = list(_sample_pictures(Film.open(tmp_path / "0.mp4"), 10, lambda _: None))
    assert len(sparse) == 10
