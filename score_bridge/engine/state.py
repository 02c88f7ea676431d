"""What the engine knows of one stream, as a frozen value: state in, state out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.band import NO_BAND, BandState
from score_bridge.engine.observing import ReaderState
from score_bridge.mapping.anchors import UNTAUGHT, AnchorSet
from score_bridge.mapping.bindings import SmoothedReadings
from score_bridge.mapping.calibration import Calibration
from score_bridge.mapping.scenes import NO_KEY, NO_SCENES, Scenes
from score_bridge.mapping.smoothing import Smoothed
from score_bridge.models.melody.player import Memory
from score_bridge.models.picture.imagenet_labels import Labels
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire.bindings import Bindings
from score_bridge.wire.messages import LEAD, Note

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PictureState:
    """The picture side of a stream.

    reader: what reading the next picture needs; motion: the picture's, with its decay, 0..1; features: the smoothed
    feature vector the music follows; cut: when a cut was seen that no features have answered yet; readings: the
    smoothed ones that bindings follow; labels: what the picture may show, with probabilities, the likeliest first;
    anchors: pictures that were paired with phrases; scenes: those that were seen, and the one of the moment.
    """

    reader: ReaderState = field(default_factory=ReaderState)
    descriptors: Descriptors | None = None
    motion: float = 0.0
    motion_time: float = 0.0
    cut: float | None = None
    features: Smoothed | None = None
    calibration: Calibration | None = None
    readings: SmoothedReadings | None = None
    labels: Labels = ()
    anchors: AnchorSet = UNTAUGHT
    scenes: Scenes = NO_SCENES


@dataclass(frozen=True)
class Followed:
    """A picture that music follows until the next beat or bar, as it stood at `time` seconds."""

    picture: PictureState
    time: float


@dataclass(frozen=True)
class VoiceState:
    """One voice of a stream.

    step: the last step decided (-1 = none); first: the step the decoder's memory begins at; tokens, conditions,
    reaches: of the last steps, oldest first, what was played, what was told and how many steps before each could be
    looked at: from these the memory (`cache`) can be rebuilt; reach: that of the step to come; held: the note that
    sounds.
    """

    step: int = -1
    first: int = 0
    reach: int = 0
    tokens: tuple[int, ...] = ()
    conditions: tuple[Floats, ...] = ()
    reaches: tuple[int, ...] = ()
    cache: Memory | None = None
    held: Note | None = None


@dataclass(frozen=True)
class StreamState:
    """One picture source and its music. `stream` names it; `seed` makes its draws its own.

    followed: the picture that the last step followed, which the control `sync` may hold for a beat or a bar; voices:
    by number, as on the wire (0 = lead), those that the melody model plays; band: who plays beside them; bindings:
    which readings of the picture move which directions of the music, beyond the map; group_key: the key 0..23 of its
    group, NO_KEY where it is in none; ends: how many steps the stream plays in all, where that is known, so that it
    can close; breaths: at which steps scenes will begin, where that is known, so that it can breathe before.
    """

    stream: str
    seed: int = 0
    picture: PictureState = field(default_factory=PictureState)
    followed: Followed | None = None
    voices: Mapping[int, VoiceState] = field(default_factory=lambda: {LEAD: VoiceState()})
    band: BandState = NO_BAND
    bindings: Bindings = ()
    group_key: int = NO_KEY
    ends: int | None = None
    breaths: tuple[int, ...] = ()

    @property
    def lead(self) -> VoiceState:
        """The voice that every stream has: the melody."""
        return self.voices[LEAD]
