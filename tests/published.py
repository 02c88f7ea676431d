"""A MusicVAE checkpoint small enough to make in a test, in every form they are published in, and what it must play.

`Oracle` is the published decoder written out in float64 NumPy, one stream and one step at a time.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Tensors = dict[str, NDArray[np.float32]]

LATENT, VOCABULARY = 6, 90
CELL = "decoder/multi_rnn_cell/cell_{}/lstm_cell/"


def tensors(layers: Sequence[int] = (12, 7), seed: int = 0, outputs: int = VOCABULARY) -> Tensors:
    """Random weights, louder than trained ones, so that tokens differ."""
    rng = np.random.default_rng(seed)
    shapes = {"decoder/z_to_initial_state/": (LATENT, 2 * sum(layers))}
    inputs = outputs + LATENT
    for i, size in enumerate(layers):
        shapes[CELL.format(i)] = (inputs + size, 4 * size)
        inputs = size
    shapes["decoder/output_projection/"] = (inputs, outputs)
    made: Tensors = {}
    for module, shape in shapes.items():
        made[module + "kernel"] = (1.5 * rng.standard_normal(shape)).astype(np.float32)
        made[module + "bias"] = (0.5 * rng.standard_normal(shape[1])).astype(np.float32)
    return made


def write_deeplearn(folder: Path, arrays: Mapping[str, NDArray[np.float32]], prefix: str = "") -> Path:
    """One raw file a tensor; and an encoder that the manifest names and nobody has."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"encoder/mu/kernel": {"filename": "encoder_mu_kernel", "shape": [4, LATENT]}}
    for name, values in arrays.items():
        filename = name.replace("/", "_")
        manifest[prefix + name] = {"filename": filename, "shape": list(values.shape)}
        (folder / filename).write_bytes(values.astype("<f4").tobytes())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def write_tfjs(folder: Path, arrays: Mapping[str, NDArray[np.float32]], stored: str = "float32") -> Tensors:
    """Two shards that cut through a tensor, an encoder between the others; returns what the numbers stand for."""
    folder.mkdir(parents=True, exist_ok=True)
    listed, parts, meant = [], [], {}
    names = list(arrays)
    for name in [*names[:3], "encoder/mu/bias", *names[3:]]:
        values = arrays.get(name, np.zeros(LATENT, np.float32))
        entry: dict[str, object] = {"name": name, "shape": list(values.shape), "dtype": "float32"}
        packed = values.astype("<f4")
        if stored != "float32":
            low, scale = float(values.min()), max(float(np.ptp(values)) / np.iinfo(stored).max, 1e-9)
            packed = np.round((values - low) / scale).astype(np.dtype(stored).newbyteorder("<"))
            entry["quantization"] = {"dtype": stored, "min": low, "scale": scale}
            values = (packed.astype(np.float64) * scale + low).astype(np.float32)
        listed.append(entry)
        parts.append(packed.tobytes())
        meant[name] = values
    data, cut = b"".join(parts), 1001
    absent = {"paths": ["absent"], "weights": [{"name": "encoder/mu/kernel", "shape": [2], "dtype": "float32"}]}
    manifest = [absent, {"paths": ["shard1", "shard2"], "weights": listed}]
    (folder / "shard1").write_bytes(data[:cut])
    (folder / "shard2").write_bytes(data[cut:])
    (folder / "weights_manifest.json").write_text(json.dumps(manifest))
    return {name: meant[name] for name in names}


class Oracle:
    """The published decoder of these weights."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self.weights = {name: values.astype(np.float64) for name, values in weights.items()}
        self.layers = sum("lstm_cell/bias" in name for name in weights)

    def play(self, latents: Floats) -> tuple[Floats, list[int]]:
        """Logits (T, 90) and the likeliest tokens along latents (T, Z); every 32 steps a phrase begins anew."""
        rows, tokens = [], []
        for n, z in enumerate(latents):
            if n % 32 == 0:
                state, before = self._begin(z), np.zeros(VOCABULARY)
            logits = self._step(np.concatenate([before, z]), state)
            tokens.append(int(logits.argmax()))
            before = np.eye(VOCABULARY)[tokens[-1]]
            rows.append(logits)
        return np.stack(rows), tokens

    def _begin(self, z: Floats) -> list[Floats]:
        state = np.tanh(self._linear(z, "decoder/z_to_initial_state/"))
        sizes = [len(self.weights[CELL.format(i) + "bias"]) // 4 for i in range(self.layers) for _ in "ch"]
        return np.split(state, np.cumsum(sizes)[:-1])

    def _step(self, x: Floats, state: list[Floats]) -> Floats:
        for i in range(self.layers):
            cell, hidden = state[2 * i : 2 * i + 2]
            gates = np.split(self._linear(np.concatenate([x, hidden]), CELL.format(i)), 4)
            cell = cell * _sigmoid(gates[2] + 1) + _sigmoid(gates[0]) * np.tanh(gates[1])
            x = np.tanh(cell) * _sigmoid(gates[3])
            state[2 * i : 2 * i + 2] = [cell, x]
        return self._linear(x, "decoder/output_projection/")

    def _linear(self, x: Floats, module: str) -> Floats:
        result: Floats = x @ self.weights[module + "kernel"] + self.weights[module + "bias"]
        return result


def _sigmoid(x: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-x))
    return result
