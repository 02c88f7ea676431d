"""What the engine knows of one stream, as a frozen value: state in, state out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.anchors import UNTAUGHT, AnchorSet
from score_bridge.mapping.bindings import SmoothedReadings
from score_bridge.mapping.calibration import Calibration
from score_bridge.mapping.smoothing import Smoothed
from score_bridge.models.streaming import Memory
from score_bridge.vision.descriptors import Descriptors, PictureMemory
from score_bridge.vision.feature_groups import FeatureGroups
from score_bridge.wire.bindings import Bindings
from score_bridge.wire.messages import Note

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PictureState:
    """The picture side of a stream.

    memory: what the descriptors compare the next picture with; parts: the newest groups of the picture; motion: that
    with its decay, 0..1; features: the smoothed feature vector the music follows; cut: when a cut was seen that no
    features have answered yet; felt: the readings that bindings follow; labels: names of what the picture may show
    with their probabilities, the likeliest first; anchors: pictures that were paired with phrases.
    """

    descriptors: Descriptors | None = None
    memory: PictureMemory | None = None
    parts: FeatureGroups = field(default_factory=dict)
    motion: float = 0.0
    motion_time: float = 0.0
    cut: float | None = None
    features: Smoothed | None = None
    calibration: Calibration | None = None
    heard_seq: int = -1
    felt: SmoothedReadings | None = None
    labels: tuple[tuple[str, float], ...] = ()
    anchors: AnchorSet = UNTAUGHT


@dataclass(frozen=True)
class VoiceState:
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
    """One picture source and its music. `stream` names it; `seed` makes its draws its own.

    bindings: which readings of the picture move which directions of the music, beyond the map.
    """

    stream: str
    seed: int = 0
    seen: PictureState = field(default_factory=PictureState)
    played: VoiceState = field(default_factory=VoiceState)
    bindings: Bindings = ()
