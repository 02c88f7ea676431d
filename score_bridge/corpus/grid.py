"""From notes and bars to lines: bars that make sense, each voice on the sixteenth grid."""

from collections.abc import Sequence

from score_bridge.corpus.types import Bar, Line, Piece, Voice
from score_bridge.music.grid import TIME_TOLERANCE, Stretch, tokens

_METRES = {(4, 4): 44, (2, 2): 22, (2, 4): 24}


def grid_piece(name: str, title: str, voices: Sequence[Voice]) -> Piece:
    """Put the voices of a piece on the grid."""
    lines = tuple(
        Line(tokens(voice.notes, stretch), stretch.metre) for voice in voices for stretch in stretches(voice.bars)
    )
    other = sum(bar.metre not in _METRES for voice in voices for bar in voice.bars)
    return Piece(name, title, lines, other)


def stretches(bars: Sequence[Bar]) -> list[Stretch]:
    """Group bars into stretches of 4/4, 2/2, or 2/4 in pairs; pick-ups stand at the end of their bar.

    A short bar ends a stretch unless the next one completes it; a bar that is too long belongs to none.
    """
    found: list[Stretch] = []
    run: list[Bar] = []
    for bar in _joined(bars):
        fits = bar.metre in _METRES and bar.length <= bar.full + TIME_TOLERANCE
        short = bar.length < bar.full - TIME_TOLERANCE
        if run and not (fits and bar.metre == run[-1].metre and not bar.pickup):
            found.append(_stretch(run))
            run = []
        if fits:
            run.append(bar)
        if len(run) > 1 and short:
            found.append(_stretch(run))
            run = []
    return [*found, _stretch(run)] if run else found


def _joined(bars: Sequence[Bar]) -> list[Bar]:
    """Join a short bar to a short one that completes it, as at a repeat sign in mid-bar."""
    joined: list[Bar] = []
    for bar in bars:
        last = joined[-1] if joined else None
        completes = (
            last is not None
            and last.metre == bar.metre
            and max(last.length, bar.length) < bar.full - TIME_TOLERANCE
            and abs(last.length + bar.length - bar.full) < TIME_TOLERANCE
        )
        if last is not None and completes:
            joined[-1] = Bar(last.start, bar.full, bar.metre)
        else:
            joined.append(bar)
    return joined


def _stretch(run: Sequence[Bar]) -> Stretch:
    """Lay out bars of one metre; a short first bar ends where a full one would, and pairs of 2/4 start after it."""
    first, last = run[0], run[-1]
    missing = max(first.full - first.length, 0.0)
    paired = _METRES[first.metre] == 24 and missing > TIME_TOLERANCE
    origin = first.start - missing - (first.full if paired else 0.0)
    return Stretch(origin, first.start, last.end, _METRES[first.metre])
