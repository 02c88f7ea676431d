"""EfficientNet-Lite0: the network, written out for inference; `published_features` reads its published weights.

EfficientNet (Tan & Le 2019, arXiv:1905.11946) is built of inverted residual blocks (Sandler et al. 2018,
arXiv:1801.04381). The Lite variant (github.com/tensorflow/tpu, models/official/efficientnet/lite) has no
squeeze-and-excitation, ReLU6 in place of swish, and a stem and a head of fixed size. Its weights were trained on
ImageNet with batch norms and TensorFlow's padding; the norms are folded into the convolutions as the file is read.
"""

from typing import Final, NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

FEATURES: Final = 1280
CLASSES: Final = 1000
STRIDE: Final = 32
_STEM: Final = 32


class Stage(NamedTuple):
    """Blocks of one kind: how many, kernel size, stride of the first, expansion inside, channels out."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME is for maps of even size: with stride 2, one more at the far side."""

    def __init__(self, inside: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inside, out, kernel, stride, 0 if stride == 2 else kernel // 2, groups=groups)
        near = (kernel - stride) // 2
        self.uneven = (near, kernel - stride - near) * 2 if stride == 2 else None

    def forward(self, x: Tensor) -> Tensor:
        """Turn maps (B, inside, H, W), H and W even where the stride is 2, into (B, out, H / stride, W / stride)."""
        return super().forward(F.pad(x, self.uneven) if self.uneven else x)


class Block(nn.Module):
    """An inverted residual block: widen, filter each channel by itself, narrow; the input added where sizes allow."""

    def __init__(self, inside: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = inside * stage.expansion
        self.expand = SameConv(inside, wide) if stage.expansion > 1 else None
        self.depthwise = SameConv(wide, wide, stage.kernel, stride, groups=wide)
        self.project = SameConv(wide, stage.channels)
        self.residual = stride == 1 and inside == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """Turn maps (B, inside, H, W) into (B, channels, H / stride, W / stride)."""
        wide = F.relu6(self.expand(x)) if self.expand else x
        narrow: Tensor = self.project(F.relu6(self.depthwise(wide)))
        return narrow + x if self.residual else narrow


class EfficientNetLite0(nn.Module):
    """The network in the form it runs in, batch norms folded."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, _STEM, 3, 2)
        blocks, inside = [], _STEM
        for stage in STAGES:
            for n in range(stage.blocks):
                blocks.append(Block(inside, stage, 1 if n else stage.stride))
                inside = stage.channels
        self.blocks = nn.Sequential(*blocks)
        self.head = SameConv(inside, FEATURES)
        self.classifier = nn.Linear(FEATURES, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, H, W), (RGB 0..255 - 127) / 128, H and W multiples of 32, to features (B, 1280), each 0..6.

        They are the mean over the picture of the last layer before the classifier.
        """
        maps = F.relu6(self.head(self.blocks(F.relu6(self.stem(x)))))
        return maps.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Pictures, as for `features`, to the logits of ImageNet's classes (B, 1000)."""
        logits: Tensor = self.classifier(self.features(x))
        return logits


def normalise(pictures: Tensor) -> Tensor:
    """Pictures (B, H, W, 3), 8-bit RGB, as the network takes them: (B, 3, H, W), (RGB - 127) / 128."""
    return (pictures.permute(0, 3, 1, 2).float() - 127.0) / 128.0
