"""A melody network played by ONNX Runtime, from the graphs that `models.export` makes of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.graphs import Graphs
from score_bridge.models.melody.condition_layout import condition_size
from score_bridge.models.melody.melody_file import MelodyFile
from score_bridge.models.melody.player import Floats, Memory, Stepped

STEP, REPLAY, ENCODE = "step", "replay", "encode"


class OnnxPlayer:
    """See `player.MelodyPlayer`. A memory is keys and values (L, heads, history, head width); slot n % history holds
    step n.
    """

    def __init__(self, file: MelodyFile, graphs: Graphs) -> None:
        """Take the graphs of a model that is told a character, and the weights of its file."""
        sizes = file.info.card["config"]
        self.latent_size, self.history = sizes["latent"], sizes["history"]
        self.condition_size = condition_size(self.latent_size, sizes["descriptors"])
        shape = (sizes["decoder_layers"], sizes["heads"], self.history, sizes["width"] // sizes["heads"])
        self._nothing = np.zeros(shape, np.float32)
        self._nothing.flags.writeable = False  # it is shared
        self._step, self._replay, self._encode = (graphs.open(name, file.weights) for name in (STEP, REPLAY, ENCODE))

    def begin(self) -> Memory:
        """Return the memory of a stream that has not played yet."""
        return self._nothing, self._nothing

    def step(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        conditions: Floats,
        memories: Sequence[Memory],
        reaches: Sequence[int],
    ) -> Stepped:
        """Play a step of B streams."""
        keys, values = (np.stack(parts) for parts in zip(*memories, strict=True))
        position = np.array(positions, np.int64)
        logits, lengths, key, value = self._step(
            token=np.array(tokens, np.int64), position=position, condition=conditions, keys=keys, values=values,
            memory=np.array(reaches, np.int64),
        )  # fmt: skip
        rows, slots = np.arange(len(tokens)), position % self.history
        keys[rows, :, :, slots], values[rows, :, :, slots] = key, value
        return Stepped(logits, lengths, list(zip(keys, values, strict=True)))

    def replay(self, tokens: Sequence[int], positions: range, conditions: Floats, reaches: Sequence[int]) -> Memory:
        """Return the memory of one stream after T consecutive steps from none."""
        steps = np.array(positions, np.int64)
        played = self._replay(
            previous=np.array([tokens], np.int64), positions=steps, conditions=conditions[None],
            reaches=np.array(reaches, np.int64),
        )  # fmt: skip
        memory = self._nothing.copy(), self._nothing.copy()
        for part, added in zip(memory, played, strict=True):
            part[:, :, steps % self.history] = added[0]
        return memory

    def outline(self, condition: Floats) -> Floats:
        """Models with graphs foresee lengths at every step."""
        raise NotImplementedError

    def encode(self, phrase: NDArray[np.integer]) -> Floats:
        """Return the posterior's mean (Z,) of a phrase (32,) of tokens."""
        [mean] = self._encode(phrases=phrase.astype(np.int64)[None])
        return mean[0]  # type: ignore[no-any-return]
