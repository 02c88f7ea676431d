"""The tensors of a published MusicVAE checkpoint, as arrays. Nothing is unpickled or read from elsewhere."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.models.melody.musicvae_manifest import Group, Tensor, read_manifest

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Published:
    """A decoder as published: arrays by name from "decoder/" on, the format, and the sha256 of every file read."""

    tensors: dict[str, Floats]
    format: str
    sha256: dict[str, str]


def read_decoder(folder: Path) -> Published:
    """Read what belongs to a flat decoder; an encoder, there or not, is passed over.

    Raises ModelError with one line: no manifest that can be read, a hierarchy of decoders or several, a file that is
    missing, lies outside the folder or has another size than its tensors, numbers of an unknown type or not finite.
    """
    kind, groups = read_manifest(folder)
    for name in (tensor.name for group in groups for tensor in group.weights):
        if "hierarchical" in name:
            raise ModelError(f"{folder} is a hierarchical checkpoint ({name!r}): only flat decoders can be imported")
    tensors: dict[str, Floats] = {}
    sha256: dict[str, str] = {}
    for group in groups:
        if wanted := next((t.name for t in group.weights if t.part), None):
            files = _contents(folder, group, wanted)
            sha256 |= {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            for name, values in _arrays(group, b"".join(files[name] for name in group.paths)):
                if name in tensors:
                    raise ModelError(f"{folder} has several tensors {name}: only a single decoder can be imported")
                tensors[name] = values
    return Published(tensors, kind, sha256)


def _contents(folder: Path, group: Group, wanted: str) -> dict[str, bytes]:
    """Read the group's files, once their sizes add up to those of its tensors, of which `wanted` is one."""
    files = {name: _inside(folder, name, wanted) for name in group.paths}
    expected = sum(tensor.size for tensor in group.weights)
    try:
        size = sum(files[name].stat().st_size for name in group.paths)
        if size == expected:
            return {name: path.read_bytes() for name, path in files.items()}
    except OSError as error:
        raise ModelError(f"{wanted}: cannot read its file: {error}") from None
    others = f" and {len(group.weights) - 1} more" if len(group.weights) > 1 else ""
    stored = ", ".join(group.paths[:3]) + (", …" if len(group.paths) > 3 else "")
    raise ModelError(f"{stored}: {size} bytes, expected {expected} for {wanted}{others}")


def _inside(folder: Path, name: str, wanted: str) -> Path:
    """Where a file of the manifest lies; a name that any system would take for a place elsewhere is refused."""
    pure = PureWindowsPath(name)
    if pure.anchor or ".." in pure.parts:
        raise ModelError(f"{wanted}: its file {name!r} would lie outside {folder}")
    path = folder / name
    if not path.is_file():
        raise ModelError(f"{wanted}: no file {name!r} in {folder}")
    return path


def _arrays(group: Group, data: bytes) -> Iterator[tuple[str, Floats]]:
    """Yield the decoder's tensors of a group, by name from "decoder/" on."""
    begin = 0
    for tensor in group.weights:
        end = begin + tensor.size
        if tensor.part:
            yield tensor.part, _values(tensor, data[begin:end])
        begin = end


def _values(tensor: Tensor, data: bytes) -> Floats:
    quantised = tensor.quantization
    allowed = ("uint8", "uint16") if quantised else ("float32",)
    if tensor.stored not in allowed:
        raise ModelError(f"{tensor.name} is stored as {tensor.stored}, expected {' or '.join(allowed)}")
    raw = np.frombuffer(data, np.dtype(tensor.stored).newbyteorder("<")).reshape(tensor.shape)
    with np.errstate(over="ignore"):
        wide = raw * np.float64(quantised.scale) + np.float64(quantised.min) if quantised else raw
        values: Floats = wide.astype(np.float32)
    if not np.isfinite(values).all():
        raise ModelError(f"{tensor.name} holds values that are not finite")
    return values
