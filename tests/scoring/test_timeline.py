import re
from dataclasses import replace

import pytest

from score_bridge.engine.models import EngineModels
from score_bridge.media.film import Film
from score_bridge.scoring.film_score import FilmSteps, score_film
from score_bridge.scoring.kept_pictures import KeptPictures
from score_bridge.scoring.score_json import document
from score_bridge.scoring.timeline import STRIP, timeline
from score_bridge.scoring.timeline_parts import SCENES
from score_bridge.settings import Settings
from score_bridge.wire.messages import Note
from tests.films import make_film
from tests.tiny import tiny_models

ABOUT = document({"name": "tiny <weights>", "sha256": "0123456789"}, Settings())


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return Film.open(make_film(tmp_path_factory.mktemp("film") / "a & b.mp4", (1, 2, 1, 3), seconds_each=2.0))


@pytest.fixture(scope="module")
def steps(film: Film, models: EngineModels) -> FilmSteps:
    return score_film(film, models, Settings())


def test_a_page_shows_pictures_notes_cuts_scenes_and_labels(film: Film, steps: FilmSteps) -> None:
    page = timeline(film, steps, ABOUT)
    notes = sum(isinstance(event, Note) for decided in steps.decided for event in decided.events)
    assert notes > 3
    assert page.count("<image") == STRIP
    assert len(re.findall(r'fill="#1f6feb"', page)) == notes
    assert page.count('stroke-opacity="0.7"') == len(steps.cuts) == 3
    assert [page.count(f'rx="2" fill="{colour}"') for colour in SCENES[:4]] == [2, 1, 1, 0]
    assert "scene 50%" in page
    assert f"{notes} notes · 4 shots of 3 scenes" in page


def test_it_is_one_file_that_fetches_nothing_and_says_names_safely(film: Film, steps: FilmSteps) -> None:
    page = timeline(film, steps, ABOUT)
    assert "a &amp; b.mp4" in page
    assert "tiny <weights>" not in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert not re.search(r"https?://|@import|url\(|<script", page)


def test_times_stand_where_they_are(film: Film, steps: FilmSteps) -> None:
    """A cut's line and the band that begins there share their place."""
    page = timeline(film, steps, ABOUT)
    lines = [float(x) for x in re.findall(r'<line x1="([\d.]+)"[^>]*stroke-opacity', page)]
    bands = [float(x) for x in re.findall(r'<rect x="([\d.]+)"[^>]*rx="2"', page)]
    assert lines == pytest.approx(bands[1:], abs=0.1)


def test_little_to_show_is_shown(film: Film, steps: FilmSteps) -> None:
    none = replace(steps, decided=(), seen=())
    assert "0 notes" in timeline(film, none, ABOUT)
    one = replace(steps, decided=steps.decided[:1], seen=steps.seen[:1], pictures=KeptPictures())
    assert "<svg" in timeline(film, one, ABOUT)
