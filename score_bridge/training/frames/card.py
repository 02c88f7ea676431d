"""The end of a run of the frame model: figures, weights, and a card that says what they are and learned from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from score_bridge import __version__
from score_bridge.corpus.licences import film_licence
from score_bridge.models.picture.frame_checkpoint import FrameModel, save_frames
from score_bridge.models.picture.frame_vae import FrameVAE
from score_bridge.training.frames.figures import frame_figures
from score_bridge.training.frames.footage import Footage, Material
from score_bridge.training.frames.recipe import FrameRecipe


@dataclass(frozen=True)
class Made:
    """What training made: averaged weights, how long it took, what it began from."""

    network: FrameVAE
    effort: dict[str, float]
    start: FrameModel | None


def finish(run: Path, recipe: FrameRecipe, material: Material, made: Made) -> Path:
    """Measure on what was held out, and write weights and card."""
    path = run / "frames.safetensors"
    save_frames(path, made.network, _card(recipe, material, made))
    return path


def _card(recipe: FrameRecipe, material: Material, made: Made) -> dict[str, Any]:
    start = made.start
    before = start.file.card.get("licences", {}) if start else {}
    return {
        "name": "frames",
        "made_by": f"score-bridge train frames, version {__version__}",
        "about": _about(recipe, material, made),
        "from": {**start.file.identity, "effort": start.file.card.get("effort"), "from": start.file.card.get("from")}
        if start
        else None,
        "recipe": {name: value for name, value in asdict(recipe).items() if name != "start"},
        "effort": made.effort,
        "data": _data(material),
        "licences": {**before, **{film.name: film_licence(film.sha256) for film in material.films}},
        **_held_out(material, made.network),
    }


def _about(recipe: FrameRecipe, material: Material, made: Made) -> str:
    """What these weights are, in a sentence."""
    began = f", begun from {made.start.file.name}" if made.start else ""
    names = sorted(film.name for film in material.films)
    visuals = f" and {len(material.visuals.pictures)} generated pictures" if material.visuals else ""
    effort = f"{made.effort['steps']:.0f} steps in {made.effort['minutes']:.1f} minutes on {recipe.device}"
    return f"A frame model{began}, learned from {', '.join(names)}{visuals}: {effort}."


def _data(material: Material) -> dict[str, Any]:
    data: dict[str, Any] = {film.name: _counted(film) for film in material.films}
    if material.visuals:
        data["generated"] = {"pictures": len(material.visuals.pictures)}
    return data


def _counted(film: Footage) -> dict[str, Any]:
    return {"learned": len(film.learned.pictures), "held_out": len(film.held_out.pictures), "sha256": film.sha256}


def _held_out(material: Material, network: FrameVAE) -> dict[str, Any]:
    """Figures on the last third of every film, on films it learned nothing from, and on both together."""
    note = "on the last third of every film; the probe learns from the first 60 % of that and is tested on the rest"
    figures: dict[str, Any] = {
        "held_out": frame_figures(network, [film.held_out for film in material.films]),
        "held_out_note": note,
    }
    if material.unseen:
        figures["unseen"] = frame_figures(network, material.unseen)
        figures["unseen_note"] = f"on {', '.join(f.name for f in material.unseen)}, nothing of which was learned from"
        figures["together"] = frame_figures(network, material.measured)
        figures["together_note"] = "on both"
    return figures
