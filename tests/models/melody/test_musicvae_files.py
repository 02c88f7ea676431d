import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from score_bridge.errors import ModelError
from score_bridge.models.melody.musicvae_files import read_decoder
from score_bridge.models.melody.musicvae_import import decoder_of
from tests.published import tensors, write_deeplearn, write_tfjs

BIAS = "decoder/z_to_initial_state/bias"


@pytest.mark.parametrize("prefix", ["", "model/", "a/b/"])
def test_a_file_a_tensor(tmp_path: Path, prefix: str) -> None:
    weights = tensors()
    read = read_decoder(write_deeplearn(tmp_path, weights, prefix))
    assert read.format == "deeplearn.js"
    assert read.tensors.keys() == weights.keys()
    for name, values in weights.items():
        np.testing.assert_array_equal(read.tensors[name], values)
    data = (tmp_path / BIAS.replace("/", "_")).read_bytes()
    assert read.sha256[BIAS.replace("/", "_")] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("stored", ["float32", "uint8", "uint16"])
def test_shards_plain_and_quantised(tmp_path: Path, stored: str) -> None:
    weights = tensors()
    meant = write_tfjs(tmp_path, weights, stored)
    read = read_decoder(tmp_path)
    assert read.format == "tfjs"
    assert read.sha256.keys() == {"shard1", "shard2"}
    for name, values in meant.items():
        np.testing.assert_array_equal(read.tensors[name], values)
        np.testing.assert_allclose(values, weights[name], atol={"uint8": 0.05, "uint16": 2e-4}.get(stored, 0))


def _manifest(change: Callable[[Any], Any], name: str = "manifest.json") -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        path = folder / name
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return damage


def _bias_file(path: str) -> Callable[[Path], object]:
    return _manifest(lambda m: m[BIAS].update(filename=path))


FILE = BIAS.replace("/", "_")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: (p / "manifest.json").unlink(), r"expected manifest\.json or weights_manifest\.json there"),
        (lambda p: (p / "manifest.json").write_text("{"), "cannot read .*manifest.json"),
        (lambda p: (p / "manifest.json").write_bytes(b'{"a": {"filename": "\xff", "shape": []}}'), "cannot read"),
        (lambda p: (p / "manifest.json").write_text("[]"), "Expected `object`, got `array`"),
        (_manifest(lambda m: m[BIAS].pop("filename")), "missing required field `filename`"),
        (_manifest(lambda m: m[BIAS].update(shape=[-1])), "Expected `int` >= 1"),
        (_manifest(lambda m: m[BIAS].update(shape=[10**9])), f"{FILE}: 152 bytes, expected 4000000000 for {BIAS}"),
        (lambda p: (p / FILE).unlink(), f"{BIAS}: no file '{FILE}' in"),
        (lambda p: (p / FILE).write_bytes(b"1234"), f"{FILE}: 4 bytes, expected 152 for {BIAS}"),
        (lambda p: (p / FILE).write_bytes(np.full(38, np.nan, "<f4").tobytes()), f"{BIAS} holds values that are not"),
        (_bias_file("../elsewhere"), f"{BIAS}: its file '../elsewhere' would lie outside"),
        (_bias_file("sub/../../elsewhere"), "would lie outside"),
        (_bias_file("/etc/hosts"), "would lie outside"),
        (_bias_file("C:elsewhere"), "would lie outside"),
        (_bias_file("..\\elsewhere"), "would lie outside"),
        (_bias_file(""), "no file ''"),
        (_bias_file("\0"), "no file"),
        (_manifest(lambda m: m.pop(BIAS)), f"decoder is incomplete; its manifest lacks {BIAS}"),
        (_manifest(lambda m: m.clear()), "lacks decoder/z_to_initial_state/kernel, .*output_projection/bias"),
        (
            _manifest(lambda m: m.pop("decoder/multi_rnn_cell/cell_0/lstm_cell/bias")),
            "lacks decoder/multi_rnn_cell/cell_0/lstm_cell/bias$",
        ),
        (
            _manifest(lambda m: m.update({f"other/{BIAS}": m[BIAS]})),
            f"several tensors {BIAS}: only a single decoder",
        ),
        (
            _manifest(lambda m: m.update({"decoder/hierarchical_level_0/initial_state/bias": m[BIAS]})),
            "hierarchical checkpoint .*only flat decoders",
        ),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    folder = write_deeplearn(tmp_path / "published", tensors())
    (tmp_path / "elsewhere").write_bytes((folder / FILE).read_bytes())
    damage(folder)
    with pytest.raises(ModelError, match=words) as caught:
        decoder_of(read_decoder(folder).tensors)
    assert "\n" not in str(caught.value)


def _weight(**changes: object) -> Callable[[Path], object]:
    """Change the first tensor of the group that has the decoder."""
    return _manifest(lambda m: m[1]["weights"][0].update(changes), "weights_manifest.json")


KERNEL = "decoder/z_to_initial_state/kernel"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: (p / "shard2").unlink(), f"{KERNEL}: no file 'shard2' in"),
        (
            lambda p: (p / "shard1").write_bytes(b""),
            rf"shard1, shard2: \d+ bytes, expected \d+ for {KERNEL} and 8 more",
        ),
        (_weight(dtype="complex64", quantization=None), f"{KERNEL} is stored as the unknown type 'complex64'"),
        (_weight(dtype="int32", quantization=None), "bytes, expected"),
        (_weight(quantization={"dtype": "float16", "min": 0, "scale": 1}), "unknown type 'float16'"),
        (
            _weight(quantization={"dtype": "bool", "min": 0, "scale": 1}),
            f"{KERNEL} is stored as bool, expected uint8",
        ),
        (_weight(quantization={"dtype": "uint8", "min": 0, "scale": 1e300}), f"{KERNEL} holds values that are not"),
        (_weight(quantization={"dtype": "uint8", "scale": 1}), "missing required field `min`"),
        (_weight(quantization={"dtype": "uint8", "min": "low", "scale": 1}), "Expected `float`, got `str`"),
        (_manifest(lambda m: m[1]["paths"].append("../x"), "weights_manifest.json"), "'../x' would lie outside"),
        (_manifest(lambda m: m[1].update(paths="shard1"), "weights_manifest.json"), "Expected `array`, got `str`"),
    ],
)
def test_bad_shards_are_one_clear_line(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    write_tfjs(tmp_path, tensors(), "uint8")
    damage(tmp_path)
    with pytest.raises(ModelError, match=words) as caught:
        read_decoder(tmp_path)
    assert "\n" not in str(caught.value)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    write_tfjs(tmp_path, tensors())
    _weight(dtype="int32")(tmp_path)
    with pytest.raises(ModelError, match=f"{KERNEL} is stored as int32, expected float32"):
        read_decoder(tmp_path)
