"""Notes as values: what was or will be played, apart from any wire, file or clock."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from score_bridge.music.tokens import HOLD, OFF, VOCABULARY, note_on, pitch_of
from score_bridge.wire import messages
from score_bridge.wire.ensembles import VOICE_NAMES


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """One note. `onset` and `duration` are seconds (duration above 0) on whatever clock its maker uses.

    `pitch` is a MIDI note number 0..127, `velocity` 1..127, `channel` 1..16 as people count, `program` General MIDI
    0..127, `voice` the number that its voice has in messages. Raises ValueError outside these ranges.
    """

    id: int
    onset: float
    duration: float
    pitch: int
    velocity: int
    channel: int = 1
    program: int = 0
    stream: str = messages.MAIN_STREAM
    voice: int = messages.LEAD

    def __post_init__(self) -> None:
        """Refuse what no instrument could play."""
        if not (math.isfinite(self.onset) and math.isfinite(self.duration) and self.duration > 0):
            raise ValueError(f"a note needs a finite onset and a duration above 0, got {self.onset}, {self.duration}")
        for name, low, high in (("pitch", 0, 127), ("velocity", 1, 127), ("channel", 1, 16), ("program", 0, 127)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be {low}..{high}, got {getattr(self, name)}")

    @property
    def end(self) -> float:
        """When it ends, seconds."""
        return self.onset + self.duration


def tokens_to_notes(tokens: Sequence[int], step_seconds: float, velocity: int = 80) -> list[Note]:
    """Read a melody of tokens 0..89, `step_seconds` apart, as notes from second 0, numbered from 0.

    A note lasts until the next note-on, an OFF or the end. ValueError for a token outside the vocabulary.
    """
    notes: list[Note] = []
    start, pitch = 0, None
    for step, token in enumerate([*tokens, OFF]):
        if not 0 <= token < VOCABULARY:
            raise ValueError(f"token must be 0..{VOCABULARY - 1}, got {token} at step {step}")
        if token == HOLD:
            continue
        if pitch is not None:
            length = (step - start) * step_seconds
            notes.append(Note(len(notes), start * step_seconds, length, pitch, velocity))
        start, pitch = step, pitch_of(int(token))
    return notes


def notes_to_tokens(notes: Iterable[Note], step_seconds: float, steps: int) -> list[int]:
    """Write notes as a melody of `steps` tokens; onsets and ends go to the nearest step, at least one step long.

    The inverse of `tokens_to_notes` for monophonic notes on the grid. Where notes overlap the later one cuts the
    earlier; of those that begin together the highest is kept; notes that begin outside the melody are left out.
    ValueError for a pitch outside 21..108.
    """
    tokens = [HOLD] * steps
    spans = [(round(n.onset / step_seconds), n.pitch, round(n.end / step_seconds)) for n in notes]
    inside = {start: (pitch, end) for start, pitch, end in sorted(spans) if 0 <= start < steps}
    for start, (pitch, end) in inside.items():
        tokens[start] = note_on(pitch)
        stop = max(end, start + 1)
        if stop < steps and not any(later in inside for later in range(start + 1, stop)):
            tokens[stop] = OFF
    return tokens


def parts_of(notes: Iterable[Note]) -> dict[str, list[Note]]:
    """Sort notes into parts, by name and time: a voice of a stream each.

    A part is called by its voice; by its stream where that has no other voice, and by both where there are several.
    """
    found: dict[tuple[str, int], list[Note]] = {}
    for note in sorted(notes, key=lambda note: (note.stream, note.voice)):
        found.setdefault((note.stream, note.voice), []).append(note)
    streams = Counter(stream for stream, _ in found)

    def name(stream: str, voice: int) -> str:
        if streams[stream] == 1:
            return stream
        return VOICE_NAMES[voice] if len(streams) == 1 else f"{stream} {VOICE_NAMES[voice]}"

    return {name(*key): part for key, part in found.items()}


def pair_events(
    events: Iterable[messages.Note | messages.NoteOff],
    end: float,
    *,
    start: float = 0.0,
    programs: Mapping[int, int] | None = None,
) -> list[Note]:
    """Turn what a live run announced into notes by onset, counted from server time `start`, until `end` (seconds).

    Ons and offs belong together by stream and id. A note still sounding at `end` ends there; one that is announced
    twice ends where it begins again. Left out are offs without an on, and notes that began before `start` or are over
    before they began.
    `programs` names each voice's General MIDI program (0 by default).
    """
    open_notes: dict[tuple[str, int], messages.Note] = {}
    spans: list[tuple[messages.Note, float]] = []
    for event in events:
        begun = open_notes.pop((event.stream, event.id), None)
        if begun is not None:
            spans.append((begun, min(event.time, end)))
        if isinstance(event, messages.Note):
            open_notes[event.stream, event.id] = event
    spans += [(note, end) for note in open_notes.values()]
    known = programs or {}
    return sorted(
        (_from_wire(on, off, start, known.get(on.voice, 0)) for on, off in spans if off > on.time >= start),
        key=lambda note: (note.onset, note.stream, note.id),
    )


def _from_wire(on: messages.Note, off: float, start: float, program: int) -> Note:
    return Note(
        id=on.id,
        onset=on.time - start,
        duration=off - on.time,
        pitch=on.pitch,
        velocity=on.velocity,
        channel=on.channel,
        program=program,
        stream=on.stream,
        voice=on.voice,
    )
