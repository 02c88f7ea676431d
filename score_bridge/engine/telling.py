"""What the melody model is told at a step: where the picture stands, as its decoder reads it.

A model of the first kind is told a place in its latent space and nothing else. One that is told a character gets, of
each stream, the character that the picture asks for, the key of its scene, and a phrase to develop: the scene's own
motif, or a phrase that was taught, note for note where the picture is the one it was taught with.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.state import StreamState
from score_bridge.mapping.anchor_interpolation import nearest_taught
from score_bridge.mapping.character_map import CharacterMap
from score_bridge.mapping.latent_map import Target, open_room
from score_bridge.mapping.scenes import NO_KEY
from score_bridge.models.melody.condition_layout import DEGREES, condition_size, scores_at
from score_bridge.models.melody.player import PlayableMelody
from score_bridge.music.character import DESCRIPTORS, KEYLESS, KEYS, PROFILES, TONAL
from score_bridge.music.scales import ROOTS, mode_of
from score_bridge.music.tokens import FIRST_ON, VOCABULARY
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]

REMEMBERED = 256
CENTRAL = 0.5
"""Share of the motifs that may be drawn: those that are most like melodies on the whole."""
FURTHEST = 3.0
"""Standard deviations: no descriptor is told to be further out."""
MOST_CHROMATIC = 0.3
"""Standard score of a motif's chromatic notes: few, so that it says which key it is in."""
HEIGHT = ("register", "slope", "arch", *(f"contour_{k}" for k in range(1, PROFILES["contour"] + 1)))
HEIGHT_STEPS = 16
"""Steps in which the descriptors of HEIGHT follow a picture by two thirds: in a bar, and not from note to note.

Told where each sixteenth's picture stands, a line leaps after it: leaps .09, range 13.3 and costs of intervals 1.16
of melodies' over two films and eight seeds; .06, 9.9 and 1.09 with a bar (held still .05, 9.0, 1.11)."""
AT_ONCE = 4
"""Steps after a scene's begin at which height is where the picture asks at once."""
_HEIGHT = np.array([name in HEIGHT for name in DESCRIPTORS])
_KEYLESS = np.array([name in KEYLESS for name in DESCRIPTORS])
_TONAL = np.array([name in TONAL for name in DESCRIPTORS])


class Passage(NamedTuple):
    """Where a step stands: whole steps since its scene began, and whether its phrase is the stream's last."""

    since: int = 0
    closes: bool = False


class Teller(Protocol):
    """Says what a model is told of a stream whose picture stands at a place."""

    target: Target

    def condition(self, place: Floats, state: StreamState, controls: Controls, passage: Passage) -> Floats:
        """The condition (C,) of a place (P,) in the space that `target` describes."""

    def key(self, state: StreamState, controls: Controls) -> int:
        """The key that the stream is played in, 0..23, or NO_KEY where none is kept to."""


class LatentTeller:
    """A place is a latent, and the latent is all that is told."""

    def __init__(self, melody: PlayableMelody) -> None:
        p = melody.info.posterior
        named = np.linalg.norm(p.axes * p.std[:, None], axis=0)[: len(melody.info.directions)]
        self.target = Target(p.mean, p.axes, p.std, p.rms, tuple(named.tolist()))

    def condition(self, place: Floats, state: StreamState, controls: Controls, passage: Passage) -> Floats:
        """Nothing is known beside the place."""
        del state, controls, passage
        return place

    def key(self, state: StreamState, controls: Controls) -> int:
        """Only the artist's, where a root is chosen: the model is told none."""
        del state
        return NO_KEY if controls.root == "free" else _key(controls, NO_KEY)


@dataclass(frozen=True, eq=False)
class _Motif:
    """A phrase to develop: its latent (Z,), noise (Z,) that it is turned towards, and scores (K,)."""

    latent: Floats
    noise: Floats
    scores: Floats


class CharacterTeller:
    """A place is a character: scores (K,) of the descriptors of `music.character`."""

    def __init__(self, melody: PlayableMelody) -> None:
        assert melody.info.character is not None
        self.space, self.player = melody.info.character, melody.player
        self.latent = melody.player.latent_size
        followed = np.where(_KEYLESS, self.space.heard, 0.0).astype(np.float32)
        self.map = CharacterMap.of(self.space.mean, self.space.covariance, followed)
        self.target = self.map.target
        scores = self.space.scale.scores(self.space.motifs, self.space.keys)
        in_key = scores[:, DESCRIPTORS.index("chromatic")] <= MOST_CHROMATIC
        modes = self.space.keys // 12
        self._by_mode = [
            _central(scores, (in_key & (modes == mode), modes == mode, modes >= 0), self.space.heard)
            for mode in (0, 1)
        ]
        self._motif = lru_cache(maxsize=REMEMBERED)(self._draw_motif)

    def condition(self, place: Floats, state: StreamState, controls: Controls, passage: Passage) -> Floats:
        """The character asked for, the key, and the motif or what was taught near by."""
        picture = state.picture
        key = self.key(state, controls)
        motif = self._motif(state.seed, state.stream, picture.scenes.now, max(key, 0))
        room = np.ones(len(self.target.std), np.float32)
        share, taught = 0.0, None
        if picture.calibration is not None:
            room = open_room(picture.calibration.basis, self.target, controls)
            if picture.features is not None:
                share, taught = nearest_taught(picture.features.value, picture.anchors, picture.calibration)
        scores = np.clip(place + np.float32(1 - share) * self.map.rest(motif.scores, room), -FURTHEST, FURTHEST)
        if taught is not None and share > 0.5:
            latent, level, related = taught.latent, 2 * (1 - share), 0.0
            key = taught.key if taught.key != NO_KEY else key
        else:
            latent, related = motif.latent, 1.0
            level = controls.freedom + (1 - controls.freedom) * 2 * share
            scores = self._settle(np.where(_TONAL, motif.scores, scores).astype(np.float32), state, passage.since)
        detail = np.cos(level * np.pi / 2) * latent + np.sin(level * np.pi / 2) * motif.noise
        way = (level, related, controls.follow - 1)
        told = _KEYLESS | _TONAL if related else _KEYLESS
        return self._pack(detail, way, scores, told, (key, passage.closes))

    def key(self, state: StreamState, controls: Controls) -> int:
        """The artist's, where root or scale are chosen, or the group's, or the scene's."""
        return _key(controls, state.picture.scenes.key if state.group_key == NO_KEY else state.group_key)

    def _settle(self, scores: Floats, state: StreamState, since: int) -> Floats:
        """Let what is told of height move on from what was told at the step before, but at a scene's begin."""
        told = state.lead.conditions
        if since < AT_ONCE or not told or len(told[-1]) != condition_size(self.latent, len(scores)):
            return scores
        before = told[-1][scores_at(self.latent, len(scores))]
        return np.where(_HEIGHT, before + (scores - before) / np.float32(HEIGHT_STEPS), scores).astype(np.float32)

    def _pack(
        self,
        detail: Floats,
        way: tuple[float, float, float],
        scores: Floats,
        told: NDArray[np.bool_],
        key_and_close: tuple[int, bool],
    ) -> Floats:
        """As `condition.Told.pack`, for one step; a phrase that closes ends on the tonic.

        Which tones of the key a phrase gives weight to is its motif's matter or left open: pictures that moved those
        as well led out of the key (.91 of the time in it, over four films; not moved .94, melodies .90-.93), and no
        more was followed.
        """
        key, closes = key_and_close
        shares = told.astype(np.float32)
        keys, ending = np.zeros(KEYS, np.float32), np.zeros(DEGREES, np.float32)
        if key != NO_KEY:
            keys[key] = 1.0
            ending[0] = float(closes)
        condition = np.concatenate([detail, np.array(way, np.float32), scores * shares, shares, keys, ending])
        assert len(condition) == condition_size(len(detail), len(scores))
        return condition.astype(np.float32)

    def _draw_motif(self, seed: int, stream: str, scene: int, key: int) -> _Motif:
        """Draw a scene's motif among those in the key's mode, and move it into the key."""
        rng = np.random.default_rng((seed, zlib.crc32(stream.encode()), scene))
        chosen = int(rng.choice(self._by_mode[key // 12]))
        phrase, own = self.space.motifs[chosen].astype(np.int64), int(self.space.keys[chosen])
        shift = (key - own + 5) % 12 - 5
        moved = np.where(phrase >= FIRST_ON, np.clip(phrase + shift, FIRST_ON, VOCABULARY - 1), phrase)
        mean = self.player.encode(moved)
        scores = self.space.scale.scores(moved[None].astype(np.uint8), np.array([key]))[0]
        noise = rng.standard_normal(len(mean)).astype(np.float32)
        return _Motif(mean, noise, scores)


def _central(scores: Floats, wishes: Sequence[NDArray[np.bool_]], heard: Floats) -> NDArray[np.int64]:
    """Which of the motifs with these scores (M, K) are least out of the common, of those of the first wish (M,) that
    can be met: one's own few phrases may all be in minor.
    """
    rows = next(found for wish in wishes if len(found := np.flatnonzero(wish)))
    away = (((scores[rows] - scores.mean(0)) * heard) ** 2).sum(1)
    return rows[np.argsort(away, kind="stable")[: max(1, int(CENTRAL * len(rows)))]]


def _key(controls: Controls, found: int) -> int:
    """The key to play in, 0..23 or NO_KEY: the artist's, where root or scale are chosen, or the scene's."""
    if controls.root == "free" and controls.scale == "free":
        return found
    mode = found // 12 if controls.scale == "free" and found != NO_KEY else mode_of(controls.scale)
    return (ROOTS[controls.root] - controls.transpose) % 12 + 12 * mode


def teller_of(melody: PlayableMelody) -> Teller:
    """Return what says what this model is told."""
    return CharacterTeller(melody) if melody.info.character is not None else LatentTeller(melody)
