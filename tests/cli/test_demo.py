"""The demo as `make demo` runs it: the real server, real time, real files."""

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import av
import mido
import pytest
from rich.console import Console

from score_bridge.cli.demo import Performance, _grid, _sound, _tokens, default_clip
from score_bridge.errors import ScoreBridgeError
from score_bridge.live.server_process import serving
from score_bridge.media.film import Film
from score_bridge.music.tokens import OFF, note_on
from score_bridge.settings import Settings
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import BASS, LEAD, Note, NoteOff
from tests.films import make_film
from tests.server import environment
from tests.tiny import save_tiny


def test_a_clip_is_played_live_and_leaves_its_score(tmp_path: Path) -> None:
    clip = make_film(tmp_path / "clip.mp4", (1, 2, 1, 3), seconds_each=1.0, fps=25)
    tiny = save_tiny(tmp_path / "tiny.safetensors")
    command = [sys.executable, "-m", "score_bridge", "demo", "--clip", str(clip), "--out", str(tmp_path / "out")]
    command += ["--melody-model", str(tiny), "--temperature", "1.5", "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    assert "first note" in done.stdout
    assert "refused" not in done.stdout
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "score.mid", "score.wav", "score.mp4", "score.json", "score.musicxml", "score.svg",
    }  # fmt: skip
    document = json.loads((tmp_path / "out" / "score.json").read_text())
    steps = document["steps"]
    assert [s["n"] for s in steps] == list(range(len(steps)))
    assert len(steps) == pytest.approx(32, abs=6)
    assert sum(bool(s["descriptors"].get("cut")) for s in steps) == pytest.approx(3, abs=1)
    on = [m for m in mido.MidiFile(tmp_path / "out" / "score.mid") if m.type == "note_on" and m.velocity]
    assert len(on) >= sum(s["token"] >= 2 for s in steps) - 1 > 2
    with av.open(str(tmp_path / "out" / "score.mp4")) as film:
        assert [s.type for s in film.streams] == ["video", "audio"]


def test_the_clip_that_comes_with_the_package_is_small_and_free() -> None:
    clip = default_clip()
    assert 100_000 < clip.stat().st_size <= 1_000_000
    assert "CC0-1.0" in clip.with_suffix(".txt").read_text("utf-8")
    info = Film.open(clip).info
    assert info.duration == pytest.approx(22.4, abs=0.1)


def test_every_voice_is_played_aloud_with_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[int, int]] = []

    def synthesizer(_soundfont: Path, *, programs: dict[int, int]) -> nullcontext[None]:
        given.append(programs)
        return nullcontext()

    monkeypatch.setattr("score_bridge.cli.demo.Synthesizer", synthesizer)
    controls = Controls(ensemble="band", program=11, channel=5, bass_program=38)
    _sound(Settings(controls=controls), Path("a.sf2"), Console())
    assert given == [{5: 11, 2: 4, 3: 38, 10: 0}]


def test_tokens_and_grid_are_the_lead_s() -> None:
    def on(number: int, step: int, voice: int, late: float = 0.0) -> Note:
        return Note(
            stream="main", id=number, pitch=60 + number, velocity=64, channel=voice + 1, seconds=0.1, step=step,
            time=10.0 + step / 8 + late, voice=voice,
        )  # fmt: skip

    def off(number: int, step: int, voice: int) -> NoteOff:
        return NoteOff(
            stream="main", id=number, pitch=60 + number, channel=voice + 1, time=10.0 + step / 8, voice=voice
        )

    bass, lead = on(1, 4, BASS, late=0.05), on(2, 6, LEAD)
    played = Performance(start=9.0, events=[bass, lead, off(1, 7, BASS), off(2, 8, LEAD)])
    assert _grid(played, 1 / 8) == pytest.approx(10.0)
    assert _tokens(played, 1 / 8, transpose=0) == {6: note_on(62), 8: OFF}
    alone = Performance(start=9.0, events=[bass])
    assert (_grid(alone, 1 / 8), _tokens(alone, 1 / 8, transpose=0)) == (9.0, {})


def test_the_demo_server_is_given_every_setting() -> None:
    settings = Settings(frame_model="/nowhere/frames.safetensors")
    with pytest.raises(ScoreBridgeError, match="nowhere"), serving(settings):
        pass
