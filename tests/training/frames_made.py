"""Footage made by tests: generated visuals, and numbers of them in place of a classifier's features."""

import numpy as np

from score_bridge.models.picture.frame_vae import FrameConfig
from score_bridge.training.frames.footage import Footage, Material
from score_bridge.training.frames.recipe import FrameRecipe
from score_bridge.training.visuals import visuals

TINY = FrameConfig(latent=8, channels=(4, 4, 8, 8))
FEW = FrameRecipe(steps=60, batch=8, learning_rate=3e-3, warm_up_steps=5, average=0.9, start="", visuals=16)


def footage(name: str = "made.mp4", seed: int = 0, clips: int = 6) -> Footage:
    """Clips of visuals as a film: (8 * clips) pictures; features: their means over 8 x 8 places."""
    pictures = visuals(seed, clips)
    features = pictures.reshape(len(pictures), 8, 8, 8, 8, 3).mean((2, 4)).reshape(len(pictures), -1) / 255
    return Footage(name, pictures, features.astype(np.float32), f"{seed:064d}")


def material(seed: int = 0) -> Material:
    return Material([footage(seed=seed)], visuals=footage("generated", seed + 1, 2))
