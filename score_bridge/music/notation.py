"""How a melody is written down: on the sixteenth grid, cut where readers want to see the beat, spelled in its key."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

from score_bridge.music.keys import key_of_notes
from score_bridge.music.notes import Note
from score_bridge.music.tokens import STEPS_PER_BAR

Clef = Literal["treble8va", "treble", "bass", "bass8vb"]
_LENGTHS: Final = frozenset({1, 2, 3, 4, 6, 8, 12, 16})
"""Sixteenths that one head writes, dotted or not."""
_PLAIN: Final = frozenset({1, 2, 4, 8, 16})
_MIDDLES: Final[dict[Clef, int]] = {"bass8vb": 38, "bass": 50, "treble": 71, "treble8va": 83}
"""MIDI pitch on each clef's middle line."""


@dataclass(frozen=True, slots=True)
class Span:
    """A note, or a rest where `pitch` (MIDI) is None: sixteenths from the first bar line.

    below: the other pitches of a chord, from below.
    """

    start: int
    length: int
    pitch: int | None
    below: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The sixteenth after its last."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Piece:
    """What one head or rest sign writes: a span within a bar; `tied` to a piece before it, after it."""

    span: Span
    tied: tuple[bool, bool] = (False, False)


def on_grid(notes: Iterable[Note], step_seconds: float, origin: float = 0.0) -> list[Span]:
    """Return one voice by time: onsets and ends at the nearest sixteenth from `origin` (seconds), one long at least.

    Where notes overlap the later one cuts the earlier; those that begin together are a chord, as long as its highest.
    """
    at = [(n.onset - origin, n.pitch, n.end - origin) for n in notes]
    places = sorted((round(start / step_seconds), pitch, round(end / step_seconds)) for start, pitch, end in at)
    chords = {start: list(group) for start, group in groupby(places, key=itemgetter(0))}
    starts = list(chords)
    limits = [*starts[1:], None][: len(starts)]
    spans = []
    for start, limit in zip(starts, limits, strict=True):
        *below, pitch = dict.fromkeys(pitch for _, pitch, _ in chords[start])
        stop = max(chords[start][-1][2], start + 1)
        spans.append(Span(start, min(stop, limit or stop) - start, pitch, tuple(below)))
    return spans


def bars_of(spans: Sequence[Span], bars: int) -> list[list[Piece]]:
    """Return what each of `bars` bars of 4/4 shows, without a gap: notes, tied where they are cut, and rests."""
    shown: list[list[Piece]] = [[] for _ in range(bars)]
    for span in _without_gaps(spans, bars * STEPS_PER_BAR):
        parts = list(_split_span(span))
        for number, part in enumerate(parts):
            tied = (number > 0, number < len(parts) - 1) if span.pitch is not None else (False, False)
            shown[part.start // STEPS_PER_BAR].append(Piece(part, tied))
    return shown


def _without_gaps(spans: Iterable[Span], steps: int) -> Iterator[Span]:
    now = 0
    for span in spans:
        if span.start > now:
            yield Span(now, span.start - now, None)
        yield span
        now = span.end
    if now < steps:
        yield Span(now, steps - now, None)


def _split_span(span: Span) -> Iterator[Span]:
    """Cut a span at the strongest place inside it until every part can be read."""
    places = range(span.start + 1, span.end)
    strongest = max(places, key=_weight, default=span.start)
    if not places or _readable(span, _weight(strongest)):
        yield span
        return
    yield from _split_span(replace(span, length=strongest - span.start))
    yield from _split_span(replace(span, start=strongest, length=span.end - strongest))


def _readable(span: Span, inside: int) -> bool:
    """Whether one sign may hide places as strong as `inside`.

    A note may if it begins and ends on places next to that strong, as a syncopated crotchet does; a rest never.
    """
    if inside == _weight(0):
        return False
    if span.pitch is None:
        return span.length in _PLAIN and span.start % span.length == 0
    return span.length in _LENGTHS and min(_weight(span.start), _weight(span.end)) >= inside - 1


def _weight(step: int) -> int:
    """How strong a sixteenth is: 4 begins a bar, 3 its second half, 2 a beat, 1 the second half of one."""
    return next((4 - level for level, every in enumerate((16, 8, 4, 2)) if step % every == 0), 0)


def sharps_of(spans: Iterable[Span]) -> tuple[int, Literal["major", "minor"]]:
    """Return the key signature that fits best, -5 (flats) to 6 (sharps), and its mode: C major without notes."""
    sounding = [(span.pitch, span.length) for span in spans if span.pitch is not None]
    root, mode, _ = key_of_notes([pitch for pitch, _ in sounding], [length for _, length in sounding])
    major = root if mode == "major" else root + 3
    return (major * 7 + 5) % 12 - 5, mode


def spell(pitch: int, sharps: int) -> tuple[str, int, int]:
    """Return letter, alteration (semitones) and octave of a MIDI pitch in a key signature of `sharps`.

    Of its names the one among twelve fifths in a row, from the key's flat third to its sharp fifth (in C: E flat to G
    sharp), after the line of fifths of Temperley 2001, "The Cognition of Basic Musical Structures", ch. 5.
    """
    lowest = sharps - 3
    fifths = lowest + (pitch * 7 - lowest) % 12
    alteration = (fifths + 1) // 7
    return "FCGDAEB"[(fifths + 1) % 7], alteration, (pitch - alteration) // 12 - 1


def clef_of(spans: Iterable[Span]) -> Clef:
    """Return the clef whose middle line lies nearest to what sounds, on the whole; treble without notes."""
    sounding = [(span.pitch, span.length) for span in spans if span.pitch is not None]
    if not sounding:
        return "treble"
    return min(_MIDDLES, key=lambda clef: sum(length * abs(pitch - _MIDDLES[clef]) for pitch, length in sounding))
