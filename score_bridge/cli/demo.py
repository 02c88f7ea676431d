"""The demo: the real server, a real clip played into it in real time over ZeroMQ, and what came back as files."""

import os
import shutil
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from score_bridge.cli.terminal import LiveView, ViewState
from score_bridge.client import Client
from score_bridge.client.synthesizer import Synthesizer
from score_bridge.errors import DeviceError
from score_bridge.live.server_process import serving
from score_bridge.media.audio import default_soundfont
from score_bridge.media.film import Film
from score_bridge.media.sheet import NOT_INSTALLED
from score_bridge.music.notes import pair_events
from score_bridge.music.timing import step_length
from score_bridge.music.tokens import HOLD, OFF, note_on
from score_bridge.scoring.export import Rendering, Score, write_score
from score_bridge.settings import Settings
from score_bridge.vision.frame import shrink
from score_bridge.wire import messages as m
from score_bridge.wire.voices import channel_of, programs_of

SENT_SIDE = 256
THUMBNAIL = 48
AFTERGLOW_S = 0.5
RECENT = 1000
"""How many of the last events are looked at for what the view shows: more than a band plays in its seconds."""


@dataclass
class Performance:
    """What came back so far; `start` is the server's time at the first picture."""

    start: float = 0.0
    events: list[m.Note | m.NoteOff] = field(default_factory=list)
    latents: list[m.Latent] = field(default_factory=list)
    readings: dict[str, float] = field(default_factory=dict)
    described: dict[int, dict[str, float]] = field(default_factory=dict)
    status: m.Status | None = None
    aloud: Synthesizer | None = None
    first_note: float | None = None
    cut: bool = False

    def take(self, message: m.Outgoing) -> None:
        """Sort a message in."""
        match message:
            case m.Note() | m.NoteOff():
                self.events.append(message)
                if self.aloud is not None:
                    self.aloud.play(message)
                self.first_note = self.first_note or time.perf_counter()
            case m.Latent():
                self.latents.append(message)
                self.described[message.step] = {**self.readings, "cut": self.cut}
                self.cut = False
            case m.Expression():
                self.readings[message.name] = message.value
                self.cut |= message.name == "cut" and message.value > 0
            case m.Status():
                self.status = message


def run_demo(
    settings: Settings, clip: Path | None, out: Path, soundfont: Path | None, *, audio: bool = False
) -> None:
    """Play `clip`, by default the shipped one, through a server of our own, write the score, print what happened.

    audio: also play it aloud, where that is possible.
    """
    began = time.perf_counter()
    console = Console()
    film = Film.open(clip or default_clip())
    played = Performance()
    with (
        serving(settings) as ready,
        Client.connect(ready["zmq"], name="demo") as client,
        LiveView(console) as view,
        _sound(settings, soundfont, console) if audio else nullcontext() as played.aloud,
    ):
        seconds = play_film(film, client, played, view, settings)
        figures = {
            **latencies(played),
            "first_note_s": round(played.first_note - began, 2) if played.first_note else None,
        }
        errors = [e.reason for e in client.errors]
    notes = pair_events(
        played.events,
        played.start + seconds,
        start=played.start,
        programs=programs_of(settings.controls),
    )
    score = Score(
        tuple(notes), seconds, settings.tempo, _document(played, seconds, settings, ready, figures),
        title=film.path.stem, bar_at=_grid(played, step_length(settings.tempo)) - played.start,
    )  # fmt: skip
    with console.status("making the sound and the film"):
        paths = write_score(out, score, film=film, rendering=Rendering(soundfont))
    _report(console, score, paths, figures, errors)


def _sound(
    settings: Settings, soundfont: Path | None, console: Console
) -> AbstractContextManager[Synthesizer | None]:
    """What plays notes aloud; nothing, and one line that says why, where nothing can."""
    controls = settings.controls
    try:
        programs = {channel_of(voice, controls): program for voice, program in programs_of(controls).items()}
        return Synthesizer(soundfont or default_soundfont(), programs=programs)
    except DeviceError as error:
        console.print(f"{error}; the files will have it", style="yellow", markup=False)
        return nullcontext()


def default_clip() -> Path:
    """Return where the clip that comes with the package lies: 22 s of six shots, CC0."""
    return Path(str(files("score_bridge") / "assets" / "insects.mp4"))


def play_film(film: Film, client: Client, played: Performance, view: LiveView, settings: Settings) -> float:
    """Send every picture at its own time while showing what comes back; return the seconds played."""
    step = step_length(settings.tempo)
    start, seconds, picture = time.perf_counter(), 0.0, None
    played.start = start  # the server is on this machine, so its clock is ours
    for frame in film.frames(side=SENT_SIDE):
        _listen(client, played, start + frame.time_s)
        client.send_frame(frame.rgb, time=frame.time_s)
        seconds, picture = frame.time_s, shrink(frame.rgb, THUMBNAIL)
        view.update(_moment(film, played, seconds, step, picture))
    _listen(client, played, start + seconds + 1 / (film.info.fps or 25))
    seconds = time.perf_counter() - start
    client.stop()
    _listen(client, played, time.perf_counter() + AFTERGLOW_S)
    return seconds


def _listen(client: Client, played: Performance, until: float) -> None:
    """Take in what comes, up to `until` on this machine's clock."""
    while (left := until - time.perf_counter()) > 0:
        for message in client.messages(timeout=left):
            played.take(message)
            if time.perf_counter() >= until:
                return


def _moment(film: Film, played: Performance, now: float, step: float, picture: NDArray[np.uint8] | None) -> ViewState:
    pitched = [event for event in played.events[-RECENT:] if event.voice != m.DRUMS]
    notes = pair_events(pitched, played.start + now + step, start=played.start)
    status = played.status
    figures = {}
    if status is not None:
        figures = {
            "picture to latent": f"{status.latency_ms:.1f} ms",
            "lateness p99": f"{status.lateness_p99_ms:.2f} ms",
            "dropped": f"{status.dropped_frames}",
            "notes": f"{status.notes}",
        }
    message = status.message if status else "starting"
    return ViewState(now, step, f"score-bridge  {film.path.name}", message, picture, played.readings, notes, figures)


def latencies(played: Performance) -> dict[str, float | None]:
    """Return the server's own figures at the end of the clip."""
    if played.status is None:
        return {}
    known = msgspec.structs.asdict(played.status)
    kept = ("latency_ms", "lateness_p99_ms", "frames", "dropped_frames", "late_steps", "restarts")
    return {k: round(known[k], 3) for k in kept}


def _document(
    played: Performance, seconds: float, settings: Settings, ready: dict[str, Any], figures: dict[str, Any]
) -> dict[str, Any]:
    """Say what was played, at every step, by which server."""
    from score_bridge.scoring.score_json import document

    step = step_length(settings.tempo)
    tokens = _tokens(played, step, settings.controls.transpose)
    rows = [
        {
            "n": latent.step - played.latents[0].step,
            "time": round((latent.step - played.latents[0].step) * step, 6),
            "token": tokens.get(latent.step, HOLD),
            "z": [round(v, 4) for v in latent.values],
            "descriptors": played.described[latent.step],
        }
        for latent in played.latents
    ]
    return document({"name": ready["weights"]}, settings, live=True, seconds=seconds, latency=figures, steps=rows)


def _tokens(played: Performance, step: float, transpose: int) -> dict[int, int]:
    """The lead's tokens by step, as far as something began or ended there."""
    ons = _lead(played)
    if not ons:
        return {}
    grid = _grid(played, step)
    ended = [e for e in played.events if isinstance(e, m.NoteOff) and e.voice == m.LEAD]
    offs = {round((e.time - grid) / step): OFF for e in ended}
    return {**offs, **{note.step: note_on(note.pitch - transpose) for note in ons}}


def _grid(played: Performance, step: float) -> float:
    """When the server's step 0 was, on its clock; the first picture's time as long as nothing was played."""
    return next((e.time - e.step * step for e in _lead(played)), played.start)


def _lead(played: Performance) -> list[m.Note]:
    """The notes of the lead: drums are not always on the grid."""
    return [e for e in played.events if isinstance(e, m.Note) and e.voice == m.LEAD]


def _report(
    console: Console, score: Score, paths: dict[str, Path], figures: dict[str, Any], errors: list[str]
) -> None:
    pitches = {n.pitch for n in score.notes}
    console.print(f"\n{len(score.notes)} notes of {len(pitches)} pitches in {score.seconds:.1f} s, in real time")
    latency, lateness = figures.get("latency_ms"), figures.get("lateness_p99_ms")
    console.print(f"  picture to latent {latency} ms, notes late by {lateness} ms (p99)")
    first, dropped = figures["first_note_s"], figures.get("dropped_frames")
    console.print(f"  first note {first} s after starting, {dropped} pictures dropped")
    for reason in errors:
        console.print(f"  refused: {reason}", style="yellow")
    console.print("\nWritten:")
    for path in paths.values():
        console.print(f"  {path}")
    if "musicxml" not in paths:
        console.print(f"  {NOT_INSTALLED}", markup=False)
    console.print(f"\nOpen {paths['mp4']} to see and hear it.", markup=False)
    own = own_command()
    console.print(f"Next: {own} demo --clip your.mp4, or for your own tool: {own} serve", markup=False)


def own_command() -> str:
    """How this program is called where it runs: by its name if that is on the path, else by where it lies."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m score_bridge"
    found = shutil.which("score-bridge")
    return "score-bridge" if found and Path(found).resolve() == called.resolve() else os.path.relpath(called)
