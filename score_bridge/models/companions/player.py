"""The companion network at play: numpy alone, a step of one part of one stream. State in, state out.

It computes what `network.CompanionNetwork` does; a test holds them together.
"""

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.companions.companion_file import CompanionFile
from score_bridge.models.companions.layout import COLUMNS, Whole
from score_bridge.models.gru import gru_layer
from score_bridge.music.tokens import VOCABULARY

Floats = NDArray[np.float32]


class CompanionPlayer:
    """Holds weights only."""

    def __init__(self, file: CompanionFile) -> None:
        """Raises ModelError where the weights are not those of such a network."""
        self.file = file
        self._w = {name: value.astype(np.float32) for name, value in file.weights.items()}
        try:
            logits, _ = self.foresee(self.begin(), np.zeros(COLUMNS, np.int64))
            if logits.shape != (VOCABULARY,):
                raise ValueError(f"it foresees {logits.shape} tokens, not {VOCABULARY}")
        except (KeyError, IndexError, ValueError) as error:
            raise ModelError(f"{file.path} is incomplete or of other sizes: {error}") from None

    def begin(self) -> Floats:
        """Return the memory (H,) of nothing."""
        return np.zeros(self.file.sizes.hidden, np.float32)

    def foresee(self, memory: Floats, rows: Whole) -> tuple[Floats, Floats]:
        """Return the logits (90,) of a part's token, relative to the key, and the memory (H,) after it."""
        w = self._w
        given = np.maximum(w["table"][rows].sum(0), 0)
        known = gru_layer(w, 0, given, memory)
        mixed = np.maximum(w["mix.weight"] @ np.concatenate([given, known]) + w["mix.bias"], 0)
        return np.asarray(w["tokens.weight"] @ mixed + w["tokens.bias"], np.float32), known
