"""Who plays beside a stream's lead, and what: drums first, then chords, bass and companions in the lead's harmony."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from score_bridge.engine.accompaniment import SILENT, Bar, PartState, end_part, play_bass, play_chords
from score_bridge.engine.companions import NO_COMPANIONS, CompanionState, Led, play_companions
from score_bridge.engine.draws import DrawKey, generator
from score_bridge.engine.drumming import NO_DRUMS, Beat, DrumState, play_drums
from score_bridge.engine.harmony import NO_HARMONY, Harmony, Place, follow_harmony
from score_bridge.engine.note_events import Moment
from score_bridge.engine.note_timing import chances
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.models.companions.player import CompanionPlayer
from score_bridge.models.drums.player import DrumPlayer
from score_bridge.music.cadence import last_onset
from score_bridge.music.chords import NO_CHORD
from score_bridge.music.drums import KIT, PITCHES
from score_bridge.music.keys import KEY_NAMES, key_of
from score_bridge.music.tokens import HOLD
from score_bridge.wire.controls import Controls
from score_bridge.wire.ensembles import VOICE_NAMES
from score_bridge.wire.messages import BASS, CELLO, CHORDS, DRUMS, LEAD, VIOLA, VIOLIN2, Note, NoteOff
from score_bridge.wire.voices import voices_of, volume_of

Events = tuple[Note | NoteOff, ...]

KICK = PITCHES[KIT.index("kick")]
COMPANIONS = frozenset({VIOLIN2, VIOLA, CELLO})
OWN_KEY_STEPS = 128
"""Steps of the lead by which its key is told where no key is kept to."""
_PLAYERS = {CHORDS: play_chords, BASS: play_bass}


@dataclass(frozen=True, eq=False)
class BandState:
    """What goes on beside the lead."""

    drums: DrumState = NO_DRUMS
    harmony: Harmony = NO_HARMONY
    chords: PartState = SILENT
    bass: PartState = SILENT
    companions: CompanionState = NO_COMPANIONS

    @property
    def sounds(self) -> bool:
        """Whether anything is held, or anybody is yet to end."""
        return bool(self.chords.held or self.bass.held or self.companions.parts)

    def released(self) -> "BandState":
        """The same, with nothing that sounds."""
        chords, bass = (replace(part, held=()) for part in (self.chords, self.bass))
        return replace(self, chords=chords, bass=bass, companions=self.companions.released())


NO_BAND = BandState()


class Players(NamedTuple):
    """The models that play beside the lead; those that are absent leave their voices silent."""

    drums: DrumPlayer | None = None
    chords: ChordPlayer | None = None
    companions: CompanionPlayer | None = None

    def absent(self, controls: Controls) -> str:
        """Say who of an ensemble cannot play for want of a model; nothing where all can."""
        needed: dict[int, object] = {DRUMS: self.drums, CHORDS: self.chords, BASS: self.chords}
        needed |= dict.fromkeys(COMPANIONS, self.companions)
        names = [VOICE_NAMES[voice] for voice in voices_of(controls) if voice in needed and needed[voice] is None]
        return f"the ensemble {controls.ensemble} plays without {' and '.join(names)}: no weights" if names else ""


NOBODY = Players()


@dataclass(frozen=True)
class Lead:
    """What the others are to know of the lead: the tokens it last played, the pitch that sounds now before it is
    transposed, its key 0..23 or a negative number where none is kept to, and how many steps it plays in all.
    """

    tokens: Sequence[int]
    pitch: int | None
    key: int
    ends: int | None = None


def play_band(
    state: BandState, beat: Beat, lead: Lead, controls: Controls, players: Players
) -> tuple[list[tuple[int, Events]], BandState]:
    """Play a step of everyone but the lead; returns the voices that play, or just stopped, with their events."""
    over = lead.ends is not None and beat.n >= lead.ends
    playing = {voice for voice in voices_of(controls) if voice != LEAD and _is_in(voice, beat, controls)}
    found: list[tuple[int, Events]] = []
    kick = False
    if DRUMS in playing and players.drums is not None and not over:
        events, drums = play_drums(state.drums, beat, controls, players.drums)
        state, kick = replace(state, drums=drums), any(isinstance(e, Note) and e.pitch == KICK for e in events)
        found.append((DRUMS, events))
    if not (playing - {DRUMS} or state.sounds):
        return found, state
    if players.chords is not None:
        state = replace(state, harmony=_harmony(state.harmony, beat, lead, controls, players.chords))
    able = playing & {CHORDS, BASS} if players.chords is not None else frozenset[int]()
    chordal, state = _play_chordal(state, beat, lead, controls, able, kick=kick)
    strings, state = _play_companions(state, beat, lead, controls, playing & COMPANIONS, players.companions)
    return sorted([*found, *chordal, *strings], key=lambda one: one[0]), state


def _play_chordal(
    state: BandState, beat: Beat, lead: Lead, controls: Controls, playing: Collection[int], *, kick: bool
) -> tuple[list[tuple[int, Events]], BandState]:
    """Play a step of chords and bass."""
    found: list[tuple[int, Events]] = []
    bar = _bar(state.harmony, beat, lead, kick=kick)
    parts = {CHORDS: state.chords, BASS: state.bass}
    for voice, part in parts.items():
        made: Events
        if bar is None or voice not in playing:
            made, parts[voice] = end_part(part, beat.due)
        else:
            made, parts[voice] = _PLAYERS[voice](part, bar, controls)
        if made or voice in playing:
            found.append((voice, made))
    return found, replace(state, chords=parts[CHORDS], bass=parts[BASS])


def _play_companions(
    state: BandState,
    beat: Beat,
    lead: Lead,
    controls: Controls,
    voices: Collection[int],
    player: CompanionPlayer | None,
) -> tuple[list[tuple[int, Events]], BandState]:
    """Play a step of the companions."""
    if player is None or not (voices or state.companions.parts):
        return [], state
    harmony, token = state.harmony, lead.tokens[-1] if lead.tokens else HOLD
    tonic = harmony.tonic if harmony.chord != NO_CHORD else max(lead.key, 0) % 12
    led = Led(
        _moment(beat), beat.seed, beat.scene, token, lead.pitch, harmony.chord, tonic, beat.begins, lead.ends,
        beat.breaths,
    )  # fmt: skip
    events, companions = play_companions(state.companions, voices, led, controls, player)
    return list(events.items()), replace(state, companions=companions)


def _harmony(harmony: Harmony, beat: Beat, lead: Lead, controls: Controls, player: ChordPlayer) -> Harmony:
    """Follow the lead's harmony."""
    key = lead.key if lead.key >= 0 else _own_key(lead.tokens)
    place = Place(beat.stream, beat.seed, beat.n, key, beat.scene, lead.pitch, lead.ends)
    return follow_harmony(harmony, place, controls, player)


def _bar(harmony: Harmony, beat: Beat, lead: Lead, *, kick: bool) -> Bar | None:
    """Say where a step stands in its harmony; nothing before there is any."""
    chord = harmony.sounding
    if chord is None:
        return None
    closing = None if lead.ends is None else last_onset(lead.ends)
    return Bar(
        _moment(beat), beat.seed, beat.scene, chord, changes=harmony.since == beat.n,
        closes=closing == beat.n, over=closing is not None and beat.n > closing, kick=kick,
    )  # fmt: skip


def _moment(beat: Beat) -> Moment:
    return Moment(
        beat.stream, beat.n, beat.due, beat.step_s, beat.motion, step_s=beat.step_s, struck=beat.struck,
        chances=chances(beat.seed, beat.stream, CHORDS, beat.scene, beat.n),
    )  # fmt: skip


def _own_key(tokens: Sequence[int]) -> int:
    found = key_of(tokens[-OWN_KEY_STEPS:])
    return 0 if found is None else KEY_NAMES.index(found.name)


def _is_in(voice: int, beat: Beat, controls: Controls) -> bool:
    """Whether a voice plays in a scene: not where it is mute, and not where the scene leaves it out."""
    if volume_of(voice, controls) == 0 or not controls.rests:
        return volume_of(voice, controls) > 0
    draw = generator(DrawKey(beat.seed, beat.stream, voice, 1, beat.scene)).random()
    return bool(draw >= controls.rests)
