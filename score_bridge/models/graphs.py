"""Networks as ONNX graphs without weights, which lie beside them as safetensors, and the sessions that run them.

A graph is a function of a network's sizes alone: weights of the same sizes run in the same graph. So the shipped ones
serve what a user trains from the shipped weights as well. `models.export` writes them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as states

from score_bridge.errors import ModelError
from score_bridge.models.weight_files import Arrays, shipped_weights

SUFFIX = ".graphs"
INDEX = "graphs.json"
"""Names the sizes that a folder's graphs are for, and the weights that each needs."""
WEIGHT = "weight:"
"""What the names of weights begin with in a graph, where an input may be called as a weight is."""
TRANSPOSED = ".T"
"""What the name of a constant ends with that is a weight transposed."""
UNUSABLE = (
    OSError, RuntimeError, ValueError,
    states.Fail, states.InvalidArgument, states.InvalidGraph, states.InvalidProtobuf, states.NotImplemented,
    states.RuntimeException,
)  # fmt: skip
"""What a damaged or foreign graph raises."""
PROVIDERS = ("CPUExecutionProvider",)

Run = Callable[..., list[NDArray[Any]]]


@dataclass(frozen=True)
class Graphs:
    """A folder with graphs of networks of one kind and size.

    weights: names of what each graph needs. A run takes one core: the others are for the rest of a show, or for
    decoding the film that is scored.
    """

    folder: Path
    weights: dict[str, list[str]]

    def open(self, name: str, weights: Arrays) -> Run:
        """Make the graph `name` ready to run with `weights`: a function of its inputs by name, which returns its
        outputs in order. ModelError where the graph cannot be read or the weights are not its own.
        """
        path = self.folder / f"{name}.onnx"
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            names = self.weights[name]
            values = [ort.OrtValue.ortvalue_from_numpy(_weight(weights, needed)) for needed in names]
            options.add_external_initializers([WEIGHT + needed for needed in names], values)
            session = ort.InferenceSession(path.read_bytes(), options, providers=list(PROVIDERS))
        except KeyError as error:
            raise ModelError(f"{path} needs the weight {error}, which is missing") from None
        except UNUSABLE as error:
            raise ModelError(f"cannot run the graph {path}: {str(error).splitlines()[0]:.200}") from None
        return lambda **inputs: session.run(None, inputs)


def find_graphs(weights: Path, sizes: dict[str, Any]) -> Graphs | None:
    """Return graphs for weights of these sizes: those beside the weights, or the shipped ones of the same kind."""
    for folder in (graphs_beside(weights), *sorted(shipped_weights().glob(f"*{SUFFIX}"))):
        try:
            index = json.loads((folder / INDEX).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if index["sizes"] == sizes:
            return Graphs(folder, index["weights"])
    return None


def graphs_beside(weights: Path) -> Path:
    """Return the folder in which graphs for these weights lie."""
    return weights.with_suffix(SUFFIX)


def _weight(weights: Arrays, name: str) -> NDArray[np.float32]:
    value = weights[name.removesuffix(TRANSPOSED)]
    return np.ascontiguousarray(value.T if name.endswith(TRANSPOSED) else value)
