"""Building, saving and loading corpora."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from score_bridge.corpus.build import Corpus, SourceCount, build_corpus, builtin_paths
from score_bridge.errors import ModelError, SettingsError
from tests.training.made import scales

pytest.importorskip("music21")

HEAD = "X:1\nT:{}\nM:4/4\nL:1/4\nK:C\n"
SCALE = HEAD.format("Scale") + "c d e f|g a b c'|]\n"
HIGHER = HEAD.format("Higher") + "d e ^f g|a b ^c' d'|]\n"
BROKEN_CHORD = HEAD.format("Broken chord") + "c e g e|c e g c'|]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tunes, one of them twice in two keys, a file that is none and one of no interest."""
    where = tmp_path / "tunes"
    (where / "deep").mkdir(parents=True)
    for name, tune in (("a", SCALE), ("b", HIGHER), ("deep/c", BROKEN_CHORD)):
        (where / f"{name}.abc").write_text(tune, encoding="utf-8")
    (where / "broken.mid").write_bytes(bytes(range(40)))
    (where / "notes.txt").write_text("c d e f", encoding="utf-8")
    return where


def test_build_and_load(folder: Path, tmp_path: Path) -> None:
    out, heard = tmp_path / "deep" / "corpus.npz", list[tuple[int, int]]()
    report = build_corpus([folder], out, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (report.files_read, report.pieces, report.lines, report.steps) == (3, 2, 2, 64)
    assert report.dropped["duplicate"] == 1
    assert report.sources == (SourceCount("tunes", 3, 2, 2, 64),)
    ((skipped, reason),) = report.skipped
    assert skipped.endswith("broken.mid")
    assert reason
    corpus = Corpus.load(out)
    assert list(corpus.titles) == ["Scale", "Broken chord"]
    assert list(corpus.sources) == ["tunes", "tunes"]
    assert list(corpus.key) == [0, 0]
    assert list(corpus.metre) == [44, 44]
    everything = [line for split in ("train", "valid", "test") for line in corpus.lines(split)]
    assert sorted(map(len, everything)) == [32, 32]


def test_worker_processes_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for at in range(5):
        (folder / f"copy{at}.abc").write_text(SCALE, encoding="utf-8")
    build_corpus([folder], tmp_path / "one.npz", workers=1)
    build_corpus([folder], tmp_path / "two.npz", workers=2)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_file_named_twice_is_read_once(folder: Path, tmp_path: Path) -> None:
    report = build_corpus([folder / "a.abc", folder / "deep"], tmp_path / "c.npz")
    assert [count.source for count in report.sources] == ["a", "deep"]
    assert build_corpus([folder / "a.abc", folder / "a.abc"], tmp_path / "c.npz").files_read == 1


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "waltz.abc").write_text(SCALE.replace("4/4", "3/4"), encoding="utf-8")
    (tmp_path / "x.pdf").write_bytes(b"")
    for paths, words in (
        ([], "no files or folders"),
        ([tmp_path / "empty"], "no scores in it"),
        ([tmp_path / "x.pdf"], "no scores in it"),
        ([tmp_path / "gone"], "no such file or folder"),
        ([tmp_path / "waltz.abc"], "no melody in 4/4"),
    ):
        with pytest.raises(SettingsError, match=words) as caught:
            build_corpus(paths, tmp_path / "c.npz")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "c.npz").exists()


def test_a_place_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        build_corpus([folder / "a.abc"], tmp_path / "file" / "c.npz")


def test_the_tunes_music21_carries() -> None:
    assert [path.name for path in builtin_paths()] == ["airdsAirs", "oneills1850", "ryansMammoth"]


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such corpus"):
        Corpus.load(tmp_path / "c.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", bytes(range(256))])
def test_not_a_corpus(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(ModelError, match="not a corpus"):
        Corpus.load(tmp_path / "c.npz")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": np.array("score-bridge corpus 99")}, "not a corpus of format"),
        ({"key": None}, "the corpus lacks key"),
        ({"key": np.zeros(9, dtype=np.uint8)}, "key has the wrong length"),
        ({"tokens": np.full(32, 90, dtype=np.uint8)}, "tokens must be"),
        ({"starts": np.array([0, 16])}, "starts do not cover"),
        ({"starts": np.array([0, 31]), "tokens": np.zeros(31, dtype=np.uint8)}, "not whole bars"),
        ({"piece": np.array([3], dtype=np.int32)}, "names no piece"),
        ({"titles": np.array([{}], dtype=object)}, "not a corpus"),
    ],
)
def test_a_damaged_corpus(folder: Path, tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = tmp_path / "c.npz"
    build_corpus([folder / "a.abc"], path)
    with np.load(path) as archive:
        arrays = {**archive, **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(ModelError, match=words) as caught:
        Corpus.load(path)
    assert "\n" not in str(caught.value)


def test_sources_can_be_left_out() -> None:
    corpus = scales(6, bars=4)
    mixed = replace(corpus, sources=np.array(["a", "b", "a", "c", "b", "a"]), titles=np.array(list("uvwxyz")))
    rest = mixed.without(["a", "c"])
    assert list(rest.titles) == ["v", "y"]
    assert list(rest.piece) == [0, 1]
    assert list(rest.split) == [mixed.split[1], mixed.split[4]]
    assert list(rest.starts) == [0, 64, 128]
    assert np.array_equal(rest.tokens, np.concatenate([corpus.tokens[64:128], corpus.tokens[256:320]]))
    assert rest._fault() is None
    assert list(mixed.without([]).titles) == list(mixed.titles)
    with pytest.raises(SettingsError, match="no source d, e in the corpus; it has a, b, c"):
        mixed.without(["e", "a", "d"])
    with pytest.raises(SettingsError, match="nothing is left of the corpus without a, b, c"):
        mixed.without(["a", "b", "c"])


def test_a_name_that_is_not_utf_8_costs_no_other_file(folder: Path, tmp_path: Path) -> None:
    before = build_corpus([folder], tmp_path / "before.npz")
    for name in (b"bad\xff.abc", b"bad\xfe.mid"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"junk")
    after = build_corpus([folder], tmp_path / "after.npz")
    assert after.lines == before.lines
    assert len(after.skipped) == len(before.skipped) + 2
    str(after.skipped).encode()
