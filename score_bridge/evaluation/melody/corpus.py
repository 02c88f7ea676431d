"""The corpus that a model is held against."""

import tempfile
from pathlib import Path

from score_bridge.corpus.build import build_corpus, builtin_paths
from score_bridge.corpus.file import Corpus
from score_bridge.errors import SettingsError
from score_bridge.models.melody.melody_file import MelodyInfo


def read_corpus(path: Path | None, info: MelodyInfo) -> Corpus:
    """Pieces of the kinds the model learned from, of a corpus file or else of the tunes that music21 carries.

    Raises SettingsError when there is none, or none of its pieces is held out.
    """
    corpus = Corpus.load(path) if path else _builtin()
    there = {str(s) for s in corpus.sources}
    kept = corpus.without([s for s in info.card.get("recipe", {}).get("leave_out", ()) if s in there])
    if not kept.lines("test") or not kept.lines("train"):
        raise SettingsError("the corpus has no test pieces to measure on")
    return kept


def _builtin() -> Corpus:
    """The tunes that music21 carries, read again."""
    paths = builtin_paths()
    if not paths:
        raise SettingsError("name a --corpus, or install music21 for its tunes (pip install music21)")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "builtin.npz"
        build_corpus(paths, out)
        return Corpus.load(out)
