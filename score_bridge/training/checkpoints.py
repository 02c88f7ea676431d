"""What a run keeps: averaged weights, and a checkpoint that is either whole or absent. Safetensors, never pickle."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from score_bridge.errors import ModelError, SettingsError

CHECKPOINT = "checkpoint.safetensors"


class Averages:
    """Exponential moving average of a network's weights; young averages forget faster."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {k: v.detach().clone() for k, v in network.state_dict().items()}

    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after `step`."""
        decay = min(self.decay, (1 + step) / (10 + step))
        now = network.state_dict()
        torch._foreach_lerp_(list(self.weights.values()), [now[key] for key in self.weights], 1 - decay)


def save_progress(
    run: Path, network: nn.Module, averages: Averages, optimizers: Sequence[Optimizer], state: dict[str, float]
) -> None:
    """Write the checkpoint beside its final name, then rename; `state` is a flat set of numbers.

    Raises SettingsError when the run's folder cannot be written to.
    """
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in averages.weights.items()}
    for kind, optimizer in enumerate(optimizers):
        for i, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{kind}.{i}.{k}": v for k, v in moments.items()}
    partial = run / (CHECKPOINT + ".partial")
    owned = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    try:
        save_file(owned, partial, metadata={"state": json.dumps(state)})
        os.replace(partial, run / CHECKPOINT)
    except (OSError, SafetensorError) as error:
        raise SettingsError(f"{partial} cannot be written: {error}") from None


def load_progress(
    run: Path, network: nn.Module, averages: Averages, optimizers: Sequence[Optimizer]
) -> dict[str, float]:
    """Go on from the run's checkpoint; {} when there is none. Raises ModelError when it is damaged or another's."""
    path = run / CHECKPOINT
    if not path.exists():
        return {}
    try:
        tensors = load_file(path)
        network.load_state_dict(_part(tensors, "network."))
        averages.weights = _averages(_part(tensors, "average."), averages.weights)
        for kind, optimizer in enumerate(optimizers):
            _load_moments(optimizer, _part(tensors, f"optimizer.{kind}."))
        return _state(path)
    except (OSError, SafetensorError, RuntimeError, LookupError, TypeError, ValueError) as error:
        why = " ".join(str(error).split())[:160]
        raise ModelError(f"{path} is not a checkpoint of this model: {why}") from None


def read_note(path: Path) -> Any:
    """Read what a run noted; None when it noted nothing. Raises ModelError when that is damaged."""
    try:
        return json.loads(path.read_text("utf-8")) if path.exists() else None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}") from None


def write_note(path: Path, note: Any) -> None:
    """Note something for people and later sessions. Raises SettingsError when the folder cannot be written to."""
    try:
        path.write_text(json.dumps(note, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _averages(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    if {k: v.shape for k, v in found.items()} != {k: v.shape for k, v in wanted.items()}:
        raise ValueError("its averages are incomplete or of other sizes")
    return {k: v.to(wanted[k].device) for k, v in found.items()}


def _load_moments(optimizer: Optimizer, moments: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in moments.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    if sorted(state) != list(range(len(parameters))) or len({frozenset(of) for of in state.values()}) > 1:
        raise ValueError("its optimiser's state is incomplete")
    if any(v.dim() and v.shape != parameters[i].shape for i, of in state.items() for v in of.values()):
        raise ValueError("its optimiser's state is of other sizes")
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _state(path: Path) -> dict[str, float]:
    with safe_open(path, "pt") as file:
        state: dict[str, float] = json.loads(file.metadata()["state"])
    return state
