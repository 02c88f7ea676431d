"""What a stream was taught: pictures paired with phrases by name, and the way back from every change."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import PeerError

Floats = NDArray[np.float32]

MOST_ANCHORS = 128
MOST_UNDOS = 16
LONGEST_NAME = 64


@dataclass(frozen=True, eq=False)
class Anchor:
    """A picture vector (D,) and the place (P,) it is to play from; `source` describes what it was taught from.

    phrase: the two bars it was taught, tokens (32,), from which another melody model finds a place of its own; none
    where it was taught a direction. latent: (Z,) the phrase's, and key: 0..23 the one it stands in, where a place is
    a character and does not say the phrase itself; else empty and -1.
    """

    name: str
    features: Floats
    place: Floats
    source: str
    phrase: tuple[int, ...] = ()
    latent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    key: int = -1


@dataclass(frozen=True, eq=False)
class AnchorSet:
    """Anchors, the newest last; `before` is what undoing goes back to, the newest last."""

    anchors: tuple[Anchor, ...] = ()
    before: tuple[tuple[Anchor, ...], ...] = ()


UNTAUGHT = AnchorSet()


def add_anchor(known: AnchorSet, anchor: Anchor) -> AnchorSet:
    """Add an anchor, in the place of one of the same name.

    Raises PeerError beyond MOST_ANCHORS, for an unusable name, for another length than the anchors that are there,
    and for numbers that are none.
    """
    others = tuple(a for a in known.anchors if a.name != anchor.name)
    if not 0 < len(anchor.name) <= LONGEST_NAME or not anchor.name.isprintable():
        raise PeerError("teach", f"a name has 1 to {LONGEST_NAME} printable characters, got {anchor.name[:80]!r}")
    if len(others) >= MOST_ANCHORS:
        raise PeerError("teach", f"{MOST_ANCHORS} pictures are taught already: remove one, or take its name")
    if not (np.isfinite(anchor.features).all() and np.isfinite(anchor.place).all()):
        raise PeerError("teach", f"{anchor.name!r} holds values that are no numbers")
    for other in others[-1:]:
        _same_length(anchor, other)
    return _change(known, (*others, anchor))


def remove_anchor(known: AnchorSet, name: str) -> AnchorSet:
    """Forget an anchor; PeerError if nothing has that name."""
    left = tuple(a for a in known.anchors if a.name != name)
    if len(left) == len(known.anchors):
        raise PeerError("teach", f"nothing taught here is named {name[:80]!r}")
    return _change(known, left)


def undo_change(known: AnchorSet) -> AnchorSet:
    """Go back one change; PeerError if there is none to go back on."""
    if not known.before:
        raise PeerError("teach", "there is nothing to undo")
    return replace(known, anchors=known.before[-1], before=known.before[:-1])


def _change(known: AnchorSet, anchors: tuple[Anchor, ...]) -> AnchorSet:
    return AnchorSet(anchors, (*known.before, known.anchors)[-MOST_UNDOS:])


def _same_length(anchor: Anchor, other: Anchor) -> None:
    for what in ("features", "place"):
        here, there = len(getattr(anchor, what)), len(getattr(other, what))
        if here != there:
            raise PeerError("teach", f"the pictures taught here have {what} of {there} values, this one {here}")
