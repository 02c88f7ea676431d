"""`score-bridge evaluate picture` from end to end, of a tiny model and tiny films."""

import json
import re
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from score_bridge.cli import main
from tests.films import make_film
from tests.tiny import save_tiny
from tests.training.made import saved, scales

COMMON = {
    "knn5", "knn5_chance", "spearman", "retrieval_auc", "cut_onset_share", "still_changed", "z_rms_ratio",
    "z_norm_range", "cost_ratio", "variety_ratio", "note_statistics", "knn5_z", "spearman_z", "event_cost_ratio",
}  # fmt: skip
WAYS = {"original", "original_unnamed", "random", "shuffled"}


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    folder = tmp_path_factory.mktemp("model")
    weights = save_tiny(folder / "tiny.safetensors")
    corpus = saved(scales(30, bars=16), folder / "corpus.npz")
    return ("--melody-model", str(weights), "--corpus", corpus, "--phrases", "16", "--tempo", "240")


def _run(monkeypatch: pytest.MonkeyPatch, *given: str | Path) -> int:
    monkeypatch.setattr("sys.argv", ["score-bridge", "evaluate", "picture", *map(str, given)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def _flat_film(path: Path, pictures: int) -> Path:
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=20, options={"bf": "0"})
        video.height, video.width = 96, 128
        for _ in range(pictures):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((96, 128, 3), np.uint8), "rgb24")))
        container.mux(video.encode(None))
    return path


def test_a_film_is_measured_and_drawn(
    tmp_path: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    film, page = make_film(tmp_path / "a <b>.mp4", (1, 2, 3, 1, 2), seconds_each=1.2), tmp_path / "deep" / "page.html"
    assert _run(monkeypatch, film, *options, "--energy", "0.9", "--json", "--html", page) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["weights"]["name"] == "tiny"
    assert figures["settings"]["controls"]["energy"] == 0.9
    [(name, found)] = figures["films"].items()
    assert name == "a <b>.mp4"
    assert found.keys() >= COMMON | WAYS | {"moments", "cuts", "cut_delay_steps", "elsewhere_onset_share"}
    assert [found[way].keys() >= COMMON for way in WAYS] == [True] * 4
    assert found["moments"] == 5
    assert found["cuts"] == 4
    assert found["note_statistics"].keys() == {"film", "melodies"}
    assert found["original"]["cut_onset_share"] is found["random"]["still_changed"] is None
    for figures_of in (found, *(found[way] for way in WAYS)):
        assert figures_of["knn5"] is None  # of five moments none has more than five others
        assert -1 <= figures_of["spearman"] <= 1
        assert 0 <= figures_of["played"]["knn5"] <= 1
        assert figures_of["z_norm_range"][0] <= figures_of["z_rms_ratio"] <= figures_of["z_norm_range"][1]
    _is_self_contained(page.read_text("utf-8"))


def _is_self_contained(text: str) -> None:
    assert text.count("<svg") >= 10
    assert "a &lt;b&gt;.mp4" in text
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert not re.search(r"https?://|@import|url\(|<script", text)


def test_films_of_one_name_are_told_apart_and_make_a_table(
    tmp_path: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").mkdir()
    films = [make_film(tmp_path / "a.mp4", (1, 2)), make_film(tmp_path / "b" / "a.mp4", (3,))]
    assert _run(monkeypatch, *films, *options, "--limit", "0.8") == 0
    said = capsys.readouterr().err
    assert said.count("z_rms_ratio") == 2
    assert "shuffled" in said


@pytest.mark.parametrize("pictures", [1, 80])
def test_a_film_with_nothing_to_follow_has_nulls_and_a_page(
    pictures: int,
    tmp_path: Path,
    options: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film, page = _flat_film(tmp_path / "black.mp4", pictures), tmp_path / "page.html"
    assert _run(monkeypatch, film, *options, "--json", "--html", page) == 0
    found = json.loads(capsys.readouterr().out)["films"]["black.mp4"]
    assert [found[key] for key in ("knn5", "spearman", "retrieval_auc", "cut_onset_share")] == [None] * 4
    assert found.keys() >= COMMON | WAYS
    assert found["still_changed"] is not None
    assert (found["z_rms_ratio"] is None) == (found["cost_ratio"] is None) == (pictures == 1)
    assert "<svg" in page.read_text("utf-8")


def test_what_cannot_be_measured_is_said_in_a_line(
    tmp_path: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(tmp_path / "a.mp4", (1,))
    (tmp_path / "words.mp4").write_text("no film")
    cases: tuple[tuple[tuple[str | Path, ...], str], ...] = (
        ((tmp_path / "none.mp4", *options), "there is no such file"),
        ((tmp_path / "words.mp4", *options), "cannot read film"),
        ((film, "--melody-model", tmp_path / "none.safetensors"), "no weights"),
        ((film, *options[:2], "--corpus", tmp_path / "none.npz"), "no such corpus"),
        ((film, *options, "--html", tmp_path), "cannot write"),
    )
    for given, reason in cases:
        assert _run(monkeypatch, *given) == 2
        said = capsys.readouterr().err.strip()
        assert said.startswith("error: ")
        assert reason in said
        assert len(said.splitlines()) == 1
