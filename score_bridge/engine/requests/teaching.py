"""What a stream is taught: phrases and named directions as places in melody space. Pure."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.state import VoiceState
from score_bridge.errors import ModelError, PeerError
from score_bridge.mapping.anchors import Anchor, AnchorSet
from score_bridge.mapping.latent_map import within
from score_bridge.mapping.scenes import NO_KEY
from score_bridge.mapping.show import MELODY, Show, WeightFiles, melody_differs
from score_bridge.music.character import keys_by_sound
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Lesson:
    """Where a phrase lies, as an anchor keeps it: see `Anchor`."""

    place: Floats
    latent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    key: int = NO_KEY

    def anchor(self, name: str, features: Floats, source: str, phrase: tuple[int, ...] = ()) -> Anchor:
        """What is kept of it with the picture (D,) it was taught with."""
        return Anchor(name, features, self.place, source, phrase, self.latent, self.key)


def playing_lesson(played: VoiceState, decoder: Decoder) -> Lesson:
    """Return where the last two bars lie; of a model without encoder, the mean of what was told of them.

    PeerError where less than two bars were played, or no note in them.
    """
    if len(played.tokens) < PHRASE_STEPS:
        raise PeerError("teach", "teaching takes two bars: the stream has not played as much yet")
    phrase = playing_phrase(played)
    if max(phrase) < FIRST_ON:
        raise PeerError("teach", "no note began in the last two bars: there is nothing to teach")
    if not decoder.melody.info.trained:
        mean: Floats = np.stack(played.conditions[-PHRASE_STEPS:]).mean(0).astype(np.float32)
        return Lesson(mean)
    return phrase_lesson(phrase, decoder)


def playing_phrase(played: VoiceState) -> tuple[int, ...]:
    """Return the last 32 tokens, each at the place in the phrase where it was played."""
    turn = (played.step + 1) % PHRASE_STEPS
    last = played.tokens[-PHRASE_STEPS:]
    return last[PHRASE_STEPS - turn :] + last[: PHRASE_STEPS - turn]


def phrase_lesson(phrase: tuple[int, ...], decoder: Decoder) -> Lesson:
    """Return where a phrase (32,) of tokens lies; PeerError for a model without encoder."""
    space = decoder.character
    if not decoder.melody.info.trained:
        raise PeerError("teach", "the melody model has no encoder: it can be taught only what it plays itself")
    tokens = np.array([phrase], np.uint8)
    latent = decoder.melody.player.encode(tokens[0])
    if space is None:
        return Lesson(latent)
    keys = keys_by_sound(tokens)
    return Lesson(space.scale.scores(tokens, keys)[0], latent, int(keys[0]))


def refit_show(show: Show, weights: WeightFiles, decoder: Decoder) -> Show:
    """Find places in this melody model for what was taught with another, from the phrases that are kept of it.

    Raises ModelError for a model without encoder.
    """
    if not show.taught.anchors or not melody_differs(show, weights):
        return show
    try:
        lessons = [(a, phrase_lesson(a.phrase, decoder)) for a in show.taught.anchors]
        anchors = tuple(replace(a, place=x.place, latent=x.latent, key=x.key) for a, x in lessons)
    except PeerError as error:
        raise ModelError(f"the show was taught with {show.weights[MELODY]}: {error.reason}") from None
    return replace(show, taught=AnchorSet(anchors), weights={**show.weights, MELODY: weights[MELODY]})


def directed_place(place: Floats, direction: str, value: float, decoder: Decoder) -> Floats:
    """Return a place (P,) with a named direction set to `value` standard deviations from the melodies' middle.

    PeerError for a model without named directions.
    """
    if direction not in decoder.directions:
        raise PeerError("teach", f"the melody model has no direction named {direction}")
    target, at = decoder.target, decoder.directions.index(direction)
    moved = place.copy()
    moved[at] = target.mean[at] + value * target.named[at]
    return within(moved, target.rms)
