"""`score-bridge evaluate music`: how the music of films, or MIDI files, differs from melodies that people wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from score_bridge.cli.progress_bar import bar, console
from score_bridge.corpus.read import MIDI, Task, read_file
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.errors import MediaError, SettingsError
from score_bridge.evaluation.melody.corpus import read_corpus
from score_bridge.evaluation.melody.probe import Melodies
from score_bridge.evaluation.music.evaluate import Corpus, evaluate_music
from score_bridge.evaluation.picture.baselines import play_film
from score_bridge.evaluation.picture.film_context import prepare_film
from score_bridge.media.film import Film
from score_bridge.scoring.generate import play_path, sample_path
from score_bridge.scoring.score_json import provenance
from score_bridge.settings import Settings

Figures = dict[str, Any]
Line = NDArray[np.uint8]

MOST_LINES = 4096
RANDOM_PHRASES = 16


@dataclass(frozen=True)
class Measuring:
    """corpus: of melodies to compare with (None = the tunes that music21 carries); draws: seeds a film is played
    with; limit: seconds of each film (None = all).
    """

    corpus: Path | None = None
    draws: int = 20
    limit: float | None = None


def evaluate_music_command(settings: Settings, paths: Sequence[Path], measuring: Measuring) -> Figures:
    """Measure films and MIDI files: {about the program, melodies, music: {name: figures, "random": figures}}.

    Raises MediaError for what can be read as neither, SettingsError for a corpus without long held-out melodies.
    """
    opened = {path.name: path if path.suffix.lower() in MIDI else Film.open(path) for path in paths}
    music: dict[str, list[Line]] = {}
    with bar("loading the models") as show:
        models = load_models(settings)
        melodies = Melodies.of(read_corpus(measuring.corpus, models.melody), MOST_LINES, settings.seed)
        if len(melodies.lines) < 2:
            raise SettingsError("the corpus holds out fewer than two lines of eight bars")
        for name, source in opened.items():
            show(len(music) / len(opened), name)
            music[name] = (
                _of_midi(source) if isinstance(source, Path) else _of_film(source, models, settings, measuring)
            )
        music["random"] = _of_nothing(models, settings, measuring.draws)
        figures = evaluate_music(music, Corpus.of(melodies), settings.seed)
    return {**provenance(models.melody.identity, settings), **figures}


def print_figures(figures: Figures) -> None:
    """Show a table: a column for the melodies and for each piece of music, a row for each figure."""
    music: Mapping[str, Any] = {name: found for name, found in figures["music"].items() if found}
    table = Table("figure", "melodies", *music)
    keys = dict.fromkeys(key for found in music.values() for key in found)
    for key in keys:
        values = (figures["melodies"].get(key), *(found.get(key) for found in music.values()))
        table.add_row(key, *("" if value is None else f"{value:.3g}" for value in values))
    console.print(table)
    for name in figures["music"].keys() - music.keys():
        console.print(f"{name} is shorter than two bars: nothing to measure", highlight=False)


def _of_film(film: Film, models: EngineModels, settings: Settings, measuring: Measuring) -> list[Line]:
    """The film as it is scored by default, once for each of `draws` seeds."""
    watched = prepare_film(film, models, settings, measuring.limit, lambda _: None)
    drawn = []
    for seed in range(settings.seed, settings.seed + measuring.draws):
        by_seed = replace(watched, start=replace(watched.start, seed=seed))
        drawn.append(play_film(by_seed, models, msgspec.structs.replace(settings, seed=seed))[0].tokens)
    return drawn


def _of_midi(path: Path) -> list[Line]:
    """The melody of a MIDI file. Raises MediaError if there is none."""
    reading = read_file(Task(0, path, path.stem, every_part=False))
    lines = [line.tokens for piece in reading.pieces for line in piece.lines]
    if not lines:
        raise MediaError(f"{path} holds no melody in 2/4 or 4/4: {reading.reason or 'only other metres'}")
    return lines


def _of_nothing(models: EngineModels, settings: Settings, draws: int) -> list[Line]:
    """Music from random places, a new one every phrase."""
    drawn = []
    for seed in range(settings.seed, settings.seed + draws):
        by_seed = msgspec.structs.replace(settings, seed=seed)
        steps = play_path(sample_path(models.decoder.target, seed), RANDOM_PHRASES, by_seed, models.decoder)
        drawn.append(np.array([step.token for step in steps], np.uint8))
    return drawn
