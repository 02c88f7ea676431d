"""The drums of a stream: what the picture asks of them, and what they play. State in, state out.

More motion is more and louder drums; light opens hats and brings the ride; edges bring off-beats. Each scene has a
groove of its own around that. A cut is struck by crash and kick; where it is known beforehand, a fill leads to it.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.draws import DrawKey, at_its_place, generator
from score_bridge.engine.note_events import note_id
from score_bridge.mapping.bindings import USUAL
from score_bridge.models.drums.layout import SOUNDS, TOLD
from score_bridge.models.drums.player import Chances, DrumMemory, DrumPlayer, Hit
from score_bridge.music.drums import CHARACTER, KIT, PITCHES
from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BAR
from score_bridge.wire.bindings import BINDABLE
from score_bridge.wire.controls import Controls
from score_bridge.wire.ensembles import DRUM_CHANNEL
from score_bridge.wire.messages import DRUMS, Note, NoteOff

Floats = NDArray[np.float32]

ASKED = (
    ("motion", "kick", 0.9), ("motion", "snare", 0.4), ("motion", "hats", 1.0), ("motion", "toms", 0.2),
    ("motion", "loudness", 0.8), ("brightness", "open_hat", 0.5), ("brightness", "ride", 0.5),
    ("edges", "off_beat", 0.6),
)  # fmt: skip
"""By how many standard deviations of real drums a reading moves a trait over SPAN of its range; the motion is that of
the moment."""
SPAN = 0.25
USUAL_MOTION = float(USUAL[BINDABLE.index("motion")])
OF_LATE_S = 20.0
"""How far back motion is remembered. Counted from that of everyday films alone, a film that moves all along had the
most that drums can do from begin to end: hits followed its motion with a rank correlation of .27."""
FURTHEST = 2.0
OF_SCENE, OF_SCENE_RATE = 0.6, 0.2
"""Standard deviation, in those of real drums, of what a scene's groove has for itself: less of RATES, of which motion
says how much there is."""
RATES = ("kick", "snare", "hats", "loudness")
OF_DENSITY = 1.5
"""By how many standard deviations the control `drums_density` moves the rates from one end to its middle."""
EARLIEST = -0.06
"""How early a hit may come, in sixteenths: a live step is decided little before it is due."""
SOUNDS_FOR = 0.5
"""How long a hit is held, in sixteenths; most drum sounds end by themselves."""
LOUDEST = 150
"""The velocity_high at which drums are as loud as the model plays them; at the usual 112 they leave a lead room."""
SURER = 0.75
"""The temperature of hits where the control `temperature` is 1: drummers keep a groove for longer than the network
that draws each hit by its chance does."""
STRUCK = (("kick", 104), ("crash", 108))
"""What begins a scene, and how loud."""


@dataclass(frozen=True, eq=False)
class DrumState:
    """step: the last one that was played (-1 = none); memory: the network's after it; usual: the motion that the
    stream's pictures have had of late, 0..1.
    """

    step: int = -1
    memory: DrumMemory | None = None
    usual: float = USUAL_MOTION


NO_DRUMS = DrumState()


@dataclass(frozen=True)
class Beat:
    """What drums are to know of a step.

    readings: (6,) in the order of BINDABLE, or None before any picture; motion: of the moment, 0..1; scene: its
    number; begins: whether a scene begins with the step; breaths: at which steps scenes are known to begin; struck:
    it is played at once, between two places of the grid.
    """

    stream: str
    seed: int
    n: int
    due: float
    step_s: float
    readings: Floats | None
    motion: float
    scene: int
    begins: bool
    breaths: Sequence[int] = ()
    struck: bool = False


def play_drums(
    state: DrumState, beat: Beat, controls: Controls, player: DrumPlayer
) -> tuple[tuple[Note | NoteOff, ...], DrumState]:
    """Play a step; returns its events and the drums after it. Steps that were missed are begun after anew."""
    known = state.memory is not None and beat.n == state.step + 1
    memory = state.memory if known and state.memory is not None else player.begin()
    told = player.tell(asked_of(beat, controls, player, state.usual), np.ones(TOLD, np.float32))
    key = DrawKey(beat.seed, beat.stream, DRUMS, beat.n, beat.scene)
    hits, after = player.step(
        memory,
        told,
        beat.n % PHRASE_STEPS,
        _drawn(at_its_place(key, controls.variation)),
        SURER * controls.temperature,
    )
    hits = _with_begin(() if beat.struck else hits, begins=beat.begins or beat.struck)
    events = [event for hit in hits for event in _events(hit, beat, controls)]
    return tuple(sorted(events, key=lambda event: event.time)), DrumState(beat.n, after, _of_late(state.usual, beat))


def asked_of(beat: Beat, controls: Controls, player: DrumPlayer, usual: float = USUAL_MOTION) -> Floats:
    """Return the character (11,) that the picture asks for, in the units of `music.drums`.

    Motion counts from halfway between that of everyday films and the `usual` one of the stream.
    """
    middles = dict(zip(BINDABLE, USUAL.tolist(), strict=True)) | {"motion": (USUAL_MOTION + usual) / 2}
    away = np.zeros(TOLD)
    for source, trait, amount in ASKED if beat.readings is not None else ():
        at = BINDABLE.index(source)
        value = beat.motion * controls.motion if source == "motion" else float(_reading(beat, at))
        away[CHARACTER.index(trait)] += amount * (value - middles[source]) / SPAN
    away = np.clip(away * controls.energy, -FURTHEST, FURTHEST) + _groove(beat.seed, beat.stream, beat.scene)
    away += OF_DENSITY * (controls.drums_density - 1) * np.isin(CHARACTER, RATES[:-1])
    character = (player.file.mean + away * player.file.std).astype(np.float32)
    character[CHARACTER.index("fill")] = _before_scene(beat.n, beat.breaths)
    character[CHARACTER.index("tempo")] = 15 / beat.step_s
    return character


def _of_late(usual: float, beat: Beat) -> float:
    """Let the usual motion follow that of the moment by two thirds in OF_LATE_S."""
    return usual + (beat.motion - usual) * min(beat.step_s / OF_LATE_S, 1.0)


def _reading(beat: Beat, at: int) -> float:
    assert beat.readings is not None
    return float(beat.readings[at])


def _before_scene(n: int, breaths: Sequence[int]) -> float:
    """1 in the bar before a scene that is known to begin."""
    return float(any(0 < begin - n <= STEPS_PER_BAR for begin in breaths))


@lru_cache(maxsize=256)
def _groove(seed: int, stream: str, scene: int) -> NDArray[np.float64]:
    """What a scene's groove has for itself, (11,); nothing of fill and tempo."""
    drawn = np.random.default_rng((seed, zlib.crc32(stream.encode()), DRUMS, scene)).standard_normal(TOLD)
    drawn *= np.where(np.isin(CHARACTER, RATES), OF_SCENE_RATE, OF_SCENE)
    drawn[-2:] = 0
    return drawn


@lru_cache(maxsize=64 * PHRASE_STEPS)
def _drawn(key: DrawKey) -> Chances:
    return Chances(*generator(key).random((3, SOUNDS)))


def _with_begin(hits: tuple[Hit, ...], *, begins: bool) -> tuple[Hit, ...]:
    """Let a scene that begins be struck."""
    if not begins:
        return hits
    struck = {KIT.index(name): Hit(KIT.index(name), velocity, 0.0) for name, velocity in STRUCK}
    return (*struck.values(), *(hit for hit in hits if hit.sound not in struck))


def _events(hit: Hit, beat: Beat, controls: Controls) -> tuple[Note, NoteOff]:
    at = beat.due + max(hit.offset, EARLIEST) * beat.step_s
    loud = controls.drums_volume * controls.velocity_high / LOUDEST
    velocity = max(1, min(127, round(hit.velocity * loud)))
    number, pitch, seconds = note_id(beat.n, DRUMS, hit.sound), PITCHES[hit.sound], SOUNDS_FOR * beat.step_s
    note = Note(
        stream=beat.stream, id=number, pitch=pitch, velocity=velocity, channel=DRUM_CHANNEL, seconds=seconds, time=at,
        step=beat.n, voice=DRUMS,
    )  # fmt: skip
    off = NoteOff(stream=beat.stream, id=number, pitch=pitch, channel=DRUM_CHANNEL, time=at + seconds, voice=DRUMS)
    return note, off
