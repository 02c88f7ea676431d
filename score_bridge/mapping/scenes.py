"""The scenes a stream has shown: which of them is seen now, and the key each is played in.

A cut begins a scene, or brings back one whose pictures were alike; a stream without cuts is one scene. What likeness
is, and how it was measured, see `likeness`.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.bindings import warmth
from score_bridge.mapping.likeness import most_alike
from score_bridge.music.keys import KEY_NAMES
from score_bridge.vision.descriptors import Descriptors
from score_bridge.vision.feature_groups import Sizes

Floats = NDArray[np.float32]

MOST_SCENES = 64
NO_KEY = -1
BY_LIGHT = (
    "F minor", "C minor", "G minor", "D minor", "A minor", "C major", "G major", "D major", "A major", "E major",
)  # fmt: skip
"""The key of a scene, from dark and cold to bright and warm: along the circle of fifths, so that neighbours share all
tones but one (A minor and C major all of them)."""
LIGHT, WARM = 0.6, 0.4
"""How much brightness and warmth count; everyday pictures lie between .25 and .7 on the whole."""
UNLIT = 0.04
"""Below this brightness a picture is black, and says nothing of its scene's key."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A scene's mean picture (D,), of how many vectors, when it was last begun, and its key 0..23 or NO_KEY."""

    mean: Floats
    count: float
    begun: float
    key: int = NO_KEY


@dataclass(frozen=True)
class Scenes:
    """Scenes in the order in which they first appeared, and which one is seen now."""

    known: tuple[Scene, ...] = ()
    now: int = 0

    @property
    def key(self) -> int:
        """The key of the scene that is seen now, 0..23, or NO_KEY."""
        return self.known[self.now].key if self.known else NO_KEY


NO_SCENES = Scenes()


def follow_scenes(
    scenes: Scenes, features: Floats, sizes: Sizes, seen: Descriptors | None, cut: float | None, time: float
) -> Scenes:
    """Take in a picture vector (D,) of these groups, seen at `time`.

    cut: when the cut was that this vector is the first to answer, None where it answers none. A cut may be answered
    twice, by what is quickly known of a picture and by all of it: the second answer corrects the first.
    """
    if not scenes.known or len(scenes.known[0].mean) != len(features):
        return _lit(Scenes((Scene(features, 1.0, time),)), seen)
    if cut is None:
        return _lit(_learn(scenes, features), seen)
    others = scenes.known
    if scenes.known[scenes.now].begun == cut and scenes.now == len(others) - 1 and len(others) > 1:
        others = others[:-1]  # opened by the first answer to this very cut
    found = most_alike(features, np.stack([scene.mean for scene in others]), sizes)
    if found is None and len(others) < MOST_SCENES:
        return _lit(Scenes((*others, Scene(features, 1.0, cut)), len(others)), seen)
    at = found if found is not None else len(others) - 1
    begun = tuple(replace(s, begun=cut) if i == at else s for i, s in enumerate(others))
    return _lit(Scenes(begun, at), seen)


def _learn(scenes: Scenes, features: Floats) -> Scenes:
    """Move the mean of the scene of the moment."""
    scene = scenes.known[scenes.now]
    count = min(scene.count + 1, 256.0)
    mean = scene.mean + (features - scene.mean) / np.float32(count)
    return _put(scenes, replace(scene, mean=mean, count=count))


def _lit(scenes: Scenes, seen: Descriptors | None) -> Scenes:
    """Give the scene a key, if it has none and there is light to choose it by."""
    scene = scenes.known[scenes.now]
    if scene.key != NO_KEY or seen is None or seen.brightness < UNLIT:
        return scenes
    light = LIGHT * seen.brightness + WARM * warmth(seen.hue, seen.saturation)
    name = BY_LIGHT[min(int(light * len(BY_LIGHT)), len(BY_LIGHT) - 1)]
    return _put(scenes, replace(scene, key=KEY_NAMES.index(name)))


def _put(scenes: Scenes, scene: Scene) -> Scenes:
    known = tuple(scene if i == scenes.now else other for i, other in enumerate(scenes.known))
    return Scenes(known, scenes.now)
