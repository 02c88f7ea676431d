"""Every phrase that training may show, with what is told of it in every key and transposition, on one device.

Described once, before the first step: a step then only gathers, on a GPU too.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.corpus.types import Tokens
from score_bridge.music.character import KEYLESS, KEYS, Scale, class_durations, keys_of, last_degrees, standard_scores
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, STEPS_PER_BAR, VOCABULARY

TRANSPOSE = 6
MEASURED = 20_000
REGISTER = KEYLESS.index("register")


@dataclass(frozen=True, eq=False)
class PhraseLibrary:
    """N phrases of two bars, one from every bar of the lines but the last.

    phrases: (N, 32) tokens; first, count: (N,) the first phrase of its line and how many that has; lowest, highest:
    (N,) tokens of its notes; durations: (N, 12) steps by pitch class; keyless: (N, P) scores of the descriptors that
    need no key; register: (N, 13) the register's by transposition -6..6; in_key: (N, 24, Q) scores of those that need
    a key, by key; last: (N,) pitch class of the last note from C, -1 without notes.
    """

    phrases: Tensor
    first: Tensor
    count: Tensor
    lowest: Tensor
    highest: Tensor
    durations: Tensor
    keyless: Tensor
    register: Tensor
    in_key: Tensor
    last: Tensor

    @classmethod
    def of(cls, lines: list[Tokens], scale: Scale, device: torch.device) -> "PhraseLibrary":
        """Describe every phrase of lines of whole bars; those shorter than two bars are left out."""
        phrases, first, count = _cut(lines)
        on = phrases >= FIRST_ON
        zeros = np.zeros(len(phrases), np.int64)
        low, high = np.where(on, phrases, VOCABULARY).min(1), np.where(on, phrases, 0).max(1)
        arrays = (
            phrases, first, count, low.astype(np.int64), high.astype(np.int64),
            class_durations(phrases).astype(np.float32), scale.keyless(phrases), _registers(phrases, scale),
            _in_every_key(phrases, scale), last_degrees(phrases, zeros),
        )  # fmt: skip
        return cls(*(torch.from_numpy(array).to(device) for array in arrays))

    def __len__(self) -> int:
        return len(self.phrases)


def measure_scale(lines: list[Tokens], seed: int) -> Scale:
    """Measure the scale of descriptors on phrases of these lines, each in the key of the eight bars from it on."""
    phrases, first, count = _cut(lines)
    chosen = np.random.default_rng(seed).permutation(len(phrases))[:MEASURED]
    following = [first[chosen] + (chosen - first[chosen] + 2 * k) % count[chosen] for k in range(4)]
    keys = keys_of(sum(class_durations(phrases[at]) for at in following))  # type: ignore[arg-type]
    return Scale.of(phrases[chosen], keys)


def _cut(lines: list[Tokens]) -> tuple[Tokens, NDArray[np.int64], NDArray[np.int64]]:
    """The phrases of all lines (N, 32), the first of each one's line (N,), and how many that line has (N,)."""
    counts = np.array([max(len(line) // STEPS_PER_BAR - 1, 0) for line in lines])
    firsts = np.cumsum(counts) - counts
    windows = [
        np.lib.stride_tricks.sliding_window_view(line, PHRASE_STEPS)[::STEPS_PER_BAR][:n]
        for line, n in zip(lines, counts, strict=True)
        if n
    ]
    return np.concatenate(windows), np.repeat(firsts, counts), np.repeat(counts, counts)


def _registers(phrases: Tokens, scale: Scale) -> NDArray[np.float32]:
    """Scores of the register (N, 13) of phrases moved by -6..6 semitones."""
    raw, quantiles = scale.raw_keyless(phrases)[:, [REGISTER]], scale.quantiles[:, [REGISTER]]
    shifts = range(-TRANSPOSE, TRANSPOSE + 1)
    return np.concatenate([standard_scores(raw + shift, quantiles) for shift in shifts], axis=1)


def _in_every_key(phrases: Tokens, scale: Scale) -> NDArray[np.float32]:
    """Scores (N, 24, Q) of the descriptors that need a key."""
    return np.stack([scale.in_key(phrases, np.full(len(phrases), key)) for key in range(KEYS)], axis=1)
