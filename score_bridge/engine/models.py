"""The models an engine runs, loaded and warm.

On CPUs they run in ONNX Runtime wherever there are graphs of them (see `models.graphs`), and PyTorch is not even
imported; on a GPU, and where there is no graph, in PyTorch.
"""

import ctypes
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.band import Players
from score_bridge.engine.decoding import Decoder
from score_bridge.engine.observing import Picture
from score_bridge.errors import DeviceError, ModelError, SettingsError
from score_bridge.mapping.show import MELODY, WeightFile, WeightFiles
from score_bridge.models.chords.chord_file import read_chord_file, shipped_chords
from score_bridge.models.chords.player import ChordPlayer
from score_bridge.models.companions.companion_file import read_companion_file, shipped_companions
from score_bridge.models.companions.player import CompanionPlayer
from score_bridge.models.drums.drum_file import read_drum_file, shipped_drums
from score_bridge.models.drums.player import DrumPlayer
from score_bridge.models.graphs import find_graphs
from score_bridge.models.melody.melody_file import MelodyInfo, read_melody, shipped_melody
from score_bridge.models.melody.onnx_player import OnnxPlayer
from score_bridge.models.melody.player import PlayableMelody
from score_bridge.models.picture.feature_file import read_features
from score_bridge.models.picture.frame_file import LAYOUT_SIDE, FrameFile, read_frames, shipped_frames
from score_bridge.models.picture.look import LOOK_SIDE, Look
from score_bridge.models.picture.onnx_encoders import LOOK_SIZES, OnnxFeatureEncoder, OnnxFrameEncoder
from score_bridge.models.weight_files import shipped_weights
from score_bridge.settings import Settings
from score_bridge.vision.frame import shrink
from score_bridge.vision.pixels import Rgb
from score_bridge.wire.bindings import needs_directions, parse_bindings

LOG = logging.getLogger(__name__)
T = TypeVar("T")

CPU, CUDA = "cpu", "cuda"
CUDA_DRIVERS = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1",)

Floats = NDArray[np.float32]
LookAt = Callable[[Rgb], Look]
Layout = Callable[[Rgb], Floats]


@dataclass(frozen=True)
class EngineModels:
    """The picture's encoders, the melody and its decoder; the device they run on.

    look: (128, 128, 3) RGB to content, as often as it can be; layout: (64, 64, 3) RGB to layout (128,), for every
    picture. Either may be absent. picture_weights: the files of these two, by the names of `mapping.show`.
    """

    look: LookAt | None
    layout: Layout | None
    melody: MelodyInfo
    decoder: Decoder
    device: str = CPU
    picture_weights: WeightFiles = field(default_factory=dict)

    @property
    def weights(self) -> WeightFiles:
        """The files of all models, by the names of `mapping.show`."""
        players = self.decoder.players._asdict()
        beside = {name: WeightFile(**player.file.identity) for name, player in players.items() if player}
        return {MELODY: WeightFile(**self.melody.identity), **self.picture_weights, **beside}

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that a picture's vector is made of here."""
        found = {"content": self.look is not None, "layout": self.layout is not None, "colour": True, "motion": True}
        return tuple(name for name, there in found.items() if there)

    def prepare(self, rgb: Rgb) -> Picture:
        """Make of a picture (H, W, 3) RGB of any size what the models look at, and read its layout."""
        image = shrink(rgb, LOOK_SIDE)
        thumbnail = shrink(image, LAYOUT_SIDE)
        return Picture(image, thumbnail, self.layout(thumbnail) if self.layout else None)


def pick_device(name: str) -> str:
    """Return cpu or cuda; auto is CUDA where there is one. DeviceError when CUDA is asked for and absent."""
    if name == CUDA and not _has_cuda():
        raise DeviceError("device cuda: this PyTorch sees no CUDA device; use --device cpu or install a CUDA build")
    return CUDA if name == CUDA or (name != CPU and _has_driver() and _has_cuda()) else CPU


def load_melody_only(settings: Settings) -> PlayableMelody:
    """Load the melody model the settings name, the shipped one by default."""
    return _melody(settings, pick_device(settings.device))


def load_players() -> Players:
    """Load the shipped models of those who play beside the lead, which plays on without one that cannot be read."""
    return Players(
        _or_none(lambda: DrumPlayer(read_drum_file(shipped_drums()))),
        _or_none(lambda: ChordPlayer(read_chord_file(shipped_chords()))),
        _or_none(lambda: CompanionPlayer(read_companion_file(shipped_companions()))),
    )


def _or_none(load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ModelError as error:
        LOG.warning("%s; the ensemble plays without it", error)
        return None


def _melody(settings: Settings, device: str) -> PlayableMelody:
    file = read_melody(Path(settings.melody_model) if settings.melody_model else shipped_melody())
    graphs = find_graphs(file.path, file.info.card["config"]) if device == CPU else None
    if graphs is not None:
        return PlayableMelody(OnnxPlayer(file, graphs), file.info)
    from score_bridge.models.on_torch import play_melody

    return play_melody(file, device)


def load_models(settings: Settings) -> EngineModels:
    """Load and warm everything. Raises ModelError, DeviceError or SettingsError with one line."""
    device = pick_device(settings.device)
    melody = _melody(settings, device)
    decoder = Decoder(melody, load_players())
    if any(map(needs_directions, parse_bindings(settings.bind))) and not decoder.directions:
        raise SettingsError(f"bind: the melody model {melody.info.name} has no named directions to bind to")
    look, layout, weights = None, None, dict[str, WeightFile]()
    if settings.encoder != "vae":
        look, identity = _look(device)
        look(np.zeros((LOOK_SIDE, LOOK_SIDE, 3), np.uint8))
        weights["feature_encoder"] = identity
    if settings.encoder != "features":
        frames = read_frames(Path(settings.frame_model) if settings.frame_model else shipped_frames())
        layout = _layout(frames, device)
        layout(np.zeros((LAYOUT_SIDE, LAYOUT_SIDE, 3), np.uint8))
        weights["frame_model"] = WeightFile(**frames.identity)
    decoder.warm()
    return EngineModels(look, layout, melody.info, decoder, device, weights)


def _look(device: str) -> tuple[LookAt, WeightFile]:
    file = read_features()
    graphs = find_graphs(shipped_weights(), LOOK_SIZES) if device == CPU else None
    if graphs is not None:
        return OnnxFeatureEncoder(file.weights, graphs).look, WeightFile(**file.identity)
    from score_bridge.models.on_torch import look_with

    return look_with(file, device), WeightFile(**file.identity)


def _layout(file: FrameFile, device: str) -> Layout:
    graphs = find_graphs(file.path, file.card["config"]) if device == CPU else None
    if graphs is not None:
        return OnnxFrameEncoder(file.weights, graphs).encode
    from score_bridge.models.on_torch import lay_out_with

    return lay_out_with(file, device)


def _has_driver() -> bool:
    """Whether NVIDIA's driver is there: asking PyTorch takes its import, which is seconds and 200 MB."""
    try:
        return any(ctypes.CDLL(name) for name in CUDA_DRIVERS)
    except OSError:
        return False


def _has_cuda() -> bool:
    from score_bridge.models.on_torch import has_cuda

    return has_cuda()
