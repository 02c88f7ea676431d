"""The corpus file: one .npz of tokens and what is known of each line and piece."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from score_bridge.corpus.types import Tokens
from score_bridge.errors import ModelError, SettingsError
from score_bridge.music.tokens import STEPS_PER_BAR, VOCABULARY

FORMAT = "score-bridge corpus 1"
Split = Literal["train", "valid", "test"]
_SPLITS: tuple[Split, ...] = ("train", "valid", "test")


@dataclass(frozen=True)
class Corpus:
    """L lines of P pieces, T steps in all. Line i is tokens[starts[i]:starts[i + 1]]."""

    tokens: Tokens
    """uint8 (T,): 0 hold, 1 off, 2..89 note-on."""
    starts: NDArray[np.int64]
    """(L + 1,), from 0 to T, multiples of 16."""
    piece: NDArray[np.int32]
    """(L,) index into the arrays of pieces."""
    key: NDArray[np.uint8]
    """(L,) 0-11 major, 12-23 minor."""
    metre: NDArray[np.uint8]
    """(L,) 44, 22, or 24 for bars of 2/4 in pairs."""
    split: NDArray[np.uint8]
    """(P,) 0 train, 1 valid, 2 test."""
    titles: NDArray[np.str_]
    """(P,) for people."""
    sources: NDArray[np.str_]
    """(P,) the folder or archive a piece came from."""

    @classmethod
    def load(cls, path: Path) -> "Corpus":
        """Read a corpus. Raises SettingsError when there is no such file, ModelError when it is not a corpus."""
        if not path.is_file():
            raise SettingsError(f"{path}: no such corpus")
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
        except Exception as error:
            raise ModelError(f"{path}: not a corpus") from error
        if str(arrays.pop("format", "")) != FORMAT:
            raise ModelError(f"{path}: not a corpus of format '{FORMAT}'")
        missing = {field.name for field in fields(cls)} - arrays.keys()
        if missing:
            raise ModelError(f"{path}: the corpus lacks {', '.join(sorted(missing))}")
        corpus = cls(**{field.name: arrays[field.name] for field in fields(cls)})
        if fault := corpus._fault():
            raise ModelError(f"{path}: a damaged corpus, {fault}")
        return corpus

    def save(self, path: Path) -> None:
        """Write the corpus, whole or not at all. Raises SettingsError when it cannot be written there."""
        arrays: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez_compressed(file, format=np.array(FORMAT), **arrays)
            os.replace(part, path)
        except OSError as error:
            raise SettingsError(f"{path}: cannot be written, {error.strerror}") from error

    def lines(self, split: Split) -> list[Tokens]:
        """The lines of one split, as views."""
        chosen = np.flatnonzero(self.split[self.piece] == _SPLITS.index(split))
        return [self.tokens[self.starts[at] : self.starts[at + 1]] for at in chosen]

    def without(self, sources: Sequence[str]) -> "Corpus":
        """Leave out pieces by source. Raises SettingsError for a source that is not there, or if none is left."""
        absent = set(sources) - {str(s) for s in self.sources}
        if absent:
            there = ", ".join(sorted({str(s) for s in self.sources}))
            raise SettingsError(f"no source {', '.join(sorted(absent))} in the corpus; it has {there}")
        kept = ~np.isin(self.sources, list(sources))
        if not kept.any():
            raise SettingsError(f"nothing is left of the corpus without {', '.join(sources)}")
        chosen = np.flatnonzero(kept[self.piece])
        lines = [self.tokens[self.starts[at] : self.starts[at + 1]] for at in chosen]
        return Corpus(
            tokens=np.concatenate([*lines, np.empty(0, np.uint8)]),
            starts=np.cumsum([0, *map(len, lines)]),
            piece=(np.cumsum(kept) - 1)[self.piece[chosen]].astype(np.int32),
            key=self.key[chosen], metre=self.metre[chosen],
            split=self.split[kept], titles=self.titles[kept], sources=self.sources[kept],
        )  # fmt: skip

    def _fault(self) -> str | None:
        """What does not fit together, or None."""
        lines, pieces = len(self.piece), len(self.titles)
        shapes = {"starts": lines + 1, "key": lines, "metre": lines, "split": pieces, "sources": pieces}
        for name, length in shapes.items():
            if getattr(self, name).shape != (length,):
                return f"{name} has the wrong length"
        if self.tokens.dtype != np.uint8 or self.tokens.max(initial=0) >= VOCABULARY:
            return f"tokens must be uint8 below {VOCABULARY}"
        lengths = np.diff(self.starts)
        if self.starts[0] != 0 or self.starts[-1] != len(self.tokens) or (lengths <= 0).any():
            return "starts do not cover the tokens"
        if (lengths % STEPS_PER_BAR).any():
            return "a line is not whole bars"
        if lines and not 0 <= self.piece.min() <= self.piece.max() < pieces:
            return "a line names no piece"
        return None
