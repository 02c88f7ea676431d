"""What chords and bass play of a step, as events. State in, state out.

How busy they are follows the picture's motion from bar to bar; each scene has figures and patterns of its own.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from score_bridge.engine.draws import DrawKey, generator
from score_bridge.engine.note_events import Moment, note_id, note_off, velocity
from score_bridge.engine.note_timing import offset
from score_bridge.music.chords import Chord
from score_bridge.music.figures import BASS_LINES, CHORD_FIGURES, BassNote, Strike
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.music.voicing import voice_chord
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import BASS, CHORDS, Note, NoteOff
from score_bridge.wire.voices import channel_of, volume_of

BUSIER = (0.08, 0.3, 0.65)
"""The motion from which on accompaniments are busier. A street has 0 to .4, insects near by .1 to 1."""
BALANCE = {CHORDS: 0.62, BASS: 0.88}
"""How loud each is beside a lead of the same motion."""
LOWEST, HIGHEST, CENTRE = 28, 50, 38
"""MIDI pitches of the bass, and where it likes to be."""
KICK_STEPS = 2
"""How long a bass note lasts that begins with the kick alone."""
HELD = 8 * STEPS_PER_BAR
"""For how many steps a chord of a pad is held, unless another comes before."""
PAD = "pad"
One = TypeVar("One", Strike, BassNote)


class Plan(NamedTuple):
    """How a bar is played: the figure, how busy it is (0..3), and which pattern of those."""

    figure: str = PAD
    level: int = 0
    pattern: int = 0


@dataclass(frozen=True)
class PartState:
    """A voice: the notes that sound, the step at which they end, what it last played, how it plays this bar."""

    held: tuple[Note, ...] = ()
    until: int = 0
    last: tuple[int, ...] = ()
    plan: Plan | None = None


SILENT = PartState()


class Attack(NamedTuple):
    """Pitches that begin together, before they are transposed, and for how many steps."""

    pitches: tuple[int, ...]
    steps: int


@dataclass(frozen=True)
class Bar:
    """What voices are to know of a step.

    chord: that of the moment; changes: whether it began with this step; closes: whether it is the stream's last
    chord, which is held; over: whether nothing more begins; kick: whether the drums hit theirs now.
    """

    moment: Moment
    seed: int
    scene: int
    chord: Chord
    changes: bool
    closes: bool = False
    over: bool = False
    kick: bool = False


def play_chords(state: PartState, bar: Bar, controls: Controls) -> tuple[tuple[Note | NoteOff, ...], PartState]:
    """Play the chords' part of a step."""
    state = _planned(state, bar, controls, CHORDS)
    assert state.plan is not None
    figure = state.plan.figure
    n, attack = bar.moment.n, None
    if not bar.over and (bar.closes or (figure == PAD and (bar.changes or not state.held))):
        attack = Attack(voice_chord(bar.chord.tones, state.last), HELD)
    elif not bar.over and figure != PAD:
        patterns = CHORD_FIGURES[figure][state.plan.level]
        strike = _at(patterns[state.plan.pattern % len(patterns)], n)
        attack = None if strike is None else _struck(strike, voice_chord(bar.chord.tones, state.last))
    return _sound(state, CHORDS, attack, bar, controls)


def play_bass(state: PartState, bar: Bar, controls: Controls) -> tuple[tuple[Note | NoteOff, ...], PartState]:
    """Play the bass's part of a step: on the root where a chord begins, and with the kick."""
    state = _planned(state, bar, controls, BASS)
    assert state.plan is not None
    patterns = BASS_LINES[state.plan.level]
    written = _at(patterns[state.plan.pattern % len(patterns)], bar.moment.n)
    attack = None
    if bar.closes:
        attack = Attack((_near(bar.chord.root, state.last),), HELD)
    elif bar.changes:
        attack = Attack((_near(bar.chord.root, state.last),), written.steps if written else STEPS_PER_BAR)
    elif written is not None:
        attack = Attack((_degree(written.degree, bar.chord, state.last),), written.steps)
    elif bar.kick and state.plan.level and not any(bar.moment.n - note.step < KICK_STEPS for note in state.held):
        attack = Attack((_near(bar.chord.root, state.last),), KICK_STEPS)
    return _sound(state, BASS, None if bar.over else attack, bar, controls)


def end_part(state: PartState, time: float) -> tuple[tuple[NoteOff, ...], PartState]:
    """End what sounds."""
    return tuple(note_off(note, time) for note in state.held), replace(state, held=())


def _planned(state: PartState, bar: Bar, controls: Controls, voice: int) -> PartState:
    """Plan a bar as it begins: by the motion of the moment, and by what its scene likes."""
    moment = bar.moment
    if state.plan is not None and moment.n % STEPS_PER_BAR:
        return state
    density = controls.chords_density if voice == CHORDS else controls.bass_density
    level = bisect_right(BUSIER, moment.motion * controls.motion * density)
    draw = generator(DrawKey(bar.seed, moment.stream, voice, 0, bar.scene))
    liked = list(CHORD_FIGURES)[int(draw.integers(len(CHORD_FIGURES)))]
    auto = PAD if level == 0 or controls.ensemble == "pad" else liked
    figure = auto if controls.chords_figure == "auto" else controls.chords_figure
    return replace(state, plan=Plan(figure, level, int(draw.integers(60))))


def _at(pattern: Sequence[One], n: int) -> One | None:
    return next((one for one in pattern if one.at == n % STEPS_PER_BAR), None)


def _struck(strike: Strike, pitches: tuple[int, ...]) -> Attack:
    if strike.tone is None:
        return Attack(pitches, strike.steps)
    return Attack((pitches[strike.tone % len(pitches)],), strike.steps)


def _degree(degree: str, chord: Chord, last: Sequence[int]) -> int:
    """The pitch of a degree: root, third, fifth, the octave above the root, or the chord's last tone."""
    if degree == "octave":
        root = _near(chord.root, last)
        return root + 12 if root < CENTRE + 6 else root - 12
    tone = {"root": 0, "third": 1, "fifth": 2, "top": -1}[degree]
    return _near(chord.tones[tone], last)


def _near(pitch_class: int, last: Sequence[int]) -> int:
    """The pitch of a class that is near to the note before and to the middle of the range."""
    before = last[0] if last else CENTRE
    choices = [pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 == pitch_class]
    return min(choices, key=lambda pitch: (abs(pitch - before) + 0.5 * abs(pitch - CENTRE), pitch))


def _sound(
    state: PartState, voice: int, attack: Attack | None, bar: Bar, controls: Controls
) -> tuple[tuple[Note | NoteOff, ...], PartState]:
    """Begin what is attacked; end what was held by then, or for longer than its chord."""
    moment = bar.moment
    late = 0.0 if moment.struck else offset(controls, moment.n, moment.chances[0])
    at = moment.due + late * moment.step_s
    done = attack is not None or moment.n >= state.until or (bar.changes and not bar.over)
    offs, state = end_part(state, at) if done else ((), state)
    if attack is None:
        return offs, state
    loud = max(1, round(velocity(controls, moment) * BALANCE[voice] * volume_of(voice, controls)))
    notes = tuple(
        Note(
            stream=moment.stream, id=note_id(moment.n, voice, part), velocity=loud, time=at, step=moment.n,
            pitch=min(max(pitch + controls.transpose, 0), 127), channel=channel_of(voice, controls), voice=voice,
            seconds=attack.steps * moment.step_s,
        )
        for part, pitch in enumerate(attack.pitches)
    )  # fmt: skip
    last = voice_chord(bar.chord.tones, state.last) if voice == CHORDS else attack.pitches
    return (*offs, *notes), replace(state, held=notes, until=moment.n + attack.steps, last=last)
