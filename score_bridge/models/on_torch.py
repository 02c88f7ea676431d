"""Everything that runs in PyTorch when a server runs: imported only where it is needed."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.models.melody.checkpoint import build_melody
from score_bridge.models.melody.melody_file import MelodyFile
from score_bridge.models.melody.player import PlayableMelody
from score_bridge.models.melody.torch_player import playable
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.feature_file import FeatureFile
from score_bridge.models.picture.frame_checkpoint import build_frames
from score_bridge.models.picture.frame_file import FrameFile
from score_bridge.models.picture.frame_vae import FrameEncoder
from score_bridge.models.picture.look import Look
from score_bridge.vision.pixels import Rgb


def has_cuda() -> bool:
    """Whether this PyTorch sees a CUDA device."""
    return torch.cuda.is_available()


def play_melody(file: MelodyFile, device: str) -> PlayableMelody:
    """Let PyTorch play a melody model. ModelError where its weights and its sizes make no network."""
    where = torch.device(device)
    return playable(build_melody(file, where), where)


def look_with(file: FeatureFile, device: str) -> Callable[[Rgb], Look]:
    """Let PyTorch run the picture encoder."""
    return FeatureEncoder(torch.device(device), file=file).look


def lay_out_with(file: FrameFile, device: str) -> Callable[[Rgb], NDArray[np.float32]]:
    """Let PyTorch run a frame VAE's encoder. ModelError where its weights and its sizes make no network."""
    where = torch.device(device)
    return FrameEncoder(build_frames(file, where).network, where).encode
