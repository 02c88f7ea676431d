"""What the frame model is taught: to show the picture again, near N(0, I), content and colours in plain sight.

Pixels alone make a latent of colours and light. So two straight lines read from the latent what a classifier sees in
the picture (the principal axes of EfficientNet-Lite0's features) and its mean colours; they are thrown away after
training. They read the same noisy draw that the picture is decoded from: what they need must stand out of the noise.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from score_bridge.models.picture.frame_vae import FrameVAE
from score_bridge.training.frames.recipe import FrameWeights
from score_bridge.vision.colour import READINGS

READ_STD = 0.2
COLOUR_SCALE = 4.0


class Pupil(nn.Module):
    """The frame model, and the two lines that read its latents while it learns."""

    def __init__(self, vae: FrameVAE, content_axes: int) -> None:
        super().__init__()
        self.vae = vae
        self.content = nn.Linear(vae.config.latent, content_axes)
        self.colour = nn.Linear(vae.config.latent, len(READINGS))


@dataclass(frozen=True)
class Lesson:
    """A batch: pictures (B, 3, 64, 64), 0..1; their content (B, K) in units of its spread; their colours (B, 6)."""

    pixels: Tensor
    content: Tensor
    colour: Tensor

    def to(self, device: torch.device) -> "Lesson":
        """The same on a device."""
        return Lesson(self.pixels.to(device), self.content.to(device), self.colour.to(device))


def frame_losses(pupil: Pupil, lesson: Lesson, noise: Tensor, weights: FrameWeights) -> dict[str, Tensor]:
    """Mean losses of a lesson, in nats a picture, and "loss", their sum by weight; noise (B, Z) is standard normal.

    reconstruction: of Gaussian pixels; divergence: KL from N(0, I), of which every axis has `free_nats` for nothing
    (Kingma et al. 2016, arXiv:1606.04934); content, colour: of Gaussian readings.
    """
    mean, log_var = pupil.vae.encode(lesson.pixels)
    z = mean + (0.5 * log_var).exp() * noise
    shown = pupil.vae.decode(z)
    an_axis = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).mean(0)
    parts = {
        "reconstruction": _squared_errors(shown, lesson.pixels, weights.pixel_std),
        "divergence": an_axis.sum(),
        "content": _squared_errors(pupil.content(z).float(), lesson.content, READ_STD),
        "colour": _squared_errors(pupil.colour(z).float(), COLOUR_SCALE * lesson.colour, READ_STD),
    }
    loss = (
        parts["reconstruction"]
        + weights.beta * an_axis.clamp(min=weights.free_nats).sum()
        + weights.content * parts["content"]
        + weights.colour * parts["colour"]
    )
    return {"loss": loss, **parts}


def _squared_errors(predicted: Tensor, truth: Tensor, std: float) -> Tensor:
    """Squared errors of a picture in units of 2 std², which are nats up to a constant."""
    return ((predicted - truth) ** 2).flatten(1).sum(1).mean() / (2 * std**2)
