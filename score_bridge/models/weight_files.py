"""Weights as files: safetensors beside a JSON card with their format, version and sha256. Nothing is unpickled."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from score_bridge.errors import ModelError

Arrays = dict[str, NDArray[Any]]
"""Weights by name."""
NETWORK = "network."
"""What the names of a network's own weights begin with."""


def shipped_weights() -> Path:
    """Return the folder with the weights and graphs that come with the package."""
    return Path(str(files("score_bridge") / "weights"))


class Format(NamedTuple):
    """A format's name and version, and what people call such weights."""

    name: str
    version: int
    noun: str


def write_weights(path: Path, arrays: Arrays, form: Format, card: dict[str, Any]) -> None:
    """Write `path` and its card, completed with format, version and sha256. ModelError when they cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(save(arrays, metadata={"format": form.name, "version": str(form.version)}))
        full = {"format": form.name, "version": form.version, "sha256": sha256_of(path), **card}
        path.with_suffix(".json").write_text(json.dumps(full, indent=1) + "\n", "utf-8")
    except (OSError, SafetensorError) as error:
        raise ModelError(f"cannot write weights {path}: {error}") from None


def read_weights(path: Path, card: dict[str, Any]) -> tuple[Arrays, str]:
    """Read the arrays and their sha256. ModelError when they are damaged or not those that the card describes."""
    try:
        arrays: Arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"cannot read weights {path}: {error}") from None
    sha256 = sha256_of(path)
    if card.get("sha256") != sha256:
        raise ModelError(f"{path} does not match its card: sha256 {sha256[:12]}…, the card says {card.get('sha256')}")
    return arrays, sha256


def read_card(path: Path, form: Format) -> dict[str, Any]:
    """Read the card beside weights. ModelError when either is missing, or the card describes something else."""
    if not path.is_file():
        raise ModelError(f"no weights at {path}")
    try:
        card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"weights {path} have no readable card {path.with_suffix('.json').name}: {error}") from None
    if not isinstance(card, dict) or card.get("format") != form.name:
        named = card.get("format") if card and isinstance(card, dict) else card
        raise ModelError(f"{path} is not {form.noun}: its card says {named!r:.80}")
    if card.get("version") != form.version:
        raise ModelError(f"{path} has format version {card.get('version')}, this program reads {form.version}")
    return card


def named_format(path: Path) -> object:
    """Return the name of the format that the card beside weights says they have; None where there is none."""
    try:
        card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return card.get("format") if isinstance(card, dict) else None


def network_weights(arrays: Arrays) -> Arrays:
    """The network's own weights among all that a file holds, in single precision, without their prefix."""
    prefix = NETWORK
    return {k.removeprefix(prefix): v.astype(np.float32) for k, v in arrays.items() if k.startswith(prefix)}


def unfit(path: Path, error: Exception) -> ModelError:
    """Say that weights and the sizes on their card do not make a network."""
    return ModelError(f"{path} is incomplete or of other sizes: {str(error).splitlines()[0]}")


def sha256_of(path: Path) -> str:
    """Return a file's sha256 as hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
