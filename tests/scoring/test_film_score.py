import itertools
from pathlib import Path

import numpy as np
import pytest

from score_bridge.engine.models import EngineModels
from score_bridge.engine.observing import CONTENT_EVERY_S
from score_bridge.errors import MediaError
from score_bridge.media.film import Film
from score_bridge.music.notes import Note
from score_bridge.scoring.film_score import AS_LIVE, FORESIGHT, FilmSteps, score_film
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls, Sync
from score_bridge.wire.messages import Note as LiveNote
from tests.films import make_film
from tests.tiny import tiny_models

SETTINGS = Settings(controls=Controls(temperature=0.0))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


def test_a_film_becomes_steps_to_its_end(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2, 1)))
    told: list[float] = []
    steps = score_film(film, models, SETTINGS, progress=told.append)
    assert steps.seconds == pytest.approx(3.0, abs=0.06)
    assert len(steps.decided) == len(steps.seen) == 24
    assert steps.broken is None
    assert told == sorted(told)
    assert told[-1] <= 1.0
    assert [round(c, 1) for c in steps.cuts] == [1.0, 2.0]


def test_a_cut_moves_the_latent_at_the_next_sixteenth_and_a_returning_scene_returns(
    models: EngineModels, tmp_path: Path
) -> None:
    steps = score_film(Film.open(make_film(tmp_path / "a.mp4", (1, 2, 1))), models, SETTINGS)
    z = np.stack([d.place for d in steps.decided])
    moves = np.linalg.norm(np.diff(z, axis=0), axis=1)
    assert set(np.argsort(moves)[-2:] + 1) == {8, 16}
    assert np.linalg.norm(z[20] - z[4]) < 0.5 * np.linalg.norm(z[12] - z[4])


def test_features_are_taken_every_tenth_of_a_second_and_at_cuts(models: EngineModels, tmp_path: Path) -> None:
    steps = score_film(Film.open(make_film(tmp_path / "a.mp4", (3, 4), fps=50)), models, SETTINGS)
    times = [s.time for s in steps.observations if s.complete]
    assert len(times) == pytest.approx(2.0 / CONTENT_EVERY_S, abs=3)
    assert all(any(abs(t - c) < 1e-9 for t in times) for c in steps.cuts)


def test_the_same_film_gives_the_same_score_and_another_seed_another(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2)))
    free = [Settings(seed=s, controls=Controls(temperature=1.5)) for s in (0, 0, 1)]
    one, same, other = ([d.token for d in score_film(film, models, s).decided] for s in free)
    assert one == same
    assert one != other


def test_notes_pair_up_and_the_last_ends_with_the_film(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2, 3)))
    steps = score_film(film, models, Settings(controls=Controls(temperature=1.0)))
    notes = steps.notes
    assert notes
    assert all(a.end <= b.onset + 1e-9 for a, b in itertools.pairwise(notes))
    assert notes[-1].end <= steps.seconds + 1e-9


def test_the_line_breathes_before_a_scene_that_is_foreseen_and_not_as_live(
    models: EngineModels, tmp_path: Path
) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2, 3), seconds_each=3.0))
    settings = Settings(controls=Controls(temperature=2.0))
    sung, live = (score_film(film, models, settings, foresight=how).notes for how in (FORESIGHT, AS_LIVE))

    def sounding(notes: tuple[Note, ...], begin: float) -> bool:
        return any(n.onset < begin + 0.249 and n.end > begin + 0.001 for n in notes)

    assert not any(sounding(sung, 3.0 * cut - 0.25) for cut in (1, 2))
    assert any(sounding(live, 3.0 * cut - 0.25) for cut in (1, 2))


def test_limit_and_tempo(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2)))
    steps = score_film(film, models, Settings(tempo=60.0), limit=1.0)
    assert steps.seconds == pytest.approx(1.0)
    assert len(steps.decided) == 4


def test_a_film_shorter_than_a_sixteenth_is_refused_in_one_line(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1,), seconds_each=0.05))
    with pytest.raises(MediaError, match=r"a\.mp4 is .*: a score needs .* one sixteenth"):
        score_film(film, models, SETTINGS)


def test_a_cut_is_struck_at_its_own_time_where_a_film_plays_freely(models: EngineModels, tmp_path: Path) -> None:
    film = Film.open(make_film(tmp_path / "a.mp4", (1, 2, 3), fps=25))

    def scored(sync: Sync) -> FilmSteps:
        return score_film(film, models, Settings(tempo=97.0, controls=Controls(sync=sync)), foresight=AS_LIVE)

    grid, free = scored("grid"), scored("free")

    def onsets(steps: FilmSteps) -> list[float]:
        return [event.time for one in steps.decided for event in one.events if isinstance(event, LiveNote)]

    off_grid = [time for time in onsets(free) if time / free.step_seconds % 1 > 1e-6]
    assert free.cuts == grid.cuts
    assert off_grid == pytest.approx(free.cuts)
    assert all(time / grid.step_seconds % 1 == pytest.approx(0) for time in onsets(grid))
    assert len(free.decided) == len(grid.decided)
