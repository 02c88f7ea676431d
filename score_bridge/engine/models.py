"""The models an engine runs, loaded and warm."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.errors import DeviceError
from score_bridge.models.checkpoint import MelodyModel, load_melody, shipped_melody
from score_bridge.models.features import FeatureEncoder
from score_bridge.settings import Settings

PICTURE_SIDE = 128
FEATURE_FLOOR = 1.0


@dataclass(frozen=True)
class EngineModels:
    """encode: (128, 128, 3) RGB to features (D,); melody and its decoder; the device they run on."""

    encode: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    melody: MelodyModel
    decoder: Decoder
    device: torch.device
    feature_floor: float = FEATURE_FLOOR


def pick_device(name: str) -> torch.device:
    """Auto is CUDA where there is one. Raises DeviceError when CUDA is asked for and absent."""
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("device cuda: this PyTorch sees no CUDA device; use --device cpu or install a CUDA build")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def load_melody_only(settings: Settings) -> tuple[MelodyModel, torch.device]:
    """Load the melody model the settings name, the shipped one by default."""
    device = pick_device(settings.device)
    path = Path(settings.melody_model) if settings.melody_model else shipped_melody()
    return load_melody(path, device), device


def load_models(settings: Settings) -> EngineModels:
    """Load and warm everything. Raises ModelError or DeviceError with one line."""
    melody, device = load_melody_only(settings)
    encoder = FeatureEncoder(device=device)

    def encode(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = encoder.encode(rgb)[0]
        return features

    decoder = Decoder(melody, device)
    encode(np.zeros((PICTURE_SIDE, PICTURE_SIDE, 3), np.uint8))
    decoder.warm()
    return EngineModels(encode, melody, decoder, device)
