"""A show on disk, as safetensors: arrays by name, and the rest as JSON beside them. Nothing is unpickled."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from score_bridge.errors import ModelError, PeerError, SettingsError
from score_bridge.mapping.anchors import AnchorSet
from score_bridge.mapping.record import Arrays, from_record, to_record
from score_bridge.mapping.show import Show, check_numbers
from score_bridge.mapping.show_version_1 import Card, show_of

FORMAT, VERSION = "score-bridge-show", "4"
GREATEST_BYTES = 64 * 1024 * 1024
DAMAGE = (SafetensorError, msgspec.MsgspecError, LookupError, TypeError, ValueError, PeerError, SettingsError)


def save_show(path: Path, show: Show) -> None:
    """Write a show file: whole or not at all. SettingsError when it cannot be written."""
    plain, arrays, identity = _take_apart(show)
    metadata = {"format": FORMAT, "version": VERSION, "identity": identity, "show": plain}
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(save(arrays, metadata))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SettingsError(f"cannot write the show file {path}: {error.strerror}") from None


def load_show(path: Path) -> Show:
    """Read a show file. SettingsError if it cannot be read, ModelError if it is damaged or of another version."""
    try:
        if path.stat().st_size > GREATEST_BYTES:
            raise ModelError(f"{path} is not a show file: it is far too long")
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(path, metadata)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is not iterable)
        return _put_together(metadata, arrays)
    except OSError as error:
        raise SettingsError(f"cannot read the show file {path}: {error.strerror or error}") from None
    except DAMAGE as error:
        raise ModelError(f"the show file {path} is damaged: {str(error).splitlines()[0]}") from None


def show_identity(show: Show) -> str:
    """Return the sha256 of what a show holds: the same for shows that play the same."""
    return _take_apart(show)[2]


def _take_apart(show: Show) -> tuple[str, Arrays, str]:
    record, arrays = to_record(replace(show, taught=AnchorSet(show.taught.anchors)))
    plain = msgspec.json.encode(record, order="sorted").decode()
    return plain, arrays, _identity(plain, arrays)


def _identity(plain: str, arrays: Arrays) -> str:
    digest = hashlib.sha256(plain.encode())
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _put_together(metadata: dict[str, str], arrays: Arrays) -> Show:
    if metadata["version"] == "1":
        return check_numbers(show_of(msgspec.json.decode(metadata["card"], type=Card), arrays))
    if metadata["identity"] != _identity(metadata["show"], arrays):
        raise ValueError("it does not hold what was written")
    plain = msgspec.json.decode(metadata["show"])
    if metadata["version"] == "2":  # an anchor's place was a latent, and called so
        for anchor in plain["taught"]["anchors"]:
            anchor["place"] = anchor.pop("latent")
    plain.setdefault("controls", [])  # before version 4 a show kept none
    return check_numbers(from_record(plain, arrays, Show))


def _check_format(path: Path, metadata: dict[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path} is not a show file")
    if metadata.get("version") not in ("1", "2", "3", VERSION):
        raise ModelError(
            f"{path} has show format {metadata.get('version', 'none'):.20}, this program reads {VERSION}"
        )
