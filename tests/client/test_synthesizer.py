"""Sound on this machine: what fluidsynth is told, and what the real one makes of it."""

import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from score_bridge.client.synthesizer import Synthesizer
from score_bridge.errors import DeviceError
from score_bridge.media.audio import default_soundfont
from score_bridge.wire.messages import Note, NoteOff
from tests.programs import needs


def _note(pitch: int) -> Note:
    return Note(stream="main", id=pitch, pitch=pitch, velocity=100, channel=2, seconds=0.1)


def _double(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program called fluidsynth before all others."""
    path = folder / "fluidsynth"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_it_is_told_every_note_and_every_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _double(tmp_path, f'echo "$@" > {tmp_path}/options; cat > {tmp_path}/told', monkeypatch)
    with Synthesizer(Path("a.sf2"), "-a", "file", programs={2: 7}) as synthesizer:
        synthesizer.play(_note(60))
        synthesizer.play(NoteOff(stream="main", id=60, pitch=60, channel=2))
        synthesizer.play(_note(64))
    assert (tmp_path / "told").read_text().split("\n") == [
        "prog 1 7", "noteon 1 60 100", "noteoff 1 60", "noteon 1 64 100", "noteoff 1 64", "quit", "",
    ]  # fmt: skip
    assert (tmp_path / "options").read_text() == "-q -n -g 0.7 -a file a.sf2\n"
    assert not synthesizer.failed


def test_one_that_cannot_play_says_why_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _double(tmp_path, "echo some noise; echo there is no sound card >&2; exit 1", monkeypatch)
    with pytest.raises(DeviceError, match=r"no sound: fluidsynth cannot play here \(there is no sound card\)"):
        Synthesizer(Path("a.sf2"))


def test_one_that_dies_is_noticed_and_nothing_else_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _double(tmp_path, "read first; read second; exec 0<&-", monkeypatch)
    synthesizer = Synthesizer(Path("a.sf2"))
    for _ in range(10_000):
        synthesizer.play(_note(60))
        if synthesizer.failed:
            break
    assert synthesizer.failed
    synthesizer.close()


def test_where_it_is_not_installed_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError, match="no sound: the program fluidsynth is not installed"):
        Synthesizer(Path("a.sf2"))


def _loudest(raw: Path) -> int:
    sound = np.frombuffer(raw.read_bytes()[44:-44], np.uint8)
    return int(np.abs(sound[: len(sound) // 2 * 2].view(np.int16).astype(np.int32)).max(initial=0))


@needs("fluidsynth")
def test_the_real_one_makes_sound(tmp_path: Path) -> None:
    raw = tmp_path / "sound.wav"
    with Synthesizer(default_soundfont(), "-a", "file", "-o", f"audio.file.name={raw}") as synthesizer:
        synthesizer.play(_note(60))
        synthesizer.play(_note(64))
        end = time.monotonic() + 20
        while not (heard := raw.exists() and _loudest(raw) > 500) and time.monotonic() < end:
            os.sched_yield()
    assert heard
