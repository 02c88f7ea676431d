import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from score_bridge.cli import main
from score_bridge.corpus.licences import film_licence
from score_bridge.errors import ModelError, SettingsError
from score_bridge.models.picture.frame_checkpoint import load_frames
from score_bridge.models.picture.frame_vae import FrameVAE
from score_bridge.training.checkpoints import CHECKPOINT
from score_bridge.training.frames.batches import Lessons, augment
from score_bridge.training.frames.figures import reconstruction
from score_bridge.training.frames.footage import Footage, Material, crop
from score_bridge.training.frames.losses import Lesson, Pupil, frame_losses
from score_bridge.training.frames.recipe import FrameWeights, frame_recipe
from score_bridge.training.frames.train import PREVIEW, train_frames
from score_bridge.training.interrupt import Stopped
from score_bridge.training.melody.recipe import Report
from score_bridge.vision.colour import colour_readings
from tests.films import make_film
from tests.training.frames_made import FEW, TINY, footage, material

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_training_learns_writes_a_card_and_a_sheet(tmp_path: Path) -> None:
    reports: list[Report] = []
    path = train_frames(material(), tmp_path, replace(FEW, steps=120, report_every_s=0.5), TINY, reports.append)
    assert reports[-1].losses["loss"] < 0.7 * reports[0].losses["loss"]
    assert any(r.held_out["model"] > 0 for r in reports if r.held_out)
    card = load_frames(path, CPU).file.card
    assert card["effort"]["steps"] == 120
    assert card["data"] == {
        "made.mp4": {"learned": 32, "held_out": 16, "sha256": "0" * 64},
        "generated": {"pictures": 16},
    }
    assert card["licences"] == {"made.mp4": "as the files you gave"}
    assert card["held_out"]["reconstruction"]["model"] > 0
    assert card["about"].startswith("A frame model, learned from made.mp4 and 16 generated pictures: 120 steps in ")
    sheet = cv2.imread(str(tmp_path / PREVIEW))
    assert sheet is not None
    assert sheet.shape == (4 * 2 * 128, 12 * 128, 3)
    np.testing.assert_array_equal(sheet[:128:2, :128:2, ::-1], footage().held_out.pictures[0])


def test_an_interrupted_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    recipe = replace(FEW, steps=30)
    whole = train_frames(material(), tmp_path / "whole", recipe, TINY)

    def interrupt(_: Report) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Stopped) as stopped:
        train_frames(material(), tmp_path / "torn", recipe, TINY, interrupt)
    assert stopped.value.step == 21
    assert not (tmp_path / "torn" / "frames.safetensors").exists()
    torn = train_frames(material(), tmp_path / "torn", recipe, TINY)
    for one, other in ((whole, torn), (whole.with_name(CHECKPOINT), torn.with_name(CHECKPOINT))):
        a, b = load_file(one), load_file(other)
        assert a.keys() == b.keys()
        assert all(torch.equal(a[key], b[key]) for key in a)


def test_fine_tuning_shows_the_held_out_part_of_its_film_better(tmp_path: Path) -> None:
    first = train_frames(material(), tmp_path / "first", FEW, TINY)
    film = footage("own.mp4", seed=50, clips=3)
    order = np.random.default_rng(0).permutation(24)
    mixed = replace(film, pictures=film.pictures[order], features=film.features[order])
    recipe = replace(FEW, start=str(first), steps=80, learning_rate=2e-3)
    second = train_frames(Material([mixed], visuals=None), tmp_path / "second", recipe)
    before, after = load_frames(first, CPU), load_frames(second, CPU)
    errors = [reconstruction(model.network, [mixed.held_out])["model"] for model in (before, after)]
    assert errors[1] < 0.8 * errors[0]
    assert after.file.card["from"]["sha256"] == before.file.sha256
    assert after.file.card["about"].startswith(
        f"A frame model, begun from {before.file.name}, learned from own.mp4: 80 steps"
    )
    assert set(after.file.card["licences"]) == {"made.mp4", "own.mp4"}


def test_a_run_of_other_footage_or_damaged_is_refused(tmp_path: Path) -> None:
    few = replace(FEW, steps=2)
    train_frames(material(), tmp_path, few, TINY)
    with pytest.raises(SettingsError, match="began with other films; go on as it began, or in another --run"):
        train_frames(material(seed=7), tmp_path, few, TINY)
    with pytest.raises(SettingsError, match="began with other visuals, seed"):
        train_frames(material(), tmp_path, replace(few, visuals=9, seed=1), TINY)
    (tmp_path / CHECKPOINT).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="not a checkpoint of this model"):
        train_frames(material(), tmp_path, few, TINY)


def test_too_little_footage_is_refused(tmp_path: Path) -> None:
    film = footage(clips=3)
    with pytest.raises(SettingsError, match=r"made\.mp4: too short: 23 pictures, it takes 24"):
        train_frames(Material([film.part(slice(23))]), tmp_path, FEW, TINY)
    with pytest.raises(SettingsError, match="no films"):
        train_frames(Material([]), tmp_path, FEW, TINY)
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be made"):
        train_frames(material(), tmp_path / "file", FEW, TINY)


def test_the_last_third_is_held_out_with_its_crops() -> None:
    film = replace(footage(clips=6), crops=footage(seed=1, clips=6))
    assert film.crops is not None
    assert film.learned.crops is not None
    np.testing.assert_array_equal(film.learned.crops.pictures, film.crops.pictures[:32])
    assert len(film.learned.pictures) == len(film.learned.features) == 32
    np.testing.assert_array_equal(np.concatenate((film.learned.pictures, film.held_out.pictures)), film.pictures)


def test_lessons_mix_films_and_visuals_and_repeat_with_their_generator() -> None:
    white = Footage("white", np.full((4, 64, 64, 3), 255, np.uint8), np.ones((4, 9), np.float32))
    black = Footage("black", np.zeros((400, 64, 64, 3), np.uint8), np.zeros((400, 9), np.float32))
    lessons = Lessons([white], black, replace(FEW, films_share=0.75))
    one, other = (lessons.draw(np.random.default_rng(5), 200) for _ in range(2))
    assert torch.equal(one.pixels, other.pixels)
    bright = one.pixels.mean((1, 2, 3)) > 0.5
    assert 0.65 < bright.float().mean() < 0.85
    assert torch.equal(bright, one.content[:, 0].sign() == one.content[bright][0, 0].sign())
    assert torch.equal(bright, one.colour[:, 0] > 0.5)


def test_a_crop_is_a_part_enlarged() -> None:
    ramp = np.repeat(np.arange(0, 256, 2, dtype=np.uint8)[:, None], 128, axis=1)[..., None].repeat(3, axis=2)
    rng = np.random.default_rng(0)
    for _ in range(20):
        part = crop(rng, ramp).astype(int)
        assert part.shape == ramp.shape
        assert 120 <= part[-1, 0, 0] - part[0, 0, 0] <= 220


def test_varied_pictures_keep_what_they_show() -> None:
    rng = np.random.default_rng(0)
    ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[:, None], 64, axis=1)[..., None].repeat(3, axis=2)
    for _ in range(40):
        picture = augment(rng, ramp).astype(float)
        assert picture.shape == (64, 64, 3)
        rows = picture.mean((1, 2))
        assert (np.diff(rows) >= -0.5).all()
        assert np.ptp(rows) > 100
        assert np.ptp(picture, axis=2).mean() < 8


def test_colours_are_read_as_the_standard_has_them() -> None:
    red, grey = np.zeros((1, 64, 64, 3), np.uint8), np.full((1, 64, 64, 3), 119, np.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(colour_readings(red)[0], [0.5324, 0.8009, 0.672, 1, 1, 0], atol=0.01)
    np.testing.assert_allclose(colour_readings(grey)[0], [0.5, 0, 0, 0, 0, 0], atol=0.01)
    halves = red.copy()
    halves[:, 32:] = (0, 255, 0)
    np.testing.assert_allclose(colour_readings(halves)[0, 3:], [1, 0.25, 3**0.5 / 4], atol=0.01)


def test_losses_are_what_their_formulas_say() -> None:
    torch.manual_seed(0)
    pupil = Pupil(FrameVAE(TINY), 3)
    lesson = Lesson(torch.rand(2, 3, 64, 64), torch.randn(2, 3), torch.randn(2, 6))
    weights = FrameWeights(pixel_std=0.5, beta=2, free_nats=0, content=3, colour=5)
    losses = frame_losses(pupil, lesson, torch.zeros(2, 8), weights)
    mean, log_var = pupil.vae.encode(lesson.pixels)
    normal = torch.distributions.Normal
    divergence = torch.distributions.kl_divergence(normal(mean, (log_var / 2).exp()), normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(losses["divergence"], divergence)
    shown = pupil.vae.decode(mean)
    torch.testing.assert_close(losses["reconstruction"], 2 * ((shown - lesson.pixels) ** 2).sum() / 2)
    total = losses["reconstruction"] + 2 * divergence + 3 * losses["content"] + 5 * losses["colour"]
    torch.testing.assert_close(losses["loss"], total)
    free = frame_losses(pupil, lesson, torch.zeros(2, 8), replace(weights, free_nats=100.0))
    torch.testing.assert_close(free["loss"] - losses["loss"], 2 * (800 - divergence))


def test_a_new_model_has_a_longer_recipe_than_your_own_footage() -> None:
    assert frame_recipe("shipped", {"minutes": None}).minutes == 5
    new = frame_recipe("", {"minutes": None, "seed": 3})
    assert (new.minutes, new.visuals, new.seed, new.start) == (20, 6000, 3, "")
    assert frame_recipe("", {"minutes": 2.0}).minutes == 2


def test_known_films_have_their_terms() -> None:
    assert film_licence("d31e0ebf194cc16e" + "0" * 48).startswith("car-detection.mp4: CC-BY-4.0")
    assert film_licence("") == "as the files you gave"


def test_the_command_learns_from_a_folder_of_films(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films").mkdir()
    make_film(tmp_path / "films" / "own.mp4", (1, 2), seconds_each=0.7)
    first = train_frames(material(), tmp_path / "first", replace(FEW, steps=1), TINY)
    make_film(tmp_path / "other.mp4", (3, 4), seconds_each=0.7)
    options = [
        "--hold-out",
        "other.mp4",
        "--from",
        str(first),
        "--visuals",
        "8",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--run",
        "run",
    ]
    assert called(["films", "--steps", "2", *options], monkeypatch) == 0
    said = capsys.readouterr().err
    assert "written run/frames.safetensors, frames.json and preview.png" in said
    assert "held out, on the last third of every film" in said
    card = json.loads((tmp_path / "run" / "frames.json").read_text())
    assert card["data"]["own.mp4"]["learned"] == 18
    assert "other.mp4" not in card["data"]
    assert card["together"]["reconstruction"]["model"] > 0
    assert card["unseen_note"] == "on other.mp4, nothing of which was learned from"
    assert called(["films", "--steps", "4", *options], monkeypatch) == 0
    again = json.loads((tmp_path / "run" / "frames.json").read_text())
    assert again["effort"]["steps"] == 4
    assert again["effort"]["minutes"] > card["effort"]["minutes"]


@pytest.mark.parametrize(
    ("films", "words"),
    [
        (["empty"], "empty: no films in it"),
        (["absent.mp4"], "cannot read film absent.mp4: there is no such file"),
        (["text.mp4"], "cannot read film text.mp4"),
        (["short.mp4"], "short.mp4: too short: 10 pictures, it takes 24"),
        (["short.mp4", "--from", "absent.safetensors"], "no weights at absent.safetensors"),
    ],
)
def test_footage_that_is_none_is_one_line(
    films: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("no film")
    make_film(tmp_path / "short.mp4", (1,), seconds_each=0.5)
    assert called([*films, "--visuals", "0", "--device", "cpu", "--run", "run"], monkeypatch) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert words in said
    assert said.count("\n") == 1


def called(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of `train frames` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["score-bridge", "train", "frames", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code or 0
