"""What the companions of a string quartet play of a step: each given the lead, the chord and those who decided before
it. State in, state out.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.draws import DrawKey, at_its_place, draw_token, generator
from score_bridge.engine.note_events import Moment, events_of
from score_bridge.engine.note_timing import chances
from score_bridge.models.companions.layout import (
    LEAD,
    ORDER,
    PARTS,
    UNDECIDED,
    UNKNOWN,
    Given,
    Whole,
    activity_of,
    into_key,
    move_of,
    moved_tokens,
    pitch_index,
)
from score_bridge.models.companions.player import CompanionPlayer
from score_bridge.music.breath import breathing_tokens
from score_bridge.music.cadence import last_onset
from score_bridge.music.chords import NO_CHORD, chord_of
from score_bridge.music.scales import allowed_tokens
from score_bridge.music.tokens import FIRST_ON, HOLD, LOWEST_PITCH, OFF, STEPS_PER_BAR, VOCABULARY, pitch_of
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import CELLO, VIOLA, VIOLIN2, Note, NoteOff
from score_bridge.wire.voices import density_of

Floats = NDArray[np.float32]
Events = tuple[Note | NoteOff, ...]

VOICES = (0, VIOLIN2, VIOLA, CELLO)
"""The voice of each part."""
RANGES = {VIOLIN2: (55, 88), VIOLA: (48, 79), CELLO: (36, 67)}
"""The MIDI pitches of each, as sounding."""
BUSIER = (0.08, 0.3, 0.65)
"""The motion from which on companions are busier. A street has 0 to .4, insects near by .1 to 1."""
ONSETS = (2.0, 3.5, 5.0, 8.0)
"""Note-ons a bar at each level of motion. Quartets have 4.0 (cello) to 4.9 (second violin)."""
OF_SCENE = 1.5
"""How much busier or calmer, as a factor, a scene may make a companion."""
SURER = 0.85
"""The temperature of companions where the control `temperature` is 1."""
BALANCE = 0.78
"""How loud each is beside a lead of the same motion."""

_TOKENS = np.arange(VOCABULARY)
_BEGUN: NDArray[np.bool_] = np.greater_equal(_TOKENS, FIRST_ON)


@dataclass(frozen=True, eq=False)
class PartState:
    """A companion: the network's memory, None before the first step; the pitch that sounds, as the lead is written;
    the step of its last change; the note that is held.
    """

    memory: Floats | None = None
    pitch: int | None = None
    changed: int = 0
    held: Note | None = None


@dataclass(frozen=True, eq=False)
class CompanionState:
    """step: the last one that was played (-1 = none); lead: the lead's pitch that sounded in it; parts: by voice."""

    step: int = -1
    lead: int | None = None
    parts: Mapping[int, PartState] = field(default_factory=dict)

    def released(self) -> "CompanionState":
        """The same, with nothing that is held."""
        return replace(self, parts={voice: replace(part, held=None) for voice, part in self.parts.items()})


NO_COMPANIONS = CompanionState()


@dataclass(frozen=True)
class Led:
    """What companions are to know of a step: its moment, the token that the lead plays and the pitch that sounds
    then, the chord's number relative to the tonic 0..11, whether a scene begins, and what is known of the stream's
    end and of scenes to come.
    """

    moment: Moment
    seed: int
    scene: int
    token: int
    pitch: int | None
    chord: int
    tonic: int
    begins: bool = False
    ends: int | None = None
    breaths: Sequence[int] = ()


def play_companions(
    state: CompanionState, voices: Collection[int], led: Led, controls: Controls, player: CompanionPlayer
) -> tuple[dict[int, Events], CompanionState]:
    """Play a step of the companions that play; returns the events of each, and of those who ended, and the state."""
    n = led.moment.n
    if n != state.step + 1:  # steps were missed: what sounded is over
        state = replace(state, lead=None, parts={v: replace(p, memory=None) for v, p in state.parts.items()})
    known = _known(state, voices, led)
    events: dict[int, Events] = {}
    parts = dict(state.parts)
    for part in ORDER:
        voice, before = VOICES[part], parts.get(VOICES[part], PartState(changed=n))
        if voice not in voices:
            events |= {voice: _end(before, led, controls, voice)} if before.held else {}
            parts.pop(voice, None)
            continue
        token, memory = _decide(before, part, known, led, controls, player)
        events[voice], held = events_of(token, before.held, controls, _moment(led, voice, controls))
        parts[voice] = _after(before, token, n, memory, held)
        known[1:, part] = move_of(token), _placed(parts[voice].pitch, led)
    return events, CompanionState(n, led.pitch, parts)


def _known(state: CompanionState, voices: Collection[int], led: Led) -> Whole:
    """What is known of the parts before any companion decides, (3, 4): see `layout.Given`."""
    known = np.array([[UNKNOWN] * PARTS, [UNDECIDED] * PARTS, [UNKNOWN] * PARTS])
    known[:, LEAD] = _placed(state.lead, led), move_of(led.token), _placed(led.pitch, led)
    for part in ORDER:
        if VOICES[part] in voices:
            known[0, part] = _placed(state.parts.get(VOICES[part], PartState()).pitch, led)
    return known


def _placed(pitch: int | None, led: Led) -> int:
    """Where a pitch stands, relative to the key."""
    if pitch is None:
        return pitch_index(None)
    moved = pitch + into_key(led.tonic)
    lowest, highest = LOWEST_PITCH, LOWEST_PITCH + VOCABULARY - FIRST_ON - 1
    return pitch_index(moved + 12 * (moved < lowest) - 12 * (moved > highest))


def _decide(
    before: PartState, part: int, known: Whole, led: Led, controls: Controls, player: CompanionPlayer
) -> tuple[int, Floats]:
    voice, n = VOICES[part], led.moment.n
    activity = activity_of(_asked(led, voice, controls))
    rows = Given(part, n % STEPS_PER_BAR, led.chord, n - before.changed, activity, known).rows()
    logits, memory = player.foresee(player.begin() if before.memory is None else before.memory, rows)
    logits = logits[_in_key(into_key(led.tonic))]
    only = _only(led, begins=led.begins or before.memory is None)
    low, high = RANGES[voice]
    allowed = allowed_tokens(controls.root, controls.scale, low, high, controls.transpose)
    key = DrawKey(led.seed, led.moment.stream, voice, n, led.scene)
    drawn = at_its_place(key, controls.variation)
    return draw_token(logits, allowed, only, drawn, SURER * controls.temperature), memory


@lru_cache(maxsize=12)
def _in_key(semitones: int) -> Whole:
    """Which of the logits relative to the key each token (90,) has."""
    return moved_tokens(np.arange(VOCABULARY, dtype=np.uint8), semitones).astype(np.int64)


def _asked(led: Led, voice: int, controls: Controls) -> float:
    """How many note-ons a bar the picture asks of a companion."""
    level = bisect_right(BUSIER, led.moment.motion * controls.motion)
    draw = generator(DrawKey(led.seed, led.moment.stream, voice, 0, led.scene)).uniform(-1, 1)
    return ONSETS[level] * float(OF_SCENE**draw) * density_of(voice, controls)


def _only(led: Led, *, begins: bool) -> NDArray[np.bool_] | None:
    """Which tokens may be played; None where all may. With a note of the lead that begins a scene all begin."""
    only = _closing(led)
    only = breathing_tokens(led.moment.n, led.breaths) if only is None else only
    return _BEGUN if only is None and begins and pitch_of(led.token) is not None else only


def _closing(led: Led) -> NDArray[np.bool_] | None:
    """Which tokens may be played as the stream ends: a tone of the last chord, then nothing more."""
    if led.ends is None or led.moment.n < (last := last_onset(led.ends)):
        return None
    if led.moment.n > last:
        only: NDArray[np.bool_] = np.equal(_TOKENS, HOLD if led.moment.n < led.ends else OFF)
        return only
    tones = [] if led.chord == NO_CHORD else [(tone + led.tonic) % 12 for tone in chord_of(led.chord).tones]
    return _BEGUN & np.isin((_TOKENS - FIRST_ON + LOWEST_PITCH) % 12, tones)


def _moment(led: Led, voice: int, controls: Controls) -> Moment:
    steps = STEPS_PER_BAR / max(_asked(led, voice, controls), 1.0)
    moment = led.moment
    by_hand = chances(led.seed, moment.stream, voice, led.scene, moment.n)
    return replace(moment, voice=voice, seconds=steps * moment.step_s, chances=by_hand, balance=BALANCE)


def _end(before: PartState, led: Led, controls: Controls, voice: int) -> Events:
    events, _ = events_of(OFF, before.held, controls, _moment(led, voice, controls))
    return events


def _after(before: PartState, token: int, n: int, memory: Floats, held: Note | None) -> PartState:
    pitch = before.pitch if token == HOLD else pitch_of(token)
    return PartState(memory, pitch, before.changed if token == HOLD else n, held)
