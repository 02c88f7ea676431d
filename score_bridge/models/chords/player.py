"""The chord network at play: numpy alone, a half bar of one stream. State in, state out.

It computes what `network.ChordNetwork` does; a test holds them together.
"""

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.chords.chord_file import ChordFile
from score_bridge.models.chords.layout import CLASSES, FAR, HalfBar
from score_bridge.models.gru import gru_layer
from score_bridge.music.chords import COUNT, NO_CHORD

Floats = NDArray[np.float32]


class ChordPlayer:
    """Holds weights only."""

    def __init__(self, file: ChordFile) -> None:
        """Raises ModelError where the weights are not those of such a network."""
        self.file = file
        self._w = {name: value.astype(np.float32) for name, value in file.weights.items()}
        nothing = HalfBar(NO_CHORD, np.zeros(CLASSES, np.float32), 0, minor=False, left=FAR, first=None)
        try:
            logits, _ = self.foresee(self.begin(), nothing)
            if logits.shape != (COUNT,):
                raise ValueError(f"it foresees {logits.shape} chords, not {COUNT}")
        except (KeyError, ValueError) as error:
            raise ModelError(f"{file.path} is incomplete or of other sizes: {error}") from None

    def begin(self) -> Floats:
        """Return the memory (H,) of nothing."""
        return np.zeros(self.file.sizes.hidden, np.float32)

    def foresee(self, memory: Floats, half_bar: HalfBar) -> tuple[Floats, Floats]:
        """Return the logits (96,) of a half bar's chord, relative to the tonic, and the memory (H,) after it."""
        w, now = self._w, half_bar.now()
        known = gru_layer(w, 0, half_bar.given(), memory)
        logits = w["chords.weight"] @ np.concatenate([known, now]) + w["chords.bias"]
        first = int(now.argmax())
        return np.asarray(logits + w["both.weight"][:, first] @ known, np.float32), known
