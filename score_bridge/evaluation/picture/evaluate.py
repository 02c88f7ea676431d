"""Everything measured of a film and its music, beside the original's map, random places and the film out of order.

| figure | what it is |
|---|---|
| moments | stretches of two seconds, one a second; what each would play if its picture stayed is compared |
| knn5, knn5_chance | the five nearest moments by picture found among the five nearest by music |
| spearman | rank correlation of the moments' distances: pictures against music |
| knn5_z, spearman_z | the same from pictures to places in melody space, before anything is played |
| knn5_heard, spearman_heard | the same with phrases compared by what is heard of them: see `music.heard` |
| *_heard_shape | without density, register and range, which are the easiest to hear |
| knn5_content, spearman_content | the same with pictures compared by content alone, whatever the music attends to |
| retrieval_auc | finding a moment's picture by its music; 0.5 is chance |
| played | knn5, knn5_chance, spearman, retrieval_auc of the music as played in time, 32 sixteenths a moment |
| cuts, cut_onset_share | cuts seen, and the share whose first audible sixteenth is not what it would have been |
| cut_delay_steps | median sixteenths to the first difference; elsewhere_*: the same at moments that are no cut |
| still_changed, still_changed_clean | share of a frozen frame's tokens unlike a phrase before, with noise, without |
| z_rms_ratio, z_norm_range | norms of the places against melodies' RMS norm, after three seconds |
| cost_ratio, event_cost_ratio | nats a token, and an interval with its length, against held-out melodies |
| variety_ratio, note_statistics | how unlike the phrases are, against melodies, and what they are like |

original, original_unnamed, random and shuffled have the same figures, the last three as means of a few draws.
cut_onset_share and still_changed are None there: the original's map and the shuffled film know a cut before it comes,
the original's map has none for a frame that is not of its film, and random places see no pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass

from score_bridge.engine.models import EngineModels
from score_bridge.evaluation.picture.baselines import (
    BASELINES,
    original,
    original_unnamed,
    play_film,
    random,
    shuffle_phrases,
)
from score_bridge.evaluation.picture.cut_response import Instants, Response, answers
from score_bridge.evaluation.picture.film_context import FilmContext, prepare_film
from score_bridge.evaluation.picture.metrics import OF_PICTURES_ONLY, Figures, Yardstick, figures_of, mean_of
from score_bridge.evaluation.picture.moments import Rendition
from score_bridge.evaluation.picture.static_geometry import (
    StaticGeometry,
    begins,
    hold_film,
    hold_others,
    measure_geometry,
)
from score_bridge.evaluation.picture.static_stability import Still, hold_still, still_times, stillness
from score_bridge.media.film import Film
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.scoring.stills import pictures_at
from score_bridge.settings import Settings
from score_bridge.vision.pixels import Rgb

Progress = Callable[[float, str], None]

STRIP = 12


@dataclass(frozen=True)
class Setup:
    """What plays and what it is held against."""

    models: EngineModels
    settings: Settings
    yardstick: Yardstick


@dataclass(frozen=True)
class FilmReport:
    """A film's figures and what they came from: renditions by name (draws by their first), answers, stills, pictures.

    held: by the same names, what its moments play if they stay; strip: STRIP pictures (side, side, 3) spread evenly
    over the film; stills: the frozen frames and their music.
    """

    figures: Figures
    watched: FilmContext
    renditions: dict[str, Rendition]
    held: dict[str, StaticGeometry]
    response: Response
    stills: list[tuple[Rgb, Still]]
    strip: list[Rgb]


def evaluate_film(
    film: Film, setup: Setup, limit: float | None = None, progress: Progress = lambda *_: None
) -> FilmReport:
    """Measure a film, or its first `limit` seconds. MediaError if it holds no picture."""
    watched = prepare_film(film, setup.models, setup.settings, limit, lambda part: progress(0.5 * part, "looking"))
    progress(0.5, "playing")
    own, response = _perform(watched, setup)
    progress(0.65, "playing what it is held against")
    others = _others(watched, own, setup)
    held = hold_film(watched, setup.models, setup.settings)
    held_others = hold_others(held, watched, setup.models, setup.settings)
    progress(0.8, "standing still")
    strip, stills = _frozen(watched, setup)
    parts = {name: _figures(held_others[name], draws, watched, setup) for name, draws in others.items()}
    figures = {
        **_about(watched),
        **_figures([held], [own], watched, setup),
        **response.figures(),
        **stillness([still for _, still in stills]),
        **{name: {**part, **dict.fromkeys(OF_PICTURES_ONLY)} for name, part in parts.items()},
    }
    shown = {"film": own, **{name: draws[0] for name, draws in others.items()}}
    stayed = {"film": held, **{name: draws[0] for name, draws in held_others.items()}}
    return FilmReport(figures, watched, shown, stayed, response, stills, strip)


def _perform(watched: FilmContext, setup: Setup) -> tuple[Rendition, Response]:
    instants = Instants.of(watched, setup.settings.seed)
    own, states = play_film(watched, setup.models, setup.settings, instants.states_wanted(watched))
    played = (own.tokens, states)
    cuts, elsewhere = (
        answers(times, watched, played, setup.models, setup.settings) for times in (instants.cuts, instants.elsewhere)
    )
    return own, Response(cuts, elsewhere)


def _others(watched: FilmContext, own: Rendition, setup: Setup) -> dict[str, list[Rendition]]:
    decoder, settings = setup.models.decoder, setup.settings
    if not watched.steps:
        return {way: [own] for way in BASELINES}
    return {
        "original": [original(watched, decoder, settings)],
        "original_unnamed": original_unnamed(watched, decoder, settings),
        "random": random(watched, decoder, settings),
        "shuffled": shuffle_phrases(own, decoder, settings),
    }


def _frozen(watched: FilmContext, setup: Setup) -> tuple[list[Rgb], list[tuple[Rgb, Still]]]:
    """Pictures for the eye, and the frozen frames, in one pass over the film."""
    frozen = still_times(watched)
    even = [watched.seconds * (k + 0.5) / STRIP for k in range(STRIP)]
    times = sorted({*frozen, *even})
    pictures = dict(zip(times, pictures_at(watched.film, times), strict=True))
    stills = [(pictures[t], hold_still(pictures[t], watched, setup.models, setup.settings)) for t in frozen]
    return [pictures[t] for t in even], stills


def _figures(held: list[StaticGeometry], draws: list[Rendition], watched: FilmContext, setup: Setup) -> Figures:
    features = watched.at_steps(watched.attended)
    played = [figures_of(d, features, watched.step_seconds, setup.yardstick) for d in draws]
    return {**mean_of([measure_geometry(h, watched, setup.yardstick.scale) for h in held]), **mean_of(played)}


def _about(watched: FilmContext) -> Figures:
    return {
        "seconds": watched.seconds,
        "broken": watched.broken,
        "phrases": watched.steps // PHRASE_STEPS,
        "moments": len(begins(watched)),
    }
