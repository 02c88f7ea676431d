"""Shots and the scenes they show: a place that comes back brings its phrase back.

A shot lasts from cut to cut. Shots show the same scene where the means of their pictures' vectors are alike, in what
is to be seen (content, or layout where there is none) and in colour: near, and in like directions. Every shot of a
scene must be like every other, so a chain of small changes joins nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.observing import Observation, sizes_of
from score_bridge.mapping.likeness import compare_scenes
from score_bridge.vision.feature_groups import FeatureGroups, Sizes

Floats = NDArray[np.float32]

CALM = 0.5


@dataclass(frozen=True)
class Shot:
    """From cut to cut, seconds, and the number of the scene it shows, from 1 in order of appearance."""

    begin: float
    end: float
    scene: int


def find_shots(observations: Sequence[Observation], seconds: float) -> tuple[Shot, ...]:
    """Divide a film of `seconds` at the cuts that were seen, and number the scenes."""
    parts = _parts(observations)
    begins = [0.0, *(observations[part.start].time for part in parts[1:])]
    numbers = _number_scenes(np.stack([_mean(observations[part]) for part in parts]), sizes_of(observations))
    spans = pairwise([*begins, seconds])
    return tuple(Shot(begin, end, scene) for (begin, end), scene in zip(spans, numbers, strict=True))


def align_scenes(observations: Sequence[Observation], shots: Sequence[Shot], calm: float = CALM) -> list[Observation]:
    """Move the vectors of every shot whose scene is seen again: its mean comes to the scene's mean, and its distances
    from there shrink by `calm`; motion is left alone. The scene's mean is that of all its pictures.

    Coming to the mean alone brings back no more of a phrase than doing nothing (.83 of the tokens after .81, over 24
    films made of real clips): what goes on within a shot outweighs what lies between two visits. With distances
    halved it is .88, the gain .056 with a standard error of .018.
    """
    parts = _parts(observations)
    visits: dict[int, list[slice]] = {}
    for part, shot in zip(parts, shots, strict=True):
        visits.setdefault(shot.scene, []).append(part)
    moved = list(observations)
    for scene in (parts for parts in visits.values() if len(parts) > 1):
        centre = _mean_groups([seen for part in scene for seen in observations[part]])
        for part in scene:
            moved[part] = _move(observations[part], centre, calm)
    return moved


def _move(observations: Sequence[Observation], centre: FeatureGroups, calm: float) -> list[Observation]:
    """Groups (1 - calm) times as far from `centre` as from their own mean, motion excepted."""
    mean, kept = _mean_groups(observations), np.float32(1 - calm)
    moved: dict[int, Floats] = {}  # the observations between two encodings share a content: so they do moved

    def there(name: str, group: Floats) -> Floats:
        if name != "motion" and id(group) not in moved:
            moved[id(group)] = (centre[name] + kept * (group - mean[name])).astype(np.float32)
        return moved.get(id(group), group)

    return [replace(s, groups={name: there(name, group) for name, group in s.groups.items()}) for s in observations]


def _parts(observations: Sequence[Observation]) -> list[slice]:
    """Which observations each shot has; the first one begins a shot, whether or not it cuts."""
    begins = [i for i, seen in enumerate(observations) if i == 0 or seen.cuts]
    return [slice(begin, end) for begin, end in pairwise([*begins, len(observations)])]


def _mean(observations: Sequence[Observation]) -> Floats:
    """Mean vector (D,) of whole ones; the content of a shot's first picture is always encoded."""
    mean: Floats = np.mean([s.features for s in observations if s.complete], axis=0, dtype=np.float32)
    return mean


def _mean_groups(observations: Sequence[Observation]) -> FeatureGroups:
    """Mean of each group, of whole vectors."""
    whole = [s.groups for s in observations if s.complete]
    return {name: np.mean([groups[name] for groups in whole], axis=0, dtype=np.float32) for name in whole[0]}


def _number_scenes(means: Floats, sizes: Sizes) -> list[int]:
    """Scenes of shots with these means (N, D): each joins the nearest scene all of whose shots are like it."""
    alike, apart = compare_scenes(means, sizes)
    scenes: list[list[int]] = []
    numbers = []
    for i in range(len(means)):
        fit = [k for k, shots in enumerate(scenes) if alike[i, shots].all()]
        chosen = min(fit, key=lambda k: float(apart[i, scenes[k]].mean()), default=len(scenes))
        if chosen == len(scenes):
            scenes.append([])
        scenes[chosen].append(i)
        numbers.append(chosen + 1)
    return numbers
