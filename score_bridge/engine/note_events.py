"""From a token to what is played: note-ons and note-offs of a single line."""

from dataclasses import dataclass

from score_bridge.music.tokens import OFF, STEPS_PER_BAR, STEPS_PER_BEAT, pitch_of
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, MAX_VOICES, Note, NoteOff


@dataclass(frozen=True)
class Moment:
    """When and how a voice plays a token: due time, foreseen length (seconds), the picture's motion, 0..1."""

    stream: str
    n: int
    due: float
    seconds: float
    motion: float
    voice: int = LEAD


def events_of(
    token: int, held: Note | None, controls: Controls, moment: Moment
) -> tuple[tuple[Note | NoteOff, ...], Note | None]:
    """Return the events of `token` (offs before ons) and the note held after it."""
    pitch = pitch_of(token)
    if token == OFF or pitch is not None:
        offs = (note_off(held, moment.due),) if held else ()
    else:
        return (), held
    if pitch is None:
        return offs, None
    note = Note(
        stream=moment.stream,
        id=note_id(moment.n, moment.voice),
        pitch=pitch + controls.transpose,
        velocity=velocity(controls, moment),
        channel=controls.channel,
        seconds=moment.seconds,
        time=moment.due,
        step=moment.n,
        voice=moment.voice,
    )
    return (*offs, note), note


def note_id(n: int, voice: int) -> int:
    """Number a note of step `n`: no other voice's note has it; 31 bits, as OSC carries, come round after months."""
    return (n * MAX_VOICES + voice) % 2**31


def note_off(note: Note, time: float) -> NoteOff:
    """Return the end of `note` at `time`."""
    return NoteOff(
        stream=note.stream, id=note.id, pitch=note.pitch, channel=note.channel, time=time, voice=note.voice
    )


def velocity(controls: Controls, moment: Moment) -> int:
    """Motion carries the velocity from low to high; the bar's accents add a little."""
    place = moment.n % STEPS_PER_BAR
    accent = 0.12 if place == 0 else 0.06 if place % STEPS_PER_BEAT == 0 else 0.0
    share = min(1.0, 0.1 + accent + 0.78 * moment.motion)
    low, high = controls.velocity_low, controls.velocity_high
    return max(1, min(127, round(low + (high - low) * share)))
