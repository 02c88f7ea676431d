"""The frame recipe, top to bottom: films and visuals → lessons → one loss → averaged weights → card."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from score_bridge.errors import SettingsError
from score_bridge.models.picture.frame_checkpoint import FrameModel
from score_bridge.models.picture.frame_vae import FrameConfig, FrameVAE
from score_bridge.training.checkpoints import CHECKPOINT, read_note, write_note
from score_bridge.training.frames.batches import Lessons
from score_bridge.training.frames.card import Made, finish
from score_bridge.training.frames.figures import reconstruction, write_sheet
from score_bridge.training.frames.footage import Material
from score_bridge.training.frames.learner import FrameLearner
from score_bridge.training.frames.recipe import FrameRecipe
from score_bridge.training.interrupt import Stopped, stoppable
from score_bridge.training.melody.recipe import Report

BEGAN = "began.json"
PREVIEW = "preview.png"
LOOKED_AT = 96


def train_frames(
    material: Material,
    run: Path,
    recipe: FrameRecipe,
    config: FrameConfig | None = None,
    report: Callable[[Report], None] = lambda _: None,
) -> Path:
    """Train in folder `run`, going on from what is there; write `run/frames.safetensors`, its card and preview.png.

    Ctrl-C keeps the step reached and raises Stopped. Raises SettingsError when there is too little footage, the
    folder cannot be made or its run is one of other footage, ModelError when weights or checkpoint are unusable.
    """
    material.check()
    _make(run)
    learner = FrameLearner.begun(run, recipe, config or FrameConfig())
    _note(run, material, recipe, learner.start)
    _learn(learner, run, material, report)
    network = learner.averaged()
    write_sheet(run / PREVIEW, network, material.measured)
    effort = {"steps": learner.step, "minutes": learner.elapsed / 60}
    return finish(run, recipe, material, Made(network, effort, learner.start))


def _learn(learner: FrameLearner, run: Path, material: Material, report: Callable[[Report], None]) -> None:
    """Train until the run is done and save the end. Raises Stopped, after saving a checkpoint, when interrupted."""
    recipe = learner.recipe
    lessons = Lessons([film.learned for film in material.films], material.visuals, recipe)
    reported = learner.elapsed
    with stoppable() as asked:
        while (done := learner.done) < 1:
            losses = learner.learn(lessons)
            stop = asked()
            due = learner.elapsed - reported >= recipe.report_every_s
            if due or stop:
                learner.save(run)
                reported = learner.elapsed
            if stop:
                raise Stopped(learner.step)
            figures = _measure_pixels(learner.averaged(), run, material) if due else {}
            if due or learner.step % 20 == 0:
                report(Report(learner.step, done, losses, figures))
    learner.save(run)


def _measure_pixels(network: FrameVAE, run: Path, material: Material) -> dict[str, float]:
    """How far pixels are off on some of what is held out, of 255 (RMS), beside each film's mean picture."""
    some = [film.some(LOOKED_AT) for film in material.measured]
    write_sheet(run / PREVIEW, network, some)
    return {name: 255 * float(np.sqrt(mse)) for name, mse in reconstruction(network, some).items()}


def _make(run: Path) -> None:
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the run's folder {run} cannot be made: {error.strerror}") from None


def _note(run: Path, material: Material, recipe: FrameRecipe, start: FrameModel | None) -> None:
    """Keep what the run learns from. Raises SettingsError when it goes on and learned from something else."""
    what: dict[str, Any] = {
        "films": {film.name: film.sha256 for film in material.films},
        "visuals": recipe.visuals,
        "seed": recipe.seed,
        "weights": asdict(recipe.weighed),
        "from": start.file.identity if start else None,
    }
    began = read_note(run / BEGAN)
    if (run / CHECKPOINT).exists() and began != what:
        different = [key for key in what if not isinstance(began, dict) or began.get(key) != what[key]]
        raise SettingsError(f"{run} began with other {', '.join(different)}; go on as it began, or in another --run")
    write_note(run / BEGAN, what)
