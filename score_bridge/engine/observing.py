"""From pixels to what the music can follow: descriptors at once, the picture vector, content when it is there. Pure.

    read_picture  picture → descriptors, layout, colour, motion; whether its content is wanted
    read_content  content of a picture seen before → the whole picture vector

A stream's pictures are read in order; `ReaderState` is what the next one needs to know of those before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from score_bridge.models.picture.imagenet_labels import Labels
from score_bridge.models.picture.look import Look
from score_bridge.vision.descriptors import Descriptors, PictureMemory, describe
from score_bridge.vision.feature_groups import FeatureGroups, Sizes, colour_of, concatenate_groups, group_sizes
from score_bridge.vision.pixels import Rgb

Floats = NDArray[np.float32]

CONTENT_EVERY_S = 0.095  # ten a second, and no aliasing with pictures that come every 100 ms


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture as the models look at it.

    image: (128, 128, 3), thumbnail: (64, 64, 3), both RGB; layout: (128,) of the frame VAE, None where there is none.
    """

    image: Rgb
    thumbnail: Rgb
    layout: Floats | None


@dataclass(frozen=True)
class ReaderState:
    """What reading the next picture needs of those before.

    memory: what descriptors compare it with; groups: the newest of each group; content_time: of which picture content
    was last wanted, seconds, None before the first.
    """

    memory: PictureMemory | None = None
    groups: FeatureGroups = field(default_factory=dict)
    content_time: float | None = None


@dataclass(frozen=True, eq=False)
class Observation:
    """What is newly known of picture `seq`, seen at `time` seconds.

    descriptors: None where they were in an observation before; groups: all groups of the picture vector, or none
    while one has yet to come; quick: the content among them is still that of a picture before; labels: what the
    picture may show, likeliest first, None where nothing new is known.
    """

    seq: int
    time: float
    descriptors: Descriptors | None = None
    groups: FeatureGroups = field(default_factory=dict)
    quick: bool = False
    labels: Labels | None = None

    @classmethod
    def of_host(cls, values: Sequence[float], seq: int, time: float) -> "Observation":
        """Take a host's own vector in the place of all groups."""
        most = np.finfo(np.float32).max
        return cls(seq, time, groups={"host": np.clip(values, -most, most).astype(np.float32)})

    @property
    def features(self) -> Floats:
        """The picture vector (D,), each group at its scale; only where there are groups."""
        return concatenate_groups(self.groups)

    @property
    def sizes(self) -> Sizes:
        """The groups of the vector and how many numbers each has."""
        return group_sizes(self.groups)

    @property
    def of_host_only(self) -> bool:
        """Whether the vector is a host's own."""
        return "host" in self.groups

    @property
    def cuts(self) -> bool:
        """Whether a new shot begins with this picture."""
        return self.descriptors is not None and self.descriptors.cut

    @property
    def complete(self) -> bool:
        """Whether the whole vector is this picture's own: only such are learned from."""
        return bool(self.groups) and not self.quick


def read_picture(
    reader: ReaderState, picture: Picture, seq: int, time: float, wanted: Sequence[str]
) -> tuple[ReaderState, Observation, bool]:
    """Read a picture seen at `time`; also say whether its content is to be encoded, if content is a `wanted` group.

    Encoded are the first picture, one that cuts, and one every CONTENT_EVERY_S: more often would not be heard, a
    sixteenth being longer, and would keep the encoder from the next cut.
    """
    descriptors, memory = describe(picture.thumbnail, reader.memory, time)
    before = reader.content_time
    due = before is None or descriptors.cut or time - before >= CONTENT_EVERY_S
    groups = {**reader.groups, "colour": colour_of(memory.cells), "motion": memory.motion.field.ravel()}
    if picture.layout is not None:
        groups["layout"] = picture.layout
    after = ReaderState(memory, groups, time if due else before)
    encode = due and "content" in wanted
    return after, Observation(seq, time, descriptors, _whole(groups, wanted), quick=encode or not due), encode


def read_content(
    reader: ReaderState, look: Look, seq: int, time: float, wanted: Sequence[str]
) -> tuple[ReaderState, Observation]:
    """Take in the content of picture `seq`, seen at `time`; layout, colour and motion are the newest there are."""
    groups = {**reader.groups, "content": look.features}
    after = ReaderState(reader.memory, groups, reader.content_time)
    return after, Observation(seq, time, groups=_whole(groups, wanted), labels=look.labels)


def cut_times(observations: Iterable[Observation]) -> tuple[float, ...]:
    """When new shots were seen to begin, seconds."""
    return tuple(seen.time for seen in observations if seen.cuts)


def sizes_of(observations: Iterable[Observation]) -> Sizes:
    """Return the groups of a source's picture vectors and how many numbers each has; none where none is whole."""
    return next((seen.sizes for seen in observations if seen.complete), ())


def _whole(groups: FeatureGroups, wanted: Sequence[str]) -> FeatureGroups:
    """All `wanted` groups, or none while one is missing."""
    return {name: groups[name] for name in wanted} if all(name in groups for name in wanted) else {}
