"""What a scored film leaves in a folder: .mid, .wav, .mp4, .json, .html and sheet music, all or none."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from score_bridge.errors import MediaError
from score_bridge.media.audio import Samples, render, render_stems, write_wav
from score_bridge.media.engraving import engrave
from score_bridge.media.film import Film
from score_bridge.media.mux import mux
from score_bridge.media.sheet import Setting, libraries_installed, musicxml
from score_bridge.music.midi.writer import Sheet, write_midi
from score_bridge.music.notes import Note
from score_bridge.wire.ensembles import VOICE_NAMES

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Score:
    """The music for `seconds` of film: notes from second 0, tempo in beats per minute.

    `document` is the content of the JSON file (no NaN or infinity); the files are called `name`. `page`: an HTML
    document that shows it, or nothing; `title` stands over the sheet music, where a bar begins at `bar_at` s.
    cuts: when the film's are, in seconds.
    """

    notes: tuple[Note, ...]
    seconds: float
    tempo: float
    document: Mapping[str, Any] = field(default_factory=dict)
    name: str = "score"
    page: str = ""
    title: str = ""
    bar_at: float = 0.0
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Rendering:
    """How a score is made audible.

    soundfont: None is the built-in one; keep_audio: gain of the film's own sound; stems: each voice by itself, too.
    """

    soundfont: Path | None = None
    keep_audio: float = 0.0
    stems: bool = False


PLAIN = Rendering()


def write_score(
    folder: Path,
    score: Score,
    *,
    film: Film | None = None,
    rendering: Rendering = PLAIN,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write a score into `folder` (made if need be) and return what was written, by suffix.

    mid, json and wav; musicxml and svg where the libraries for them are; html if the score has a page; mp4 if there
    is a `film`, whose first `score.seconds` it is. With stems, also a mid and a
    wav of each voice, such as bass.mid; the sounds of all add up to the wav. Everything is written beside
    its place and moved there at the end: after an error or an interruption the folder is as it was. `progress` is
    called with what is being made ("sheet music", "sound", "film") and the part of that done, 0..1.
    MediaError for a folder or film that cannot be used, ValueError for a document that is not strict JSON.
    """
    text = json.dumps(score.document, allow_nan=False, ensure_ascii=False, indent=1) + "\n"
    report = progress or (lambda _what, _part: None)
    if film is not None and film.path.resolve() == (folder / f"{score.name}.mp4").resolve():
        raise MediaError(f"{film.path} would be replaced by its score; choose another folder")
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{score.name}-", dir=folder) as made:
            drafts = _texts(score, text, Path(made), report)
            drafts["mid"], drafts["wav"] = (Path(made) / f"{score.name}.{kind}" for kind in ("mid", "wav"))
            sheet = Sheet(score.title or score.name, score.seconds, score.cuts)
            write_midi(score.notes, drafts["mid"], score.tempo, sheet)
            report("sound", 0.0)
            sound, stem_files = _write_sound(score, drafts["wav"], rendering)
            drafts |= stem_files
            report("sound", 1.0)
            if film is not None:
                drafts["mp4"] = Path(made) / f"{score.name}.mp4"
                mux(
                    film,
                    sound,
                    drafts["mp4"],
                    keep_audio=rendering.keep_audio,
                    limit=score.seconds,
                    progress=lambda part: report("film", part),
                )
            return _move(drafts, folder, Path(made))
    except OSError as error:
        raise MediaError(f"cannot write into {folder}: {error.strerror or error}") from None
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _texts(score: Score, document: str, folder: Path, report: Progress) -> dict[str, Path]:
    """Write the document, the page if there is one and, where the libraries are there, the sheet music."""
    texts = {"json": document}
    if libraries_installed():
        report("sheet music", 0.0)
        setting = Setting(score.tempo, score.title or score.name, score.bar_at, score.seconds)
        texts["musicxml"] = musicxml(score.notes, setting)
        texts["svg"] = engrave(texts["musicxml"])
    if score.page:
        texts["html"] = score.page
    for kind, text in texts.items():
        (folder / f"{score.name}.{kind}").write_text(text, "utf-8")
    return {kind: folder / f"{score.name}.{kind}" for kind in texts}


def _stems_of(score: Score) -> dict[str, list[Note]]:
    """The notes of each voice, by its name."""
    voices = sorted({note.voice for note in score.notes})
    return {VOICE_NAMES[voice]: [note for note in score.notes if note.voice == voice] for voice in voices}


def _write_sound(score: Score, path: Path, rendering: Rendering) -> tuple[Samples, dict[str, Path]]:
    """Write the sound of all, and the files of each stem beside it; return the sound, and those files by suffix."""
    stems = _stems_of(score) if rendering.stems else {}
    if not stems:
        sound = render(score.notes, score.seconds, rendering.soundfont)
        write_wav(path, sound)
        return sound, {}
    sound, alone = render_stems(stems, score.seconds, rendering.soundfont)
    write_wav(path, sound)
    files: dict[str, Path] = {}
    for name, notes in stems.items():
        files |= {f"{name}.{kind}": path.with_name(f"{score.name}.{name}.{kind}") for kind in ("mid", "wav")}
        title = f"{score.title or score.name}: {name}"
        write_midi(notes, files[f"{name}.mid"], score.tempo, Sheet(title, score.seconds, score.cuts))
        write_wav(files[f"{name}.wav"], alone[name])
    return sound, files


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
