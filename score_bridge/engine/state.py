"""What the engine knows of one stream, as a frozen value: state in, state out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.calibration import Calibration
from score_bridge.mapping.smoothing import Smoothed
from score_bridge.models.streaming import Memory
from score_bridge.vision.descriptors import Descriptors, PictureMemory
from score_bridge.wire.messages import Note

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """The picture side of a stream.

    memory: what the descriptors compare the next picture with; motion: motion with its decay, 0..1; features: the
    smoothed feature vector the music follows; cut: when a cut was seen that no features have answered yet.
    """

    descriptors: Descriptors | None = None
    memory: PictureMemory | None = None
    motion: float = 0.0
    motion_time: float = 0.0
    cut: float | None = None
    features: Smoothed | None = None
    calibration: Calibration | None = None
    heard_seq: int = -1


@dataclass(frozen=True)
class Played:
    """The music side of a stream.

    step: the last step decided (-1 = none); first: the step the decoder's memory begins at; tokens and latents: the
    last steps, oldest first, from which the memory can be rebuilt.
    """

    step: int = -1
    first: int = 0
    tokens: tuple[int, ...] = ()
    latents: tuple[Floats, ...] = ()
    cache: Memory | None = None
    held: Note | None = None


@dataclass(frozen=True)
class StreamState:
    """One picture source and its music. `stream` names it; `seed` makes its draws its own."""

    stream: str
    seed: int = 0
    seen: Seen = field(default_factory=Seen)
    played: Played = field(default_factory=Played)
