"""From a token to what is played: note-ons and note-offs of a single line."""

import math
from dataclasses import dataclass

from score_bridge.engine.note_timing import STRONGER_BY_HAND, longest, offset
from score_bridge.music.tokens import OFF, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, pitch_of
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, MAX_VOICES, Note, NoteOff
from score_bridge.wire.voices import channel_of, volume_of

PARTS = 16  # notes that a voice may begin in one step
SOFTEST, PHRASE_ARCH, OF_MOTION = 0.05, 0.12, 0.72
ACCENTS = (
    (STEPS_PER_BAR, 0.11), (STEPS_PER_BAR // 2, 0.07), (STEPS_PER_BEAT, 0.05), (STEPS_PER_BEAT // 2, 0.02),
)  # fmt: skip
"""What the velocity is made of, as shares of the way from its low to its high: together they reach 1."""


@dataclass(frozen=True)
class Moment:
    """When and how a voice plays a token: due time, foreseen length (seconds), the picture's motion, 0..1.

    step_s: how long a sixteenth is; chances: two numbers, 0..1, for what `humanize` changes; struck: it sounds when
    it is due, whatever its place in the beat; balance: how loud the voice is beside a lead of the same motion.
    """

    stream: str
    n: int
    due: float
    seconds: float
    motion: float
    voice: int = LEAD
    step_s: float = 0.125
    chances: tuple[float, float] = (0.0, 0.0)
    struck: bool = False
    balance: float = 1.0


def events_of(
    token: int, held: Note | None, controls: Controls, moment: Moment
) -> tuple[tuple[Note | NoteOff, ...], Note | None]:
    """Return the events of `token` (offs before ons) and the note held after it. A mute voice rests."""
    loud = volume_of(moment.voice, controls)
    token = token if loud else OFF
    pitch = pitch_of(token)
    if token != OFF and pitch is None:
        return _end_short((), held, controls, moment)
    late = 0.0 if moment.struck else offset(controls, moment.n, moment.chances[0])
    at = moment.due + late * moment.step_s
    offs = (note_off(held, at),) if held else ()
    if pitch is None:
        return offs, None
    note = Note(
        stream=moment.stream,
        id=note_id(moment.n, moment.voice),
        pitch=pitch + controls.transpose,
        velocity=max(1, round(loud * moment.balance * velocity(controls, moment))),
        channel=channel_of(moment.voice, controls),
        seconds=_sounding(moment.seconds, controls, moment),
        time=at,
        step=moment.n,
        voice=moment.voice,
    )
    return _end_short((*offs, note), note, controls, moment)


def _end_short(
    events: tuple[Note | NoteOff, ...], held: Note | None, controls: Controls, moment: Moment
) -> tuple[tuple[Note | NoteOff, ...], Note | None]:
    """Add the end of a note that may sound no longer than into this step."""
    if held is None or (limit := longest(controls, moment.motion)) is None:
        return events, held
    end = max(held.time + limit * moment.step_s, moment.due)
    if end >= moment.due + moment.step_s:
        return events, held
    return (*events, note_off(held, end)), None


def _sounding(seconds: float, controls: Controls, moment: Moment) -> float:
    limit = longest(controls, moment.motion)
    return seconds if limit is None else min(seconds, limit * moment.step_s)


def note_id(n: int, voice: int, part: int = 0) -> int:
    """Number a note of step `n`, the `part`th of its voice, 0..15: no other note has it.

    31 bits, as OSC carries, come round after weeks.
    """
    return ((n * MAX_VOICES + voice) * PARTS + part) % 2**31


def note_off(note: Note, time: float) -> NoteOff:
    """Return the end of `note` at `time`."""
    return NoteOff(
        stream=note.stream, id=note.id, pitch=note.pitch, channel=note.channel, time=time, voice=note.voice
    )


def velocity(controls: Controls, moment: Moment) -> int:
    """Motion carries the velocity from low to high; metre and phrase shape it: a bar's first note is strongest, beats
    are stronger than what is between them, and a phrase swells to its middle and falls away.
    """
    arch = PHRASE_ARCH * math.sin(math.pi * (moment.n % PHRASE_STEPS) / PHRASE_STEPS)
    share = min(1.0, SOFTEST + _accent(moment.n % STEPS_PER_BAR) + arch + OF_MOTION * moment.motion)
    low, high = controls.velocity_low, controls.velocity_high
    by_hand = STRONGER_BY_HAND * controls.humanize * (2 * moment.chances[1] - 1)
    return max(1, min(127, round(low + (high - low) * share + by_hand)))


def _accent(place: int) -> float:
    """What a place of the bar adds to the velocity, as a share of its way from low to high."""
    for every, accent in ACCENTS:
        if place % every == 0:
            return accent
    return 0.0
