"""What a stream sees and plays, as messages: labels, attributes, key, links. Pure; live and offline alike.

`after_step` takes every step that a stream has played and returns the messages to publish:
labels when they change, at most two a second; attributes and key at the end of every bar; links every two bars.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.annotations.correlations import NO_LINKS, Linked, Links, add_sample, significant_pairs
from score_bridge.engine.state import StreamState
from score_bridge.music.attributes import ATTRIBUTES, attributes
from score_bridge.music.keys import key_of
from score_bridge.music.tokens import PHRASE_STEPS, STEPS_PER_BAR
from score_bridge.wire.messages import Annotation, Attribute, Key, Label, Link

Floats = NDArray[np.float64]

LABELS_EVERY_S = 0.5
REGISTER = ATTRIBUTES.index("register")


@dataclass(frozen=True)
class AnnotationState:
    """What was published of a stream, and what the next messages are made from.

    readings: of the last two bars, a step each, (6,) as bindings use them; labels, labels_time: those last published,
    and when (seconds); links: samples of readings and attributes; linked: the links last published.
    """

    readings: tuple[NDArray[np.float32], ...] = ()
    labels: tuple[tuple[str, float], ...] = ()
    labels_time: float = -float("inf")
    links: Links = NO_LINKS
    linked: tuple[Linked, ...] = ()


def after_step(
    known: AnnotationState, state: StreamState, time: float, transpose: int = 0
) -> tuple[AnnotationState, tuple[Annotation, ...]]:
    """Take in a step, due at `time` seconds, that `state` has just played `transpose` semitones higher."""
    felt = state.picture.readings
    readings = (*known.readings, felt.value)[-PHRASE_STEPS:] if felt is not None else ()
    known, messages = _labels(replace(known, readings=readings), state, time)
    if (state.lead.step + 1) % STEPS_PER_BAR:
        return known, messages
    values = traits(state.lead.tokens, transpose)
    if values is None:
        return known, messages
    if len(readings) == PHRASE_STEPS:
        means = np.mean(readings, axis=0).astype(np.float64)
        known = replace(known, links=add_sample(known.links, means, values, time))
    messages = (*messages, *_bar(state, values, transpose))
    return _links(known, state, messages) if (state.lead.step + 1) % PHRASE_STEPS == 0 else (known, messages)


def traits(tokens: tuple[int, ...], transpose: int = 0) -> Floats | None:
    """Attributes (5,) of the last two bars of `tokens`, which end a bar; None where there are not yet as many."""
    if len(tokens) < PHRASE_STEPS:
        return None
    values: Floats = attributes(np.array([tokens[-PHRASE_STEPS:]], np.uint8))[0]
    values[REGISTER] += transpose
    return values


NOTHING = (("", 0.0),)


def _labels(
    known: AnnotationState, state: StreamState, time: float
) -> tuple[AnnotationState, tuple[Annotation, ...]]:
    labels = state.picture.labels
    if labels == known.labels or time < known.labels_time + LABELS_EVERY_S:
        return known, ()
    messages = tuple(
        Label(stream=state.stream, rank=rank, name=name, probability=probability)
        for rank, (name, probability) in enumerate(labels or NOTHING, 1)
    )
    return replace(known, labels=labels, labels_time=time), messages


def _bar(state: StreamState, values: Floats, transpose: int) -> tuple[Annotation, ...]:
    stream, step = state.stream, state.lead.step
    messages = tuple(
        Attribute(stream=stream, name=name, value=float(value), step=step)
        for name, value in zip(ATTRIBUTES, values, strict=True)
    )
    key = key_of(state.lead.tokens, transpose)
    return (*messages, Key(stream=stream, name=key.name, certainty=key.certainty, step=step)) if key else messages


def _links(
    known: AnnotationState, state: StreamState, messages: tuple[Annotation, ...]
) -> tuple[AnnotationState, tuple[Annotation, ...]]:
    found = significant_pairs(known.links)
    pairs = {link[:2] for link in found}
    withdrawn = tuple(link._replace(correlation=0.0) for link in known.linked if link[:2] not in pairs)
    links = tuple(Link(stream=state.stream, **link._asdict()) for link in (*found, *withdrawn))
    return replace(known, linked=found), (*messages, *links)
