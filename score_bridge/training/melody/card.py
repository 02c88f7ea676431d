"""The end of a run: figures on the test pieces, weights, and a card that says what they are and learned from."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from score_bridge import __version__
from score_bridge.corpus.file import Corpus
from score_bridge.corpus.licences import licences
from score_bridge.models.melody.checkpoint import MelodyModel, save_melody
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.music.attributes import attributes, quantile_table
from score_bridge.music.character import Scale
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.training.checkpoints import read_note, write_note
from score_bridge.training.melody.characters import measure_character
from score_bridge.training.melody.finetuning import together
from score_bridge.training.melody.metrics import measure_costs, measure_held_out, measure_posterior, phrases_of
from score_bridge.training.melody.phrase_library import PhraseLibrary
from score_bridge.training.melody.recipe import Recipe
from score_bridge.training.melody.splits import Parts

DATA = "data.json"
TESTED = 512
MEASURED = 20_000


@dataclass(frozen=True)
class Made:
    """What training made: averaged weights, the scale by which phrases were described to them, how long it took."""

    network: MelodyVAE
    scale: Scale
    effort: dict[str, float]
    start: MelodyModel | None


def finish(run: Path, recipe: Recipe, parts: Parts, made: Made) -> Path:
    """Measure on the test pieces, and write weights and card."""
    phrases = phrases_of(parts.learn, MEASURED, recipe.seed)
    posterior = measure_posterior(made.network, phrases, quantile_table(attributes(phrases)))
    if made.start is not None and recipe.own_style:
        posterior = together(posterior, len(phrases), made.start.info.posterior)
    path = run / "melody.safetensors"
    character = measure_character(parts.learn, made.scale, recipe.seed)
    save_melody(path, made.network, posterior, _card(run, recipe, parts, made), character)
    return path


def _card(run: Path, recipe: Recipe, parts: Parts, made: Made) -> dict[str, Any]:
    data = read_note(run / DATA)
    sources = {source for entry in data for source in entry["sources"]}
    before = made.start.info.card.get("licences", {}) if made.start is not None else {}
    return {
        "name": "melody",
        "made_by": f"score-bridge train melody, version {__version__}",
        "about": _about(recipe, made, sources),
        "from": _origin(made.start),
        "recipe": {name: value for name, value in asdict(recipe).items() if name != "start"},
        "effort": made.effort,
        "data": data,
        "licences": {**before, **licences(sources)},
        **_held_out_figures(recipe, parts, made),
    }


def _origin(start: MelodyModel | None) -> dict[str, Any] | None:
    """The weights it began from, with the training that went into those, and what they began from themselves."""
    if start is None:
        return None
    return {**start.info.identity, "effort": start.info.card.get("effort"), "from": start.info.card.get("from")}


def _about(recipe: Recipe, made: Made, sources: Iterable[str]) -> str:
    """What these weights are, in a sentence."""
    began = "" if made.start is None else f", begun from {made.start.info.name}"
    left = f", without {', '.join(recipe.leave_out)}" if recipe.leave_out else ""
    what = "An own style" if recipe.own_style else "A melody model"
    effort = f"{made.effort['steps']:.0f} steps in {made.effort['minutes']:.1f} minutes on {recipe.device}"
    return f"{what}{began}, learned from {', '.join(sorted(sources))}{left}: {effort}."


def _held_out_figures(recipe: Recipe, parts: Parts, made: Made) -> dict[str, Any]:
    """Figures on pieces not learned from, and their number; where there are none, a sentence instead."""
    network, scale = made.network, made.scale
    if not parts.test:
        return {"held_out": None, "held_out_note": "no figures: the corpus holds out too little to measure"}
    phrases = phrases_of(parts.test, TESTED, recipe.seed)
    costs = measure_costs(network, PhraseLibrary.of(parts.test, scale, network.place.device))
    note = f"on {len(phrases)} phrases of {len(parts.test)} lines that were not learned from"
    return {"held_out": measure_held_out(network, phrases), "held_out_note": note, "costs": costs}


def note_data(run: Path, step: int, corpus: Corpus) -> None:
    """Keep a record in the run of what it learned from, and from which step on."""
    path = run / DATA
    noted = read_note(path) or []
    entry = {"from_step": step, "sources": data_card(corpus)}
    if not noted or noted[-1]["sources"] != entry["sources"]:
        write_note(path, [*noted, entry])


def data_card(corpus: Corpus) -> dict[str, dict[str, int]]:
    """Count pieces, lines and bars of each source."""
    bars = np.diff(corpus.starts) // STEPS_PER_BAR
    owner = corpus.sources[corpus.piece]
    return {
        str(source): {
            "pieces": int((corpus.sources == source).sum()),
            "lines": int((owner == source).sum()),
            "bars": int(bars[owner == source].sum()),
        }
        for source in np.unique(corpus.sources)
    }
