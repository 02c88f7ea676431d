"""The melody recipe, top to bottom: corpus → scenes → one loss → averaged weights → card."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from score_bridge.corpus.file import Corpus
from score_bridge.errors import SettingsError
from score_bridge.models.melody.vae import MelodyConfig
from score_bridge.music.character import Scale
from score_bridge.training.distributed import join_processes
from score_bridge.training.interrupt import Stopped, stoppable
from score_bridge.training.melody.card import Made, finish, note_data
from score_bridge.training.melody.finetuning import Beginning
from score_bridge.training.melody.learner import Learner
from score_bridge.training.melody.metrics import measure_costs
from score_bridge.training.melody.phrase_library import PhraseLibrary, measure_scale
from score_bridge.training.melody.recipe import Recipe, Report
from score_bridge.training.melody.splits import Parts, count_phrases, parts_of

LOOKS = 8
"""How often a run is looked at while it lasts, at least."""


def train(
    corpus: Corpus, run: Path, recipe: Recipe, config: MelodyConfig, report: Callable[[Report], None] = lambda _: None
) -> Path:
    """Train in folder `run`, going on from what is there; write `run/melody.safetensors` and its card.

    Under torchrun, together with the other processes (see `parallel`). Ctrl-C keeps the step reached and raises
    Stopped. Raises SettingsError when the corpus is too small or the folder cannot be made, ModelError when it holds
    another model's run or the weights to start from are unusable.
    """
    corpus = corpus.without(recipe.leave_out)
    parts = parts_of(corpus, recipe.own_style)
    recipe = recipe.limited(count_phrases(parts.learn))
    with join_processes(recipe.device) as ranks:
        recipe = replace(recipe, device=str(ranks.device))
        _make(run)
        learner = Learner.begun(run, recipe, config, ranks)
        if ranks.first:
            learner.beginning.note(run)
            note_data(run, learner.step, corpus)
        scale = _scale(learner.beginning, parts, recipe)
        _learn(learner, run, parts, scale, report)
        if ranks.first:
            effort = {"steps": learner.step, "minutes": learner.elapsed / 60}
            finish(run, recipe, parts, Made(learner.averaged(), scale, effort, learner.beginning.model))
    return run / "melody.safetensors"


def _make(run: Path) -> None:
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the run's folder {run} cannot be made: {error.strerror}") from None


def _learn(learner: Learner, run: Path, parts: Parts, scale: Scale, report: Callable[[Report], None]) -> None:
    """Train until the run is done and save the end. Raises Stopped, after saving a checkpoint, when interrupted."""
    recipe, ranks = learner.recipe, learner.ranks
    library = PhraseLibrary.of(learner.beginning.among(parts.learn, recipe), scale, ranks.device)
    held = PhraseLibrary.of(parts.valid, scale, ranks.device) if parts.valid else None
    reported = learner.elapsed
    with stoppable(insistent=ranks.world == 1) as asked:
        while (done := learner.done) < 1:
            losses = learner.learn(library)
            learner.elapsed, stop = ranks.agree(learner.elapsed, asked())
            due = learner.elapsed - reported >= min(recipe.report_every_s, recipe.minutes * 60 / LOOKS)
            if due or stop:
                learner.save(run)
                reported = learner.elapsed
            if stop:
                raise Stopped(learner.step)
            figures = measure_costs(learner.averaged(), held) if due and held is not None and ranks.first else {}
            if due or learner.step % 20 == 0:
                looked = Report(learner.step, done, ranks.average({k: float(v) for k, v in losses.items()}), figures)
                if ranks.first:
                    report(looked)
    learner.save(run)


def _scale(beginning: Beginning, parts: Parts, recipe: Recipe) -> Scale:
    """How phrases are described: as the starting model has it, so that its words keep their meaning, or afresh."""
    if beginning.model is not None and beginning.model.info.character is not None:
        return beginning.model.info.character.scale
    return measure_scale(parts.learn, recipe.seed)
