"""The chords that a stream's melody is in: one each half bar, and anew where a scene begins. State in, state out."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.draws import DrawKey, at_its_place, generator
from score_bridge.models.chords.layout import FAR, HalfBar, moved
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.music.cadence import last_onset
from score_bridge.music.chords import COUNT, HALF_BAR, NO_CHORD, Chord, chord_of
from score_bridge.music.keys import fits
from score_bridge.music.scales import ROOTS, SCALES
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import CHORDS

Floats = NDArray[np.float32]

SURER = 0.6
"""The temperature of chords where the control `temperature` is 1. Lead sheets change chords 1.03 times a bar."""
BELIEVED = 0.2
"""By how much the melody must correlate better with another key than with its own to be heard in that one."""
ENOUGH_HEARD = 24
"""Sixteenths of notes before which the melody's own key is believed."""
FADING = 0.99
"""What of a heard sixteenth counts one later: a bar ago 85 %, eight bars ago 28 %."""


@dataclass(frozen=True, eq=False)
class Harmony:
    """The chord of the moment, by number in the key of `scene`, whose tonic is `tonic`; since: the step it began at;
    begun: the first step of the bar in which the scene began, from which its eight bars are counted.

    memory: the network's after it, None before the first; melody: (12,) sixteenths that each pitch class sounded
    since the last decision; heard: the same over the scene, what is long past fading; open: whether the half bar's
    chord is yet to be decided.
    """

    chord: int = NO_CHORD
    since: int = -1
    begun: int = 0
    tonic: int = 0
    scene: int = -1
    memory: Floats | None = None
    melody: Floats | None = None
    heard: Floats | None = None
    open: bool = False

    @property
    def sounding(self) -> Chord | None:
        """The chord as the melody is written, before it is transposed; None before the first."""
        return None if self.chord == NO_CHORD else chord_of(moved(self.chord, self.tonic))


NO_HARMONY = Harmony()


@dataclass(frozen=True)
class Place:
    """What a chord is to know of step `n`: the stream's key 0..23, its scene, the lead's pitch that sounds, if any,
    and how many steps the stream plays in all, if that is known.
    """

    stream: str
    seed: int
    n: int
    key: int
    scene: int
    pitch: int | None
    ends: int | None = None


def follow_harmony(harmony: Harmony, place: Place, controls: Controls, player: ChordPlayer) -> Harmony:
    """Return the harmony of a step: decided once a half bar, and where a scene begins.

    Where the lead rests as it begins, a half bar's chord waits for the first note in it, and the one before goes on.
    """
    begins = harmony.scene != place.scene
    if begins:
        harmony = Harmony(scene=place.scene, begun=place.n // STEPS_PER_BAR * STEPS_PER_BAR)
    harmony = replace(harmony, open=harmony.open or begins or place.n % HALF_BAR == 0)
    closes = place.ends is not None and place.n >= last_onset(place.ends)
    last = place.n % HALF_BAR == HALF_BAR - 1
    if harmony.open and (place.pitch is not None or last or closes):
        harmony = _decide(harmony, place, controls, player)
    melody, heard = (np.zeros(12, np.float32) if a is None else a.copy() for a in (harmony.melody, harmony.heard))
    if place.pitch is not None:
        melody[place.pitch % 12] += 1
        heard[place.pitch % 12] += 1
    return replace(harmony, melody=melody, heard=heard * FADING)


def _decide(harmony: Harmony, place: Place, controls: Controls, player: ChordPlayer) -> Harmony:
    key = _sounding_key(harmony.heard, place.key)
    tonic = key % 12
    melody = np.zeros(12, np.float32) if harmony.melody is None else np.roll(harmony.melody, -tonic)
    left = FAR if place.ends is None else (last_onset(place.ends) - place.n) // HALF_BAR
    first = None if place.pitch is None else (place.pitch - tonic) % 12
    before = moved(harmony.chord, harmony.tonic - tonic)
    half_bar = HalfBar(
        before, melody, (place.n - harmony.begun) // HALF_BAR, key >= 12, left if left >= 0 else FAR, first
    )
    memory = player.begin() if harmony.memory is None else harmony.memory
    logits, after = player.foresee(memory, half_bar)
    if left <= 0:
        chord = before if left < 0 else Chord(0, key // 12).number  # it closes at home
    elif first is None and before != NO_CHORD:
        chord = before
    else:
        draw = at_its_place(DrawKey(place.seed, place.stream, CHORDS, place.n, place.scene), controls.variation)
        noise = generator(draw).gumbel(size=COUNT)
        fitting = np.where(_fitting(controls, tonic), logits, -np.inf)
        freely = SURER * controls.temperature if before != NO_CHORD else 0.0  # a scene begins with the likeliest
        chord = int((fitting + freely * noise).argmax())
    since = harmony.since if chord == before else place.n
    return replace(harmony, chord=chord, since=since, tonic=tonic, memory=after, melody=None, open=False)


def _sounding_key(heard: Floats | None, told: int) -> int:
    """The key that a scene sounds in: the one the melody is told, unless it fits another one better by far."""
    if heard is None or heard.sum() < ENOUGH_HEARD:
        return told
    found = fits(heard.astype(np.float64))
    found[told] += BELIEVED
    return int(found.argmax())


def _fitting(controls: Controls, tonic: int) -> NDArray[np.bool_]:
    """Which chords (96,), relative to the tonic, the artist's scale allows: those with fewest tones outside it."""
    if controls.scale == "free":
        return np.ones(COUNT, np.bool_)
    root = (ROOTS[controls.root] - controls.transpose) % 12
    allowed = {(root + step - tonic) % 12 for step in SCALES[controls.scale]}
    outside = np.array([len(set(chord_of(number).tones) - allowed) for number in range(COUNT)])
    fitting: NDArray[np.bool_] = np.equal(outside, outside.min())
    return fitting
