"""The models an engine runs, loaded and warm."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.observing import Picture
from score_bridge.errors import DeviceError, SettingsError
from score_bridge.mapping.show import MELODY, WeightFile, WeightFiles
from score_bridge.models.melody.checkpoint import MelodyModel, load_melody, shipped_melody
from score_bridge.models.picture.feature_encoder import FeatureEncoder, Look, packaged_weights
from score_bridge.models.picture.frame_checkpoint import load_frames, shipped_frames
from score_bridge.models.picture.frame_vae import FrameEncoder
from score_bridge.models.weight_files import sha256_of
from score_bridge.settings import Settings
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import Rgb

PICTURE_SIDE = 128
THUMBNAIL = 64

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class EngineModels:
    """The picture's encoders, the melody and its decoder; the device they run on.

    look: (128, 128, 3) RGB to content, as often as it can be; layout: (64, 64, 3) RGB to layout (128,), for every
    picture. Either may be absent. picture_weights: the files of these two, by the names of `mapping.show`.
    """

    look: Callable[[Rgb], Look] | None
    layout: Callable[[Rgb], Floats] | None
    melody: MelodyModel
    decoder: Decoder
    device: torch.device
    picture_weights: WeightFiles = field(default_factory=dict)

    @property
    def weights(self) -> WeightFiles:
        """The files of all models, by the names of `mapping.show`."""
        return {MELODY: WeightFile(**self.melody.identity), **self.picture_weights}

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that a picture's vector is made of here."""
        found = {"content": self.look is not None, "layout": self.layout is not None, "colour": True, "motion": True}
        return tuple(name for name, there in found.items() if there)

    def prepare(self, rgb: Rgb) -> Picture:
        """Make of a picture (H, W, 3) RGB of any size what the models look at, and read its layout."""
        image = shrink(rgb, PICTURE_SIDE)
        thumbnail = shrink(image, THUMBNAIL)
        return Picture(image, thumbnail, self.layout(thumbnail) if self.layout else None)


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
    """Load and warm everything. Raises ModelError, DeviceError or SettingsError with one line."""
    melody, device = load_melody_only(settings)
    decoder = Decoder(melody, device)
    if settings.bind and not decoder.directions:
        raise SettingsError(f"bind: the melody model {melody.name} has no named directions to bind to")
    look, layout, weights = None, None, dict[str, WeightFile]()
    if settings.encoder != "vae":
        look = FeatureEncoder(device=device).look
        look(np.zeros((PICTURE_SIDE, PICTURE_SIDE, 3), np.uint8))
        weights["feature_encoder"] = WeightFile("efficientnet-lite0", sha256_of(packaged_weights()))
    if settings.encoder != "features":
        frames = load_frames(Path(settings.frame_model) if settings.frame_model else shipped_frames(), device)
        layout = FrameEncoder(frames.network, device).encode
        layout(np.zeros((THUMBNAIL, THUMBNAIL, 3), np.uint8))
        weights["frame_model"] = WeightFile(**frames.identity)
    decoder.warm()
    return EngineModels(look, layout, melody, decoder, device, weights)
