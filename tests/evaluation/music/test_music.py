import json
from pathlib import Path

import mido
import numpy as np
import pytest

from score_bridge.cli import main
from score_bridge.evaluation.melody.probe import Melodies
from score_bridge.evaluation.music.evaluate import Corpus, evaluate_music
from score_bridge.evaluation.music.histograms import WIDEST, divergence, histograms, overlap
from score_bridge.evaluation.music.measures import measures
from score_bridge.music.tokens import HOLD, OFF, note_on
from tests.films import make_film
from tests.tiny import save_tiny
from tests.training.made import saved, scales


def _line(*notes: tuple[int, int], steps: int = 128) -> np.ndarray:
    """A line of notes (step, pitch), each held to the next."""
    line = np.full(steps, HOLD, np.uint8)
    for step, pitch in notes:
        line[step] = OFF if pitch == 0 else note_on(pitch)
    return line


def test_histograms_count_places_lengths_intervals_and_tones_of_the_key() -> None:
    counted = histograms([_line((0, 60), (4, 64), (6, 67), (14, 0), (20, 60), (24, 0), steps=32)])
    assert np.flatnonzero(counted["onset_places"]).tolist() == [0, 4, 6]
    assert counted["onset_places"][4] == 2
    assert {int(n) + 1: int(counted["lengths"][n]) for n in np.flatnonzero(counted["lengths"])} == {2: 1, 4: 2, 8: 1}
    moves = {int(n) - WIDEST: int(counted["intervals"][n]) for n in np.flatnonzero(counted["intervals"])}
    assert moves == {4: 1, 3: 1, -7: 1}
    assert np.flatnonzero(counted["pitch_classes"]).tolist() == [0, 4, 7]  # of C major
    higher = histograms([_line((0, 62), (4, 66), (6, 69), (14, 0), (20, 62), (24, 0), steps=32)])
    np.testing.assert_array_equal(counted["pitch_classes"], higher["pitch_classes"])


def test_equal_histograms_share_all_and_strangers_nothing() -> None:
    one, other = np.array([2.0, 2, 0, 0]), np.array([0.0, 0, 5, 5])
    assert overlap(one, 3 * one) == 1
    assert overlap(one, other) == 0
    assert overlap(one, np.zeros(4)) == 0
    assert divergence(one, one) == pytest.approx(0)
    assert divergence(one, other) > 1


def test_what_comes_back_and_how_phrases_end_is_measured() -> None:
    bars = [
        [(0, 60), (4, 62), (8, 64)],
        [(0, 65), (4, 0)],
        [(0, 60), (4, 62), (8, 64)],
        [(0, 67), (12, 65), (14, 64)],
    ]
    line = _line(*((16 * b + step, pitch) for b, bar in enumerate(bars) for step, pitch in bar), steps=64)
    found = measures([line])
    assert found["phrase_ends"] == 0.5
    assert found["alike_2"] == 0.5  # the three notes that return, of six
    assert found["alike_8"] == 0  # the line is too short to tell
    assert found["empty_beats"] == pytest.approx(3 / 16)
    assert found["in_scale"] == found["scale_consistency"] == 1
    assert 0 < found["groove"] < 1


def test_melodies_overlap_like_melodies_and_one_note_does_not() -> None:
    corpus = Corpus.of(Melodies.of(scales(60, bars=16), 64, 0))
    monotone = [_line(*((step, 60) for step in range(0, 128, 1)))]
    found = evaluate_music({"own": corpus.lines, "one note": monotone, "short": [monotone[0][:20]]}, corpus, 0)[
        "music"
    ]
    assert found["own"]["of_floor_intervals"] >= 1
    assert found["own"]["event_cost_ratio"] == pytest.approx(1, abs=0.2)
    assert found["one note"]["of_floor_intervals"] < 0.6
    assert found["one note"]["repeated"] == 1
    assert found["short"] is None


def test_the_command_measures_films_and_midi_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film, tiny = make_film(tmp_path / "a.mp4", (1, 2, 3), seconds_each=2.0), save_tiny(tmp_path / "tiny.safetensors")
    corpus = saved(scales(60, bars=16), tmp_path / "c.npz")
    song = mido.MidiFile(ticks_per_beat=480)
    song.tracks.append(
        mido.MidiTrack(
            mido.Message(kind, note=60 + n % 5, velocity=64, time=0 if kind == "note_on" else 240)
            for n in range(64)
            for kind in ("note_on", "note_off")
        )
    )
    song.save(tmp_path / "song.mid")
    flags = ["--melody-model", str(tiny), "--corpus", corpus, "--draws", "2", "--device", "cpu"]
    command = ["evaluate", "music", str(film), str(tmp_path / "song.mid"), *flags]
    monkeypatch.setattr("sys.argv", ["score-bridge", *command, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["music"]) == {"a.mp4", "song.mid", "random"}
    assert figures["music"]["a.mp4"]["phrases"] == 2 * 1
    assert figures["music"]["song.mid"]["steps"] > 0.7
    (tmp_path / "bad.mid").write_bytes(b"no music")
    monkeypatch.setattr("sys.argv", ["score-bridge", "evaluate", "music", str(tmp_path / "bad.mid"), *flags])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "bad.mid holds no melody" in capsys.readouterr().err
