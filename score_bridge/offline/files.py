"""What a scored film leaves in a folder: .mid, .wav, .mp4, .json and .html, all of them or none."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from score_bridge.errors import MediaError
from score_bridge.music.audio import Samples, render, write_wav
from score_bridge.music.midi_file import write_midi
from score_bridge.music.notes import Note
from score_bridge.offline.mux import mux

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Score:
    """The music for `seconds` of film: notes from second 0, tempo in beats per minute.

    `document` is what the JSON file says (JSON values; no NaN or infinity); the files are called `name`. `page`: an
    HTML document that shows it, or nothing.
    """

    notes: tuple[Note, ...]
    seconds: float
    tempo: float
    document: Mapping[str, Any] = field(default_factory=dict)
    name: str = "score"
    page: str = ""


def write_score(
    folder: Path,
    score: Score,
    *,
    film: Path | None = None,
    keep_audio: float = 0.0,
    soundfont: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write a score into `folder` (made if need be) and return what was written by suffix: mid, json, wav, html if it
    has a page, and mp4 if there is a `film`, whose first `score.seconds` it is, its own sound at gain `keep_audio`.

    Everything is written beside its place and moved there at the end: after an error or an interruption the folder
    is as it was. `progress` is told what is being made ("sound", "film") and the part of that done, 0..1.
    MediaError for a folder or film that cannot be used, ValueError for a document that is not strict JSON.
    """
    text = json.dumps(score.document, allow_nan=False, ensure_ascii=False, indent=1) + "\n"
    tell = progress or (lambda _what, _part: None)
    if film is not None and film.resolve() == (folder / f"{score.name}.mp4").resolve():
        raise MediaError(f"{film} would be replaced by its score; choose another folder")
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{score.name}-", dir=folder) as made:
            drafts = {kind: Path(made) / f"{score.name}.{kind}" for kind in ("mid", "json", "wav")}
            drafts["json"].write_text(text, "utf-8")
            if score.page:
                drafts["html"] = Path(made) / f"{score.name}.html"
                drafts["html"].write_text(score.page, "utf-8")
            write_midi(score.notes, drafts["mid"], score.tempo, score.name, score.seconds)
            sound = _sound(score, soundfont, tell)
            write_wav(drafts["wav"], sound)
            if film is not None:
                drafts["mp4"] = Path(made) / f"{score.name}.mp4"
                mux(
                    film,
                    sound,
                    drafts["mp4"],
                    keep_audio=keep_audio,
                    limit=score.seconds,
                    progress=lambda part: tell("film", part),
                )
            return _move(drafts, folder, Path(made))
    except OSError as error:
        raise MediaError(f"cannot write into {folder}: {error.strerror or error}") from None
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _sound(score: Score, soundfont: Path | None, tell: Progress) -> Samples:
    tell("sound", 0.0)
    sound = render(score.notes, score.seconds, soundfont)
    tell("sound", 1.0)
    return sound


def _move(drafts: Mapping[str, Path], folder: Path, spare: Path) -> dict[str, Path]:
    """Move all drafts into the folder; where one cannot be moved, what was there before comes back."""
    placed: dict[str, Path] = {}
    kept: dict[str, Path] = {}
    try:
        for kind, draft in drafts.items():
            target = folder / draft.name
            if target.is_file():
                kept[kind] = spare / f"before.{kind}"
                os.replace(target, kept[kind])
            os.replace(draft, target)
            placed[kind] = target
    except BaseException:
        for kind in placed.keys() - kept.keys():
            placed[kind].unlink()
        for kind, before in kept.items():
            os.replace(before, folder / drafts[kind].name)
        raise
    return placed
