"""Writes ONNX graphs of the project's networks, without their weights; see `models.graphs`.

Needs the packages onnx and onnxscript (the extra `export`).
"""

import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from score_bridge.models.graphs import INDEX, TRANSPOSED, WEIGHT
from score_bridge.models.melody.onnx_player import ENCODE, REPLAY, STEP
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.models.picture.efficientnet import EfficientNetLite0, normalise
from score_bridge.models.picture.frame_file import LAYOUT_SIDE
from score_bridge.models.picture.frame_vae import FrameConfig, FrameVAE
from score_bridge.models.picture.look import LOOK_SIDE
from score_bridge.models.picture.onnx_encoders import LAYOUT, LOOK, LOOK_SIZES
from score_bridge.music.tokens import PHRASE_STEPS

OPSET: Final = 20
"""ONNX Runtime 1.17 and newer read it."""


@dataclass(frozen=True)
class Part:
    """A function of a network to export: example inputs by name, which of their axes vary, names of its outputs."""

    module: nn.Module
    inputs: Mapping[str, Tensor]
    varying: Mapping[str, int]
    outputs: Sequence[str]


def export_melody(config: MelodyConfig, folder: Path) -> None:
    """Write the graphs of a melody network that is told a character. ValueError for another."""
    if not config.descriptors:
        raise ValueError("only networks that are told a character are exported")
    network = MelodyVAE(config)
    batch, steps = 3, 5
    whole = torch.zeros(batch, dtype=torch.int64)
    told = torch.zeros(batch, network.condition_size)
    keys, values = network.empty_cache(batch)
    step = {"token": whole, "position": whole + 40, "condition": told, "keys": keys, "values": values}
    replay = {
        "previous": torch.zeros(1, steps, dtype=torch.int64),
        "positions": torch.arange(steps),
        "conditions": torch.zeros(1, steps, network.condition_size),
        "reaches": torch.full((steps,), 4),
    }
    parts = {
        STEP: Part(
            _Step(network), {**step, "memory": whole + 9}, dict.fromkeys((*step, "memory"), 0),
            ("logits", "lengths", "key", "value"),
        ),
        REPLAY: Part(
            _Replay(network), replay, {"previous": 1, "positions": 0, "conditions": 1, "reaches": 0},
            ("keys", "values"),
        ),
        ENCODE: Part(_Encode(network), {"phrases": torch.zeros(1, PHRASE_STEPS, dtype=torch.int64)}, {}, ("mean",)),
    }  # fmt: skip
    _write(network, parts, asdict(config), folder)


def export_frames(config: FrameConfig, folder: Path) -> None:
    """Write the graph of a frame VAE's encoder."""
    network = FrameVAE(config)
    pictures = torch.zeros(2, LAYOUT_SIDE, LAYOUT_SIDE, 3, dtype=torch.uint8)
    part = Part(_Layout(network), {"pictures": pictures}, {"pictures": 0}, ("means",))
    sizes = {**asdict(config), "channels": list(config.channels)}
    _write(network, {LAYOUT: part}, sizes, folder)


def export_features(folder: Path) -> None:
    """Write the graph of the picture encoder with its classifier."""
    network = EfficientNetLite0()
    pictures = torch.zeros(2, LOOK_SIDE, LOOK_SIDE, 3, dtype=torch.uint8)
    part = Part(_Look(network), {"pictures": pictures}, {"pictures": 0}, ("features", "logits"))
    _write(network, {LOOK: part}, LOOK_SIZES, folder)


class _Step(nn.Module):
    def __init__(self, network: MelodyVAE) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, token: Tensor, position: Tensor, condition: Tensor, keys: Tensor, values: Tensor, memory: Tensor
    ) -> tuple[Tensor | None, ...]:
        return self.network.step_alone(token, position, condition, keys, values, memory)


class _Replay(nn.Module):
    def __init__(self, network: MelodyVAE) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, previous: Tensor, positions: Tensor, conditions: Tensor, reaches: Tensor
    ) -> tuple[Tensor, Tensor]:
        return self.network.replay_alone(previous, positions, conditions, reaches)


class _Encode(nn.Module):
    def __init__(self, network: MelodyVAE) -> None:
        super().__init__()
        self.network = network

    def forward(self, phrases: Tensor) -> Tensor:
        return self.network.encode(phrases)[0]


class _Layout(nn.Module):
    def __init__(self, network: FrameVAE) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        mean, _ = self.network.encode(pictures.permute(0, 3, 1, 2).float() / 255)
        return mean


class _Look(nn.Module):
    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(normalise(pictures))
        return features, self.network.classifier(features)


def _write(network: nn.Module, parts: Mapping[str, Part], sizes: Mapping[str, Any], folder: Path) -> None:
    weights = _distinct(network)
    folder.mkdir(parents=True, exist_ok=True)
    names = {}
    for name, part in parts.items():
        graph = _graph(part)
        names[name] = _take_weights_out(graph, weights)
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())
    (folder / INDEX).write_text(json.dumps({"sizes": sizes, "weights": names}, indent=1) + "\n", "utf-8")


def _distinct(network: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Fill a network with numbers by which each weight can be told from every other; return them by name."""
    network.eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for value in network.state_dict().values():
        value.copy_(0.02 * torch.randn(value.shape, generator=generator))
    return {name: value.numpy() for name, value in network.state_dict().items()}


def _graph(part: Part) -> onnx.ModelProto:
    shapes = {
        name: {part.varying[name]: torch.export.Dim.AUTO} if name in part.varying else None for name in part.inputs
    }
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of torchvision, which nothing here needs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, of what it will deprecate
        program = torch.onnx.export(
            part.module, tuple(part.inputs.values()), input_names=list(part.inputs), output_names=list(part.outputs),
            dynamic_shapes=shapes, opset_version=OPSET, dynamo=True, verbose=False,
        )  # fmt: skip
    assert program is not None
    graph: onnx.ModelProto = program.model_proto
    for described in (graph, *graph.graph.node):
        del described.metadata_props[:]  # where in the source each node came from, with paths of this machine
    return graph


def _take_weights_out(graph: onnx.ModelProto, weights: Mapping[str, NDArray[np.float32]]) -> list[str]:
    """Leave only names of weights in a graph, each its weight's or with TRANSPOSED; return them.

    Raises ValueError for a constant that is no weight: a graph must not depend on the numbers it was made with.
    """
    renamed = {}
    for constant in graph.graph.initializer:
        value = numpy_helper.to_array(constant)
        if value.dtype != np.float32 or value.size == 1:
            continue
        name = _name_of(value, weights)
        if name is None:
            raise ValueError(f"the constant {constant.name} {value.shape} is none of the network's weights")
        renamed[constant.name] = name
        constant.ClearField("raw_data")
        constant.ClearField("float_data")
        constant.data_location = onnx.TensorProto.EXTERNAL
        for key, said in (("location", "weights"), ("offset", "0"), ("length", str(value.nbytes))):
            constant.external_data.add(key=key, value=said)
        constant.name = WEIGHT + name
    for node in graph.graph.node:
        node.input[:] = [WEIGHT + renamed[name] if name in renamed else name for name in node.input]
    return sorted(renamed.values())


def _name_of(value: NDArray[np.float32], weights: Mapping[str, NDArray[np.float32]]) -> str | None:
    for name, weight in weights.items():
        if weight.shape == value.shape and np.array_equal(weight, value):
            return name
        if weight.T.shape == value.shape and np.array_equal(weight.T, value):
            return name + TRANSPOSED
    return None
