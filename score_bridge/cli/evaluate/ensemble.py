"""`score-bridge evaluate ensemble`: how lead, chords, bass and drums go together on films."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.errors import SettingsError
from score_bridge.evaluation.ensemble import Played, margin, measure_ensemble
from score_bridge.evaluation.picture.film_context import FilmContext, prepare_film
from score_bridge.media.film import Film
from score_bridge.music.chords import NO_CHORD
from score_bridge.scoring.film_score import play_steps
from score_bridge.scoring.score_json import provenance
from score_bridge.settings import Settings
from score_bridge.wire.messages import BASS, CHORDS, DRUMS, Note
from score_bridge.wire.voices import voices_of

Figures = dict[str, Any]


def evaluate_ensemble_command(settings: Settings, paths: Sequence[Path], draws: int, limit: float | None) -> Figures:
    """Measure films: {about the program, lead sheets: figures, films: {name: {film and rivals: figures}}}.

    Raises SettingsError where the settings' ensemble has no chords or bass to measure.
    """
    if not {CHORDS, BASS} & set(voices_of(settings.controls)):
        raise SettingsError(f"the ensemble {settings.controls.ensemble} has neither chords nor bass: try band")
    films = {path.name: Film.open(path) for path in paths}
    played: dict[str, list[Played]] = {}
    with bar("loading the models") as show:
        models = load_models(settings)
        assert models.decoder.players.chords is not None
        for name, film in films.items():
            show(len(played) / len(films), name)
            watched = prepare_film(film, models, settings, limit, lambda _: None)
            played[name] = [_play(watched, models, settings, settings.seed + draw) for draw in range(draws)]
    found = {
        name: measure_ensemble(by_seed, [one for other in played if other != name for one in played[other][:2]])
        for name, by_seed in played.items()
    }
    songs = models.decoder.players.chords.file.card.get("songs", {})
    return {**provenance(models.melody.identity, settings), "lead sheets": songs, "films": found}


def print_figures(figures: Figures) -> None:
    """Show a table for each film: a column for the lead sheets, the film and each rival."""
    songs = figures["lead sheets"]
    for name, found in figures["films"].items():
        table = Table(name, "lead sheets", *found)
        for row in found["film"]:
            values = (songs.get(row), *(one.get(row) for one in found.values()))
            table.add_row(row, *("" if value is None else f"{value:.2f}" for value in values))
        console.print(table)
        rivals = (f"{margin(found, rival):+.2f} against {rival}" for rival in found if rival != "film")
        console.print(f"chord tones on beats 1, 3: {', '.join(rivals)}", highlight=False)


def _play(watched: FilmContext, models: EngineModels, settings: Settings, seed: int) -> Played:
    by_seed = msgspec.structs.replace(settings, seed=seed)
    start, transpose = replace(watched.start, seed=seed), settings.controls.transpose
    tokens, chords, motion = list[int](), list[int](), list[float]()
    bass, hits = list[tuple[int, int]](), np.zeros(watched.steps, np.int64)
    for decided, after in play_steps(start, watched.observations, range(watched.steps), models, by_seed):
        n, chord = len(tokens), after.band.harmony.sounding
        notes = [event for event in decided.beside if isinstance(event, Note)]
        bass += [(n, note.pitch - transpose) for note in notes if note.voice == BASS]
        hits[n] = sum(note.voice == DRUMS for note in notes)
        tokens.append(decided.token)
        chords.append(NO_CHORD if chord is None else chord.number)
        motion.append(after.picture.motion)
    return Played(np.array(tokens, np.uint8), np.array(chords, np.int64), tuple(bass), hits, np.array(motion))
