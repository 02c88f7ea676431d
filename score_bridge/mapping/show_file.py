"""A show on disk: what was learned of the pictures and what was taught, as safetensors. Nothing is unpickled."""

import os
from dataclasses import replace
from pathlib import Path

import msgspec
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from score_bridge.errors import ModelError, PeerError, SettingsError
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import Calibration, attend
from score_bridge.mapping.show_record import Card, Show, card_of, show_of, tensors_of
from score_bridge.vision.feature_groups import Sizes
from score_bridge.wire.controls import Controls

FORMAT, VERSION = "score-bridge-show", "1"
GREATEST_BYTES = 64 * 1024 * 1024
DAMAGE = (SafetensorError, msgspec.MsgspecError, LookupError, TypeError, ValueError, PeerError, SettingsError)


def save_show(path: Path, show: Show) -> None:
    """Write a show file: whole or not at all. SettingsError when it cannot be written."""
    said = {"format": FORMAT, "version": VERSION, "card": msgspec.json.encode(card_of(show)).decode()}
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(save(tensors_of(show), said))
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
            said = file.metadata() or {}
            _check_format(path, said)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is not iterable)
        return show_of(msgspec.json.decode(said["card"], type=Card), tensors)
    except OSError as error:
        raise SettingsError(f"cannot read the show file {path}: {error.strerror or error}") from None
    except DAMAGE as error:
        raise ModelError(f"the show file {path} is damaged: {str(error).splitlines()[0]}") from None


def check_show(path: Path, show: Show, encoder: str, weights: str) -> None:
    """Raise ModelError if a show was made with another encoder, or taught with another melody model."""
    if show.encoder != encoder:
        raise ModelError(f"the show file {path} was made with encoder {show.encoder!r}, this is {encoder!r}")
    if show.taught.anchors and show.weights != weights:
        raise ModelError(f"the show file {path} was taught with {show.weights!r}, this is {weights!r}")


def frozen_calibration(show: Show, sizes: Sizes, controls: Controls) -> Calibration:
    """Look at what a show learned as `controls` attend to it, and freeze. ModelError for pictures of other groups."""
    size = sum(size for _, size in sizes)
    if len(show.calibration.mean) != size:
        raise ModelError(f"the show is for pictures of {len(show.calibration.mean)} features, these have {size}")
    known = attend(show.calibration, attention_of(sizes, controls), 0.0)
    return replace(known, before=known.basis, frozen=True)


def _check_format(path: Path, said: dict[str, str]) -> None:
    if said.get("format") != FORMAT:
        raise ModelError(f"{path} is not a show file")
    if said.get("version") != VERSION:
        raise ModelError(f"{path} has show format {said.get('version', 'none'):.20}, this program reads {VERSION}")


__all__ = ["Show", "check_show", "frozen_calibration", "load_show", "save_show"]
