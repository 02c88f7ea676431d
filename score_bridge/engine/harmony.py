"""The chords that a stream's melody is in: one each half bar, and anew where a scene begins. State in, state out."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.draws import DrawKey, at_its_place, generator
from score_bridge.models.chords.layout import FAR, HalfBar, moved
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.music.cadence import last_onset
from score_bridge.music.chords import COUNT, HALF_BAR, NO_CHORD, Chord, chord_of
from score_bridge.music.scales import ROOTS, SCALES
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import CHORDS

Floats = NDArray[np.float32]

SURER = 0.6
"""The temperature of chords where the control `temperature` is 1. Lead sheets change chords 1.03 times a bar."""


@dataclass(frozen=True, eq=False)
class Harmony:
    """The chord of the moment, by number in the key of `scene`, whose tonic is `tonic`; since: the step it began at.

    memory: the network's after it, None before the first; melody: (12,) sixteenths that each pitch class sounded in
    since the last decision.
    """

    chord: int = NO_CHORD
    since: int = -1
    tonic: int = 0
    scene: int = -1
    memory: Floats | None = None
    melody: Floats | None = None

    @property
    def sounding(self) -> Chord | None:
        """The chord as the melody is written, before it is transposed."""
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
    """Return the harmony of a step: decided at half bars, and where a scene begins."""
    begins = harmony.memory is None or harmony.scene != place.scene
    tonic = place.key % 12
    if begins:
        harmony = Harmony(tonic=tonic, scene=place.scene)
    if begins or place.n % HALF_BAR == 0:
        harmony = _decide(harmony, place, tonic, controls, player)
    melody = np.zeros(12, np.float32) if harmony.melody is None else harmony.melody.copy()
    if place.pitch is not None:
        melody[place.pitch % 12] += 1
    return replace(harmony, melody=melody)


def _decide(harmony: Harmony, place: Place, tonic: int, controls: Controls, player: ChordPlayer) -> Harmony:
    melody = np.zeros(12, np.float32) if harmony.melody is None else np.roll(harmony.melody, -tonic)
    left = FAR if place.ends is None else (last_onset(place.ends) - place.n) // HALF_BAR
    first = None if place.pitch is None else (place.pitch - tonic) % 12
    before = moved(harmony.chord, harmony.tonic - tonic)
    half_bar = HalfBar(before, melody, place.n // HALF_BAR, place.key >= 12, left if left >= 0 else FAR, first)
    memory = player.begin() if harmony.memory is None else harmony.memory
    logits, after = player.foresee(memory, half_bar)
    if left <= 0:
        chord = before if left < 0 else Chord(0, place.key // 12).number  # it closes at home
    else:
        key = at_its_place(DrawKey(place.seed, place.stream, CHORDS, place.n, place.scene), controls.variation)
        noise = generator(key).gumbel(size=COUNT)
        chord = int(
            (np.where(_fitting(controls, tonic), logits, -np.inf) + SURER * controls.temperature * noise).argmax()
        )
    since = harmony.since if chord == before else place.n
    return Harmony(chord, since, tonic, harmony.scene, after, None)


def _fitting(controls: Controls, tonic: int) -> NDArray[np.bool_]:
    """Which chords (96,), relative to the tonic, the artist's scale allows: those with fewest tones outside it."""
    if controls.scale == "free":
        return np.ones(COUNT, np.bool_)
    root = (ROOTS[controls.root] - controls.transpose) % 12
    allowed = {(root + step - tonic) % 12 for step in SCALES[controls.scale]}
    outside = np.array([len(set(chord_of(number).tones) - allowed) for number in range(COUNT)])
    fitting: NDArray[np.bool_] = np.equal(outside, outside.min())
    return fitting
