"""Who plays beside a stream's lead, and what: drums first, then chords and bass over the lead's harmony."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from score_bridge.engine.accompaniment import SILENT, Bar, PartState, end_part, play_bass, play_chords
from score_bridge.engine.draws import DrawKey, generator
from score_bridge.engine.drumming import NO_DRUMS, Beat, DrumState, play_drums
from score_bridge.engine.harmony import NO_HARMONY, Harmony, Place, follow_harmony
from score_bridge.engine.note_events import Moment
from score_bridge.engine.note_timing import chances
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.models.drums.player import DrumPlayer
from score_bridge.music.cadence import last_onset
from score_bridge.music.drums import KIT, PITCHES
from score_bridge.music.keys import KEY_NAMES, key_of
from score_bridge.wire.controls import Controls
from score_bridge.wire.ensembles import VOICE_NAMES
from score_bridge.wire.messages import BASS, CHORDS, DRUMS, LEAD, Note, NoteOff
from score_bridge.wire.voices import voices_of, volume_of

Events = tuple[Note | NoteOff, ...]

KICK = PITCHES[KIT.index("kick")]
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

    def released(self) -> "BandState":
        """The same, with nothing that sounds."""
        return replace(self, chords=replace(self.chords, held=()), bass=replace(self.bass, held=()))


NO_BAND = BandState()


class Players(NamedTuple):
    """The models that play beside the lead; those that are absent leave their voices silent."""

    drums: DrumPlayer | None = None
    chords: ChordPlayer | None = None

    def absent(self, controls: Controls) -> str:
        """Say who of an ensemble cannot play for want of a model; nothing where all can."""
        needed = {DRUMS: self.drums, CHORDS: self.chords, BASS: self.chords}
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
    if players.chords is None or not ({CHORDS, BASS} & playing or state.chords.held or state.bass.held):
        return found, state
    state = replace(state, harmony=_harmony(state.harmony, beat, lead, controls, players.chords))
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
    state = replace(state, chords=parts[CHORDS], bass=parts[BASS])
    return sorted(found, key=lambda one: one[0]), state


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
    moment = Moment(
        beat.stream, beat.n, beat.due, beat.step_s, beat.motion, step_s=beat.step_s, struck=beat.struck,
        chances=chances(beat.seed, beat.stream, CHORDS, beat.scene, beat.n),
    )  # fmt: skip
    return Bar(
        moment, beat.seed, beat.scene, chord, changes=harmony.since == beat.n,
        closes=closing == beat.n, over=closing is not None and beat.n > closing, kick=kick,
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
