"""score.json: what was seen and played at every sixteenth, and where it came from."""

import math
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np

from score_bridge import __version__
from score_bridge.mapping.show import WeightFiles
from score_bridge.scoring.film_score import FilmSteps
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import Descriptors, readings
from score_bridge.wire.controls import as_dict

DOCUMENT_VERSION = 1
USED = ("tempo", "seed", "device", "encoder", "bind")


def provenance(weights: Mapping[str, str], settings: Settings) -> dict[str, Any]:
    """Say which program, libraries, weights and settings made this; settings that only a server has are left out."""
    used: dict[str, Any] = {name: getattr(settings, name) for name in USED}
    libraries = {name: version(name) for name in ("torch", "numpy", "av", "mido")}
    return {
        "program": {"name": "score-bridge", "version": __version__},
        "libraries": {**libraries, "python": platform.python_version()},
        "weights": dict(weights),
        "settings": {**used, "controls": as_dict(settings.controls)},
    }


def weights_card(files: WeightFiles) -> dict[str, dict[str, str]]:
    """Say which files of weights were used, by name and sha256."""
    return {role: file._asdict() for role, file in files.items()}


def step_rows(steps: FilmSteps) -> list[dict[str, Any]]:
    """One row a sixteenth: time (seconds), token, latent, chord, descriptors, and whether a cut came by then."""
    names = [chord.name if chord else None for chord in steps.chords] or [None] * len(steps.decided)
    cuts = {math.ceil(time / steps.step_seconds) for time in steps.cuts}
    return [
        {
            "n": n,
            "time": round(n * steps.step_seconds, 6),
            "token": result.token,
            "z": np.round(result.place.astype(float), 4).tolist(),
            **({"chord": name} if name else {}),
            "descriptors": {**descriptor_numbers(descriptors), "cut": n in cuts} if descriptors else {},
        }
        for n, (result, descriptors, name) in enumerate(zip(steps.decided, steps.seen, names, strict=True))
    ]


def descriptor_numbers(descriptors: Descriptors) -> dict[str, float]:
    """Descriptors as plain numbers."""
    return {name: round(value, 4) for name, value in readings(descriptors).items()}


def document(weights: Mapping[str, str], settings: Settings, **parts: Any) -> dict[str, Any]:
    """Put a score.json together; `weights` are named by name and sha256."""
    whole = {"format": "score-bridge-score", "version": DOCUMENT_VERSION, **provenance(weights, settings), **parts}
    plain: dict[str, Any] = msgspec.to_builtins(whole)
    return plain
