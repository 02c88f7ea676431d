"""What `score-bridge demo` shows in a terminal: the picture, how it is read, the last seconds of notes, figures.

`render` is a pure function of plain values; `LiveView` puts it on a terminal, or a line a second where there is none.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.style import Style
from rich.text import Text

from score_bridge.music.notes import Note

Rgb = tuple[int, int, int]

ROLL_SECONDS: Final = 8.0
FRAME_SECONDS: Final = 0.1
_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_SOFT, _MIDDLE, _LOUD = (70, 90, 190), (200, 80, 160), (255, 200, 90)
_FAINT: Final = Style(color="rgb(70,74,82)")
_GUTTER: Final = 5
_STEPS_PER_BEAT, _STEPS_PER_BAR = 4, 16


@dataclass(frozen=True)
class ViewState:
    """One moment. `now` is seconds on the notes' clock, on which step n of the grid is at n * `step_seconds`.

    `picture` is a small RGB thumbnail, (H, W, 3) uint8; `descriptors` are 0..1 by name; `notes` those of the last
    8 s (16 s in a wide terminal); `figures` are shown as they are, by name (latencies, counts).
    """

    now: float = 0.0
    step_seconds: float = 0.125
    title: str = "score-bridge"
    message: str = ""
    picture: NDArray[np.uint8] | None = None
    descriptors: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    figures: Mapping[str, str] = field(default_factory=dict)


def render(state: ViewState, width: int, height: int) -> RenderableType:
    """Draw a moment into at most `width` x `height` cells, whatever their number."""
    top = min(len(state.descriptors), height // 2)
    if state.picture is not None:
        top = max(top, min(14, height // 3))
    lines = [_header(state, width), *_picture_and_bars(state, width, top), _figures(state, width)]
    lines += _roll(state, width, height - len(lines) - 1)
    lines = lines[: max(0, height)]
    for line in lines:
        line.truncate(max(0, width))
    return Group(*lines)


def summary(state: ViewState) -> str:
    """Say a moment in one line of ASCII, for logs and terminals that cannot be drawn on."""
    sounding = [pitch_name(note.pitch) for note in state.notes if note.onset <= state.now < note.end]
    parts = [f"{state.now:.0f} s", _clean(state.message), " ".join(sounding) or "-"]
    parts.append(" ".join(f"{_clean(name)} {_unit(value):.2f}" for name, value in state.descriptors.items()))
    parts.append(" ".join(f"{_clean(name)} {_clean(value)}" for name, value in state.figures.items()))
    return " | ".join(part for part in parts if part).encode("ascii", "replace").decode()


def pitch_name(pitch: int) -> str:
    """Return a MIDI pitch's name; 60 is C4."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"


class LiveView:
    """Keeps a terminal up to date, for the length of a `with` block. It has no thread: `update` draws.

    `plain`: there is nothing to draw on (no terminal, a dumb one, or one without Unicode): then `update`
    prints a line whenever a second of the states' own time has passed.
    """

    def __init__(self, console: Console | None = None) -> None:
        """Look at the terminal; nothing is drawn yet."""
        self._console = console or Console()
        drawable = self._console.is_terminal and not self._console.is_dumb_terminal
        self.plain = not (drawable and self._console.encoding.lower().startswith("utf"))
        self._live = None if self.plain else Live(console=self._console, auto_refresh=False, screen=True)
        self._drawn = -math.inf

    def __enter__(self) -> Self:
        """Take over the terminal."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back as it was."""
        if self._live is not None:
            self._live.stop()

    def update(self, state: ViewState) -> None:
        """Show a moment, unless the last one shown is too short a time ago (0.1 s drawn, 1 s printed)."""
        if state.now - self._drawn < (FRAME_SECONDS if self._live else 1.0) and state.now >= self._drawn:
            return
        self._drawn = state.now
        if self._live is None:
            self._console.print(summary(state), markup=False, highlight=False, soft_wrap=True)
        else:
            size = self._console.size
            self._live.update(render(state, size.width, size.height), refresh=True)


# --- parts ---------------------------------------------------------------------------------------------------


def _header(state: ViewState, width: int) -> Text:
    line = Text(no_wrap=True)
    line.append(_clean(state.title), "bold").append(f"  {state.now:.1f} s  ", "dim").append(_clean(state.message))
    line.truncate(max(0, width))
    return line


def _figures(state: ViewState, width: int) -> Text:
    line = Text(no_wrap=True)
    for name, value in state.figures.items():
        line.append(f"{_clean(name)} ", "dim").append(f"{_clean(value)}   ", "bold")
    line.truncate(max(0, width))
    return line


def _picture_and_bars(state: ViewState, width: int, rows: int) -> list[Text]:
    picture = _picture(state.picture, width // 2, rows)
    bars = _bars(state.descriptors, width - max((cell_len(line.plain) for line in picture), default=0) - 2, rows)
    lines = []
    for row in range(max(len(picture), len(bars))):
        line = picture[row].copy() if row < len(picture) else Text(no_wrap=True)
        if row < len(bars):
            line.append("  " if picture else "").append_text(bars[row])
        lines.append(line)
    return lines


def _picture(picture: NDArray[np.uint8] | None, width: int, rows: int) -> list[Text]:
    """Draw a picture in half-block characters, two pixels to a cell, in its own proportions."""
    if picture is None or not picture.size or width < 1 or rows < 1:
        return []
    height, across = picture.shape[:2]
    columns = max(1, min(width, round(2 * rows * across / height)))
    tall = max(1, min(rows, round(columns * height / across / 2)))
    pixels = _averaged(_averaged(picture, 2 * tall, 0), columns, 1).astype(int).tolist()
    return [_line(map(_cell, above, below)) for above, below in zip(pixels[::2], pixels[1::2], strict=True)]


def _averaged(picture: NDArray[Any], count: int, axis: int) -> NDArray[Any]:
    """Return the picture with `count` rows (axis 0) or columns (axis 1), the means of those they stand for."""
    length = picture.shape[axis]
    starts = np.arange(count) * length // count
    sums = np.add.reduceat(picture.astype(np.float32), starts, axis)
    sizes = np.maximum(1, np.diff(starts, append=length))
    return np.asarray(sums / (sizes[:, None, None] if axis == 0 else sizes[:, None]))


def _bars(descriptors: Mapping[str, float], width: int, rows: int) -> list[Text]:
    label = max((cell_len(_clean(name)) for name in descriptors), default=0)
    length = min(40, width - label - 6)
    lines = []
    for name, value in list(descriptors.items())[:rows]:
        line = Text(f"{set_cell_size(_clean(name), label)} ", no_wrap=True)
        if length > 0:
            line.append(_bar(_unit(value), length), Style(color="rgb(120,200,160)", bgcolor="rgb(40,44,52)"))
        lines.append(line.append(f" {_unit(value):.2f}", "dim"))
    return lines


def _bar(value: float, length: int) -> str:
    eighths = round(value * length * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(length)


def _roll(state: ViewState, width: int, rows: int) -> list[Text]:
    """Draw the last seconds of notes: two half-rows of pitch a line, a sixteenth a column (or several cells)."""
    wide = max(1, (width - _GUTTER) // max(1, round(ROLL_SECONDS / state.step_seconds)))
    steps = (width - _GUTTER) // wide
    if rows < 2 or steps < 1:
        return []
    first = math.floor(state.now / state.step_seconds + 1e-6) - steps + 1
    grid, top, each = _grid(state, first, steps, 2 * rows)
    lines = []
    for row in range(rows):
        label = (_label(top - 2 * row * each, 2 * each).rjust(_GUTTER - 1) + " ", Style(dim=True))
        cells = (
            _cell(above, below, wide) if above or below else _gap(step, wide)
            for step, (above, below) in enumerate(zip(grid[2 * row], grid[2 * row + 1], strict=True), first)
        )
        lines.append(_line(chain([label], cells)))
    return lines


def _grid(state: ViewState, first: int, steps: int, rows: int) -> tuple[list[list[Rgb | None]], float, float]:
    """Return (rows x steps of colours, the top row's pitch, semitones a row). Louder notes are drawn over softer."""
    spans = [
        (math.floor(n.onset / state.step_seconds + 1e-3) - first, _last_step(n, state) - first, n)
        for n in state.notes
    ]
    seen = [(max(0, a), min(steps - 1, b), a >= 0, note) for a, b, note in spans if a < steps and b >= 0]
    high = max((note.pitch for *_, note in seen), default=66)
    low = min((note.pitch for *_, note in seen), default=54)
    each = max(1.0, (high - low + 1) / rows)
    top = high + max(0, (rows - (high - low + 1)) // 2)
    grid: list[list[Rgb | None]] = [[None] * steps for _ in range(rows)]
    for begin, end, struck, note in sorted(seen, key=lambda item: item[3].velocity):
        row = grid[min(rows - 1, int((top - note.pitch) / each))]
        for step in range(begin, end + 1):
            row[step] = _colour(note.velocity, 1.0 if struck and step == begin else 0.6)
    return grid, top, each


def _last_step(note: Note, state: ViewState) -> int:
    return math.ceil(min(note.end, state.now + state.step_seconds) / state.step_seconds - 1e-3) - 1


def _gap(step: int, wide: int) -> tuple[str, Style]:
    mark = "│" if step % _STEPS_PER_BAR == 0 else "┊" if step % _STEPS_PER_BEAT == 0 else " "
    return mark.ljust(wide), _FAINT


def _cell(upper: Sequence[int] | None, lower: Sequence[int] | None, wide: int = 1) -> tuple[str, Style]:
    """Return the characters and colours that show one colour over another (None: nothing)."""
    if upper == lower:
        return "█" * wide, Style(color=_css(upper))
    if upper is None:
        return "▄" * wide, Style(color=_css(lower))
    return "▀" * wide, Style(color=_css(upper), bgcolor=_css(lower))


def _line(cells: Iterable[tuple[str, Style]]) -> Text:
    """Join cells to a line; neighbours of one style become one piece, which rich draws several times faster."""
    line = Text(no_wrap=True)
    for style, run in groupby(cells, key=itemgetter(1)):
        line.append("".join(text for text, _ in run), style)
    return line


def _css(colour: Sequence[int] | None) -> str | None:
    return None if colour is None else "rgb({},{},{})".format(*colour)


def _colour(velocity: int, light: float) -> Rgb:
    part = velocity / 127
    a, b, t = (_SOFT, _MIDDLE, 2 * part) if part < 0.5 else (_MIDDLE, _LOUD, 2 * part - 1)
    red, green, blue = (round((x + (y - x) * t) * light) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _label(top: float, span: float) -> str:
    """Name the C among the pitches of a line, from `top` down, if there is one."""
    c = math.floor(top / 12) * 12
    return pitch_name(c) if top - c < span and c >= 0 else ""


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0


def _clean(text: str) -> str:
    """Replace what would not print, so that a peer's words cannot steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
