import json
import os
import wave
from pathlib import Path
from typing import Any

import av
import mido
import numpy as np
import pytest

from score_bridge.errors import MediaError, SettingsError
from score_bridge.media.film import Film
from score_bridge.music.midi.writer import read_midi
from score_bridge.music.notes import Note
from score_bridge.scoring.export import Rendering, Score, write_score
from score_bridge.wire.messages import BASS, CHORDS, DRUMS

NOTES = tuple(Note(i, i * 0.25, 0.25, 60 + i, 90, 1, 11) for i in range(4))
SCORE = Score(NOTES, 1.0, 120.0, {"film": "été.mp4", "frames": [0.5, 1, None]})


@pytest.fixture
def film(tmp_path: Path) -> Film:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=25, options={"bf": "0"})
        video.width, video.height = 32, 32
        for number in range(50):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.full((32, 32, 3), number, np.uint8), "rgb24")))
        container.mux(video.encode(None))
    return Film.open(path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_score_without_a_film(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    written = write_score(folder, SCORE)
    assert written == {kind: folder / f"score.{kind}" for kind in ("mid", "json", "wav", "musicxml", "svg")}
    assert names(folder) == ["score.json", "score.mid", "score.musicxml", "score.svg", "score.wav"]
    assert json.loads(written["json"].read_text("utf-8")) == SCORE.document
    assert read_midi(written["mid"]) == list(NOTES)
    with wave.open(str(written["wav"])) as sound:
        assert sound.getparams()[:4] == (2, 2, 48_000, 3 * 48_000)


def test_a_score_with_its_film(tmp_path: Path, film: Film) -> None:
    told: list[tuple[str, float]] = []
    score = Score(NOTES, 1.0, 120.0, name="take 2")
    written = write_score(tmp_path / "out", score, film=film, progress=lambda what, part: told.append((what, part)))
    assert names(tmp_path / "out") == [
        "take 2.json",
        "take 2.mid",
        "take 2.mp4",
        "take 2.musicxml",
        "take 2.svg",
        "take 2.wav",
    ]
    with av.open(str(written["mp4"])) as container:
        assert (container.duration or 0) / av.time_base == pytest.approx(1.0, abs=0.01)
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    assert told[:3] == [("sheet music", 0.0), ("sound", 0.0), ("sound", 1.0)]
    assert told[-1] == ("film", 1.0)


def test_a_second_score_replaces_the_first(tmp_path: Path) -> None:
    write_score(tmp_path / "out", SCORE)
    written = write_score(tmp_path / "out", Score(NOTES[:1], 1.0, 120.0, {"second": True}))
    assert json.loads(written["json"].read_text()) == {"second": True}
    assert len(read_midi(written["mid"])) == 1
    assert names(tmp_path / "out") == ["score.json", "score.mid", "score.musicxml", "score.svg", "score.wav"]


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), object()])
def test_the_document_is_strict_json(tmp_path: Path, wrong: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        write_score(tmp_path / "out", Score(NOTES, 1.0, 120.0, {"value": [wrong]}))
    assert not (tmp_path / "out").exists()


def test_a_bad_film_or_soundfont_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 100)
    with pytest.raises(MediaError, match=r"junk\.mp4"):
        write_score(tmp_path / "out", SCORE, film=Film.open(tmp_path / "junk.mp4"))
    with pytest.raises(MediaError, match="soundfont"):
        write_score(tmp_path / "out", SCORE, rendering=Rendering(tmp_path / "none.sf2"))
    assert names(tmp_path) == ["junk.mp4"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SettingsError])
def test_after_an_interruption_the_folder_is_as_before(
    tmp_path: Path, film: Film, error: type[BaseException]
) -> None:
    folder = tmp_path / "out"
    write_score(folder, SCORE)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def stop(what: str, part: float) -> None:
        if what == "film":
            raise error("now")

    with pytest.raises(error):
        write_score(folder, Score(NOTES[:2], 1.0, 90.0), film=film, progress=stop)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_files_that_cannot_all_be_placed_are_not_placed(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_score(folder, SCORE)
    before = (folder / "score.mid").read_bytes()
    (folder / "score.wav").unlink()
    (folder / "score.wav").mkdir()
    with pytest.raises(MediaError, match="cannot write into"):
        write_score(folder, Score(NOTES[:2], 1.0, 90.0))
    assert names(folder) == ["score.json", "score.mid", "score.musicxml", "score.svg", "score.wav"]
    assert (folder / "score.mid").read_bytes() == before


def test_an_interruption_between_the_moves_takes_them_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without earlier files: those already placed go away again."""
    moved: list[str] = []

    def replace(source: Path, target: Path) -> None:
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(Path(target).name)
        os.rename(source, target)

    monkeypatch.setattr("os.replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write_score(tmp_path / "out", SCORE)
    assert moved == ["score.json", "score.musicxml"]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(MediaError, match="cannot write into"):
        write_score(tmp_path / "out", SCORE)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_film_is_not_replaced_by_its_own_score(film: Film) -> None:
    before = film.path.read_bytes()
    with pytest.raises(MediaError, match="would be replaced"):
        write_score(film.path.parent, Score(NOTES, 1.0, 120.0, name="film"), film=film)
    assert film.path.read_bytes() == before
    assert names(film.path.parent) == ["film.mp4"]


def test_stems_add_up_to_the_mix_and_none_is_silent_or_clips(tmp_path: Path) -> None:
    bass = [Note(10 + i, i * 0.5, 0.5, 36 + i, 100, 3, 33, voice=BASS) for i in range(2)]
    chords = [Note(20 + i, 0.0, 1.0, 60 + 4 * i, 127, 2, 4, voice=CHORDS) for i in range(3)]
    drums = [Note(30 + i, i * 0.25, 0.1, 36 + 2 * (i % 2), 127, 10, voice=DRUMS) for i in range(4)]
    score = Score((*NOTES, *bass, *chords, *drums), 1.0, 120.0)
    written = write_score(tmp_path, score, rendering=Rendering(stems=True))
    stems = {voice: samples(written[f"{voice}.wav"]) for voice in ("lead", "chords", "bass", "drums")}
    mix = samples(written["wav"])
    assert np.abs(sum(stems.values()) - mix).max() <= 3, "each is rounded to 16 bits by itself"
    assert all(np.abs(one).max() > 300 for one in stems.values())
    assert np.abs(mix).max() < 32_767 * 0.72
    assert read_midi(written["bass.mid"])[0].program == 33
    tracks = mido.MidiFile(written["mid"]).tracks
    assert [track.name for track in tracks[1:]] == ["lead", "chords", "bass", "drums"]
    assert len(read_midi(written["mid"])) == len(score.notes)


def samples(path: Path) -> Any:
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.int64)
