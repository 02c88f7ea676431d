"""The frame VAE: a 64 x 64 picture becomes 128 numbers near N(0, I), and 128 numbers a picture again.

Four steps of plain convolutions down and four up (a variational autoencoder, Kingma & Welling 2014,
arXiv:1312.6114). No norms: nothing depends on the rest of the batch, and one picture on one CPU core is quick.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from score_bridge.models.picture.frame_file import LAYOUT_SIDE as SIDE
from score_bridge.vision.frame import shrink

CORNER = SIDE // 16
LOG_VAR_LEAST, LOG_VAR_MOST = -10.0, 4.0


@dataclass(frozen=True)
class FrameConfig:
    """Sizes: numbers of a latent, and channels at 32, 16, 8 and 4 pixels a side."""

    latent: int = 128
    channels: tuple[int, int, int, int] = (24, 48, 96, 160)


class Residual(nn.Module):
    """A convolution (B, C, H, W) whose result is added to what came in; at first it adds nothing."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return x + conv(SiLU(x))."""
        added: Tensor = self.conv(F.silu(x))
        return x + added


class FrameVAE(nn.Module):
    """Encoder and decoder of pictures (B, 3, 64, 64), RGB 0..1."""

    def __init__(self, config: FrameConfig) -> None:
        super().__init__()
        self.config = config
        a, b, c, d = config.channels
        self.encoder = nn.Sequential(
            nn.Conv2d(3, a, 4, stride=2, padding=1), nn.SiLU(),
            _down(a, b), Residual(b), nn.SiLU(), _down(b, c), Residual(c), nn.SiLU(), _down(c, d), Residual(d),
            nn.SiLU(), nn.Flatten(), nn.Linear(CORNER**2 * d, 2 * config.latent),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(config.latent, CORNER**2 * d), nn.Unflatten(1, (d, CORNER, CORNER)), Residual(d), nn.SiLU(),
            _up(d, c), Residual(c), nn.SiLU(), _up(c, b), Residual(b), nn.SiLU(), _up(b, a), nn.SiLU(),
            nn.Conv2d(a, 12, 3, padding=1), nn.PixelShuffle(2),
        )  # fmt: skip

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, 64, 64), 0..1, to the posterior's mean and log variance, each (B, Z)."""
        mean, log_var = self.encoder(2 * pixels - 1).float().chunk(2, dim=1)
        return mean, log_var.clamp(LOG_VAR_LEAST, LOG_VAR_MOST)

    def decode(self, z: Tensor) -> Tensor:
        """Latents (B, Z) to pictures (B, 3, 64, 64), 0..1."""
        return torch.sigmoid(self.decoder(z).float())


class FrameEncoder:
    """Turns pictures into latents, live. Same picture, same numbers; holds weights only."""

    def __init__(self, network: FrameVAE, device: torch.device | None = None) -> None:
        """Take the network as it is; only its encoder is moved to `device` (CPU by default)."""
        self.device = device or torch.device("cpu")
        self.latent = network.config.latent
        self.layers = channels_last(network.encoder.to(self.device)).eval().requires_grad_(False)

    def encode(self, thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn a picture (64, 64, 3), 8-bit RGB, into the posterior mean (Z,); another size is squashed to that."""
        latent: NDArray[np.float32] = self.encode_many(thumbnail[None])[0]
        return latent

    def encode_many(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn pictures (N, H, W, 3), 8-bit RGB, into posterior means (N, Z)."""
        if pictures.shape[1:3] != (SIDE, SIDE):
            pictures = np.stack([shrink(picture, SIDE) for picture in pictures])
        with torch.inference_mode():
            pixels = pixels_of(pictures, self.device)
            means: NDArray[np.float32] = self.layers(2 * pixels - 1)[:, : self.latent].cpu().numpy()
        return means


def channels_last(module: nn.Module) -> nn.Module:
    """Lay out a module's weights as CPUs like them best, in place."""
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module


def pixels_of(pictures: NDArray[np.uint8], device: torch.device | None = None) -> Tensor:
    """Pictures (N, H, W, 3), 8-bit, to (N, 3, H, W), 0..1, laid out channels last."""
    batch = torch.from_numpy(pictures if pictures.flags.writeable else pictures.copy())
    return batch.to(device).permute(0, 3, 1, 2).float() / 255


def _down(before: int, after: int) -> nn.Conv2d:
    """Half as many pixels a side."""
    return nn.Conv2d(before, after, 3, stride=2, padding=1)


def _up(before: int, after: int) -> nn.Sequential:
    """Twice as many pixels a side: every place becomes four (Shi et al. 2016, arXiv:1609.05158)."""
    return nn.Sequential(nn.Conv2d(before, 4 * after, 1), nn.PixelShuffle(2))
