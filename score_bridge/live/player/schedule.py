"""What is to sound when, and what sounds: the player's memory. Sans-I/O: time is an argument.

It gives out exactly one note-off for each note-on, in whatever order notes, note-offs and silences come in:
- a note-off for a note that does not sound is not given out, and the note is not begun if it comes later;
- a note that sounds, or has sounded since its stream was last silenced, is not begun again;
- a silence ends what sounds and forgets what was to come;
- a note whose turn comes too late is not begun, and given out as missed; a note-off is never too late.
"""

import heapq
import itertools
import math
from dataclasses import dataclass, replace

from score_bridge.wire.messages import Note, NoteOff

Event = Note | NoteOff
Key = tuple[str, int]

REMEMBERED = 4096  # ended notes, so that none is begun twice


@dataclass(frozen=True, slots=True)
class Cue:
    """One event that is due, and the General MIDI program it plays with; a `missed` note is not to be begun."""

    event: Event
    program: int = 0
    missed: bool = False


def key_of(event: Event) -> Key:
    """Return what a note and its note-off have in common."""
    return event.stream, event.id


def off_of(note: Note, time: float) -> NoteOff:
    """Return the note-off that ends `note` at `time`, or when it begins where that is later."""
    end = max(time, note.time)
    return NoteOff(stream=note.stream, id=note.id, pitch=note.pitch, channel=note.channel, time=end, voice=note.voice)


class Schedule:
    """A heap of events by due time and the table of sounding notes."""

    def __init__(self, late: float = math.inf) -> None:
        """Begin with silence. `late`: how many seconds after its time a note may still begin."""
        self._late = late
        self._heap: list[tuple[float, bool, int, Cue]] = []
        self._order = itertools.count()
        self._sounding: dict[Key, Note] = {}
        self._ended: dict[Key, None] = {}

    def add(self, event: Event, program: int = 0) -> None:
        """Take one event for its own `time`; at the same time note-offs go before notes."""
        heapq.heappush(self._heap, (event.time, isinstance(event, Note), next(self._order), Cue(event, program)))

    @property
    def wake(self) -> float | None:
        """When the next event is due; None where nothing is to come."""
        return self._heap[0][0] if self._heap else None

    @property
    def sounding(self) -> tuple[Note, ...]:
        """What sounds now."""
        return tuple(self._sounding.values())

    def overdue(self, now: float) -> tuple[Note, ...]:
        """What has sounded for as long as was foreseen when it began, or longer."""
        return tuple(note for note in self._sounding.values() if note.time + note.seconds <= now)

    def due(self, now: float, ahead: float = 0.0) -> list[Cue]:
        """Take out what is due within `ahead` seconds from `now`, in order of time."""
        cues = []
        while self._heap and self._heap[0][0] <= now + ahead:
            cue = self._begin_or_end(heapq.heappop(self._heap)[-1], now)
            if cue is not None:
                cues.append(cue)
        return cues

    def silence(self, stream: str, now: float) -> list[NoteOff]:
        """End what sounds of `stream` ("" = of all) and forget what was to come; returns the note-offs."""
        self._heap = [entry for entry in self._heap if not _concerns(stream, key_of(entry[-1].event))]
        heapq.heapify(self._heap)
        self._ended = {key: None for key in self._ended if not _concerns(stream, key)}
        ending = [key for key in self._sounding if _concerns(stream, key)]
        return [off_of(self._sounding.pop(key), now) for key in ending]

    def _begin_or_end(self, cue: Cue, now: float) -> Cue | None:
        key = key_of(cue.event)
        if isinstance(cue.event, Note):
            if key in self._sounding or key in self._ended:
                return None
            if now - cue.event.time > self._late:
                self._remember(key)
                return replace(cue, missed=True)
            self._sounding[key] = cue.event
            return cue
        self._remember(key)
        note = self._sounding.pop(key, None)
        return None if note is None else Cue(off_of(note, cue.event.time))

    def _remember(self, key: Key) -> None:
        self._ended[key] = None
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]


def _concerns(stream: str, key: Key) -> bool:
    return stream in ("", key[0])
