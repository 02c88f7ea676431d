"""Show files of version 1, read only: a card of names and numbers, and arrays beside it."""

from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from score_bridge.mapping.anchors import UNTAUGHT, Anchor, AnchorSet
from score_bridge.mapping.attention import Attention
from score_bridge.mapping.calibration import Basis, Calibration
from score_bridge.mapping.show import MELODY, Show, WeightFile

Number = Annotated[float, Meta(ge=0, le=1e300)]
_LEARNED = ("mean", "axes", "scatter", "last", "jitter")
_BASIS = ("mean", "axes", "variances")


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is no array in a show: names, and the numbers of its calibration."""

    encoder: str
    weights: str
    sizes: tuple[tuple[str, Annotated[int, Meta(ge=1)]], ...]
    bindings: tuple[str, ...]
    names: tuple[str, ...]
    sources: tuple[Annotated[str, Meta(max_length=200)], ...]
    frozen: bool
    count: Annotated[float, Meta(ge=1, le=1e300)]
    residual: Number
    pictures: Number
    next_refresh: Number
    total: Number
    floor: Number
    least: Number


def show_of(card: Card, arrays: dict[str, NDArray[np.float32]]) -> Show:
    """Make a show of its card and arrays. ValueError or LookupError if they do not fit; numbers are not checked."""
    basis = Basis(
        **{name: arrays[f"basis.{name}"] for name in _BASIS}, total=card.total, floor=card.floor,
        attention=Attention(arrays["basis.weights"], card.least),
    )  # fmt: skip
    calibration = Calibration(
        **{name: arrays[name] for name in _LEARNED}, count=card.count, residual=card.residual, basis=basis,
        before=basis, changed=0.0, pictures=card.pictures, next_refresh=card.next_refresh, frozen=card.frozen,
    )  # fmt: skip
    weights = {MELODY: WeightFile(card.weights)}
    return Show(calibration, _taught(card, arrays), card.bindings, card.encoder, weights, card.sizes)


def _taught(card: Card, arrays: dict[str, NDArray[np.float32]]) -> AnchorSet:
    if not card.names:
        return UNTAUGHT
    rows = arrays["anchors.features"], arrays["anchors.latents"]
    columns = zip(card.names, *rows, card.sources, strict=True)
    return AnchorSet(tuple(Anchor(*column) for column in columns))
