"""The drum model against drummers: told what a test performance is like, it plays its own two bars of that character.

Features of two bars are compared as distributions, by overlapped area (Yang & Lerch 2020), beside what two halves of
the drummers' own reach, and in how many hits each sound has.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.evaluation.music.histograms import overlap
from score_bridge.models.drums.layout import PLACES, SOUNDS, TOLD
from score_bridge.models.drums.player import Chances, DrumPlayer
from score_bridge.music.drums import DESCRIBED, KIT, describe
from score_bridge.training.drums.lessons import Performance

BINS = 24
Floats = NDArray[np.float32]
Bars = tuple[NDArray[np.uint8], Floats]
"""Two bars: velocities (32, 9), and offsets (32, 9) in steps."""


def evaluate_drums(
    player: DrumPlayer, performances: Sequence[Performance], most: int, progress: Callable[[float], None]
) -> dict[str, Any]:
    """Measure on at most `most` pairs of bars, spread over all performances, each played once."""
    pairs = [(one, begin) for one in performances for begin in range(0, len(one.velocity) - PLACES + 1, PLACES)]
    chosen = [pairs[i] for i in np.linspace(0, len(pairs) - 1, min(most, len(pairs))).astype(int)]
    real: list[Bars] = [
        (one.velocity[b : b + PLACES], one.offset[b : b + PLACES].astype(np.float32) / 100) for one, b in chosen
    ]
    made: list[Bars] = []
    for i, (one, begin) in enumerate(chosen):
        made.append(_play(player, one.character[begin], seed=i))
        progress((i + 1) / len(chosen))
    return {"bars": 2 * len(chosen), "hits": _hits(real, made), "features": _overlaps(real, made)}


def _play(player: DrumPlayer, character: Floats, seed: int) -> Bars:
    """Two bars to settle, then two that count."""
    velocity, offset = np.zeros((PLACES, SOUNDS), np.uint8), np.zeros((PLACES, SOUNDS), np.float32)
    told, memory, rng = player.tell(character, np.ones(TOLD, np.float32)), player.begin(), np.random.default_rng(seed)
    for step in range(2 * PLACES):
        hits, memory = player.step(memory, told, step % PLACES, Chances(*rng.random((3, SOUNDS))))
        for hit in hits if step >= PLACES else ():
            velocity[step - PLACES, hit.sound], offset[step - PLACES, hit.sound] = hit.velocity, hit.offset
    return velocity, offset


def _hits(real: Sequence[Bars], made: Sequence[Bars]) -> dict[str, dict[str, float]]:
    """Hits a bar of each sound, the drummers' and the model's."""
    theirs, ours = (np.mean([(v > 0).sum(0) / 2 for v, _ in bars], axis=0) for bars in (real, made))
    return {name: {"drummers": float(theirs[i]), "model": float(ours[i])} for i, name in enumerate(KIT)}


def _overlaps(real: Sequence[Bars], made: Sequence[Bars]) -> dict[str, dict[str, float]]:
    """Overlapped areas of each feature with the drummers', and of two halves of theirs."""
    found = {}
    for name, theirs in _features(real).items():
        ours = _features(made)[name]
        edges = np.histogram_bin_edges(np.concatenate([theirs, ours]), BINS)
        counted = [np.histogram(v, edges)[0].astype(np.float64) for v in (ours, theirs, theirs[::2], theirs[1::2])]
        found[name] = {"overlap": overlap(counted[0], counted[1]), "halves": overlap(counted[2], counted[3])}
    return found


def _features(bars: Sequence[Bars]) -> dict[str, NDArray[np.float64]]:
    """Of each two bars: what they are like; of all hits: where in the bar, how loud, how early or late."""
    described = np.array([describe(velocity) for velocity, _ in bars], np.float64)
    places = [np.flatnonzero(velocity.any(1)) % 16 for velocity, _ in bars]
    loud = [velocity[velocity > 0] for velocity, _ in bars]
    late = [offset[velocity > 0] for velocity, offset in bars]
    return {
        **{name: described[:, i] for i, name in enumerate(DESCRIBED)},
        "places": np.concatenate(places).astype(np.float64),
        "velocities": np.concatenate(loud).astype(np.float64),
        "offsets": np.concatenate(late).astype(np.float64),
    }
