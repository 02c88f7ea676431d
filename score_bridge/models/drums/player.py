"""The drum network at play: numpy alone, a step of one stream in half a millisecond. State in, state out.

It computes what `network.DrumNetwork` does; a test holds them together.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.drums.drum_file import DrumFile
from score_bridge.models.drums.layout import OFFSETS, PLACES, SOUNDS, VELOCITIES, offset_of, velocity_of
from score_bridge.models.gru import gru_layer

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DrumMemory:
    """hidden: (layers, H) of the recurrent units; played: (18,), the last step's hits and how loud they were."""

    hidden: Floats
    played: Floats


class Hit(NamedTuple):
    """One sound of a step: which of the kit, how loud (1..127), and how far from its place, in steps -½..½."""

    sound: int
    velocity: int
    offset: float


class Chances(NamedTuple):
    """Numbers 0..1 that a step is drawn by: (9,) whether a sound is hit, (9,) how loud, (9,) how early or late."""

    hit: Reals
    velocity: Reals
    offset: Reals


class DrumPlayer:
    """Holds weights only."""

    def __init__(self, file: DrumFile) -> None:
        """Raises ModelError where the weights are not those of such a network."""
        self.file = file
        self._w = {name: value.astype(np.float32) for name, value in file.weights.items()}
        try:
            self.step(self.begin(), np.zeros(2 * len(file.mean), np.float32), 0, _EVEN)
        except (KeyError, ValueError) as error:
            raise ModelError(f"{file.path} is incomplete or of other sizes: {error}") from None

    def begin(self) -> DrumMemory:
        """Return the memory of nothing."""
        sizes = self.file.sizes
        return DrumMemory(np.zeros((sizes.layers, sizes.hidden), np.float32), np.zeros(2 * SOUNDS, np.float32))

    def tell(self, character: Floats, told: Floats) -> Floats:
        """Pack a character (11,), in the units of `music.drums`, and how much of each is told (11,), 0 or 1."""
        scores = (character - self.file.mean) / self.file.std
        return np.concatenate([np.clip(scores, -3, 3) * told, told]).astype(np.float32)

    def step(
        self, memory: DrumMemory, told: Floats, place: int, chances: Chances, temperature: float = 1.0
    ) -> tuple[tuple[Hit, ...], DrumMemory]:
        """Play a step at a place of the phrase; returns what is hit, in the kit's order, and the memory after it.

        A sound is hit where its chance is below the probability that the network foresees, made surer by a
        temperature below 1.
        """
        w, at = self._w, self._w["place.weight"][place % PLACES]
        x = np.tanh(w["enter.weight"] @ np.concatenate([memory.played, told, at]) + w["enter.bias"])
        hidden = []
        for layer, before in enumerate(memory.hidden):
            x = gru_layer(w, layer, x, before)
            hidden.append(x)
        logits = w["hits.weight"] @ np.concatenate([x, told, at]) + w["hits.bias"]
        struck = np.zeros(SOUNDS, np.float32)
        for sound in range(SOUNDS):
            logit = logits[sound] + w["chain"][sound, :sound] @ struck[:sound]
            struck[sound] = chances.hit[sound] < _sigmoid(float(logit) / max(temperature, 1e-3))
        around = np.concatenate([x, struck, told])
        loud = self._drawn("velocities", around, chances.velocity, VELOCITIES)
        late = self._drawn("offsets", around, chances.offset, OFFSETS)
        velocity, offset = velocity_of(loud), offset_of(late)
        hits = tuple(Hit(i, int(velocity[i]), float(offset[i])) for i in range(SOUNDS) if struck[i])
        bins = np.clip(np.floor(loud), 0, VELOCITIES - 1)
        played = np.concatenate([struck, struck * (bins + 0.5) / VELOCITIES]).astype(np.float32)
        return hits, DrumMemory(np.stack(hidden), played)

    def _drawn(self, head: str, known: Floats, chances: Reals, bins: int) -> Reals:
        """Draw a place in the bins, 0..`bins`, for each sound."""
        logits = (
            (self._w[f"{head}.weight"] @ known + self._w[f"{head}.bias"]).reshape(SOUNDS, bins).astype(np.float64)
        )
        share = np.exp(logits - logits.max(1, keepdims=True))
        upto = np.cumsum(share / share.sum(1, keepdims=True), axis=1)
        found = np.minimum((upto < chances[:, None]).sum(1), bins - 1)
        rows = np.arange(SOUNDS)
        below = np.where(found > 0, upto[rows, found - 1], 0.0)
        return np.asarray(found + (chances - below) / np.maximum(upto[rows, found] - below, 1e-9))


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(x, -60, 60))))


_EVEN = Chances(np.full(SOUNDS, 0.5), np.full(SOUNDS, 0.5), np.full(SOUNDS, 0.5))
